"""The embeddings of an article in its document: one of the whole text, one of each passage, and the encoder's name.

Embeddings are int8. The one of the whole text is stored with the fingerprint of its encoder in front, because the index
copies only these bytes, and the cosine between embeddings of two encoders says nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from bson import Binary
from numpy.typing import NDArray
from pymongo.database import Database

from store.connection import Document

ENCODER_FINGERPRINT_BYTES = 8


@dataclass(frozen=True, eq=False)
class Embeddings:
    """``encoder``: its architecture and checkpoint. ``whole``: d int8. ``passages``: n x d int8, the title's first.

    ``input_digest``: a digest of all that was encoded, by which the next crawl sees that it need not be encoded again;
    "" where no crawl compares it.
    """

    encoder: str
    whole: NDArray[np.int8]
    passages: NDArray[np.int8]
    input_digest: str = ""

    def fields(self) -> Document:
        """The fields of the article's document; the stored names ``meaning`` and ``told`` are older."""
        whole = encoder_fingerprint(self.encoder) + self.whole.tobytes()
        fields = {"encoder": self.encoder, "meaning": Binary(whole), "passages": Binary(self.passages.tobytes())}
        return fields | ({"told": self.input_digest} if self.input_digest else {})


def stored_embeddings(database: Database[Document], key: str, input_digest: str, dimensions: int) -> Embeddings | None:
    """The embeddings of the stored article *key* if they were made of the input with this digest, else None."""
    fields = {"encoder": 1, "meaning": 1, "passages": 1}
    row = database.articles.find_one({"_id": key, "told": input_digest}, fields)
    if row is None:
        return None
    whole = np.frombuffer(row["meaning"], np.int8, offset=ENCODER_FINGERPRINT_BYTES)
    return Embeddings(row["encoder"], whole, passages_of(row, dimensions), input_digest)


def encoder_fingerprint(encoder: str) -> bytes:
    """The BLAKE2b digest of ``ENCODER_FINGERPRINT_BYTES`` bytes of an encoder's name."""
    return hashlib.blake2b(encoder.encode(), digest_size=ENCODER_FINGERPRINT_BYTES).digest()


def passages_of(row: Document, dimensions: int) -> NDArray[np.int8]:
    """The embeddings of the passages in an article's document: n x *dimensions*, the title's first."""
    return np.frombuffer(row["passages"], np.int8).reshape(-1, dimensions)
