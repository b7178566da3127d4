"""Inverted index of one segment: for each token the documents that contain it and how often, in 3 bytes a posting.

A document is a row of its segment. Rows fit into two bytes because a segment has at most 65,536 documents. Counts take
one byte; the few above 254 are in a side table, as in the exception lists of PFOR compression.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import MAX_ROWS, Bytes, Floats, Tokens
from similarity.jit import compiled
from similarity.postings.bm25 import length_scale
from similarity.postings.inversion import ESCAPE, inversion
from store.vectors import Ints


class InvertedIndex(NamedTuple):
    """Postings by token. The posting list of ``tokens[i]`` is ``rows[start[i]:start[i + 1]]`` with its ``counts``.

    The number ``i`` is the token's ordinal. With T tokens, P postings and D documents the arrays are

    * ``tokens`` (T, int32): token ids, ascending.
    * ``start`` (T + 1, uint32): where each posting list begins.
    * ``rows`` (P, uint16): documents, ascending within a list.
    * ``counts`` (P, uint8): occurrences of the token in the document; 255 (``ESCAPE``) stands for 255 or more.
    * ``large_at`` (L, uint32), ``large`` (L, int32): the postings with an escaped count, ascending, and these counts.
    * ``norms`` (D, float64): Euclidean length of each document's count vector.
    * ``mean_length`` (1, float64): mean length in tokens of this segment's documents.
    * ``cosine_bounds`` (T, float32): the highest ``count / norm`` of a list.
    * ``bm25_bounds`` (T, float32): the highest ``count / (count + scale)`` of a list (see ``bm25``), with
      ``mean_length``.

    Both bounds are upper bounds: rounded up, never down. The names of the fields are stored in local cache files.
    """

    tokens: Tokens
    start: NDArray[np.uint32]
    rows: NDArray[np.uint16]
    counts: Bytes
    large_at: NDArray[np.uint32]
    large: NDArray[np.int32]
    norms: Floats
    mean_length: Floats
    cosine_bounds: NDArray[np.float32]
    bm25_bounds: NDArray[np.float32]

    def ordinals(self, tokens: Tokens) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The ordinal of each of *tokens*, and whether it occurs here: where it does not, the ordinal is arbitrary."""
        ordinals = np.searchsorted(self.tokens, tokens)
        if not len(self.tokens):
            return ordinals, np.zeros(len(tokens), bool)
        ordinals[ordinals == len(self.tokens)] = 0
        return ordinals, self.tokens[ordinals] == tokens

    def document_frequencies(self) -> Ints:
        """The number of documents that contain each token: (T, int64)."""
        start = self.start.astype(np.int64)
        return start[1:] - start[:-1]

    def max_factors(self, norms: Floats) -> NDArray[np.float32]:
        """For each token the highest count / norm of a document, rounded up: (T, float32). *norms*: (D, float64)."""
        return _max_factors(self.start, self.rows, self.counts, self.large_at, self.large, 0.0, norms)

    def squared_norms(self, weights: Floats, documents: int) -> Floats:
        """For each document the sum of (count * weight)² over its tokens: (D, float64). *weights*: (T, float64)."""
        return _squared_norms(self.start, self.rows, self.counts, self.large_at, self.large, weights, documents)


def invert(packed: Bytes, start: NDArray[np.integer], lengths: NDArray[np.integer]) -> InvertedIndex:
    """The inverted index of the packed vectors ``packed[start[i]:start[i + 1]]`` (format: ``store.vectors``).

    *packed*: (bytes, uint8); *start*: (D + 1, any integers); *lengths*: (D, any integers), tokens of each document.
    Raises CorruptVector, and ValueError for too many documents.
    """
    if len(lengths) > MAX_ROWS:
        raise ValueError(f"{len(lengths)} documents; a segment has at most {MAX_ROWS}")
    lists = inversion(packed, np.ascontiguousarray(start, np.int64))
    mean_length = float(lengths.mean()) if len(lengths) and lengths.any() else 1.0
    scale = length_scale(lengths.astype(np.float64), mean_length)
    postings = lists.start, lists.rows, lists.counts, lists.large_at, lists.large
    index = InvertedIndex(
        lists.tokens,
        *postings,
        lists.norms,
        np.array([mean_length]),
        _max_factors(*postings, 0.0, lists.norms),
        _max_factors(*postings, 1.0, scale),
    )
    for array in index:
        array.flags.writeable = False  # as in a mapped file: numba would compile once more for writable arrays
    return index


def invert_vectors(vectors: list[bytes], lengths: NDArray[np.integer]) -> InvertedIndex:
    """As ``invert``, of a list of packed vectors."""
    start = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(vector) for vector in vectors], out=start[1:])
    return invert(np.frombuffer(b"".join(vectors), np.uint8), start, lengths)


@compiled
def _count(counts: Bytes, large_at: NDArray[np.uint32], large: NDArray[np.int32], posting: int) -> float:
    """The count of one posting, from the side table where it is escaped."""
    count = counts[posting]
    if count < ESCAPE:
        return float(count)
    return float(large[np.searchsorted(large_at, posting)])


@compiled
def _factor(count: float, saturation: float, scale: float) -> float:
    """A compiled copy of ``bm25.saturated`` with weight 1 (*saturation* 1), or of count / norm (*saturation* 0)."""
    return count / (saturation * count + scale)


@compiled
def _max_factors(
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    saturation: float,
    scale: Floats,
) -> NDArray[np.float32]:
    """The highest ``_factor`` of each posting list; *scale* is by document."""
    bounds = np.zeros(len(start) - 1, np.float32)
    margin = 1.000001  # rounding to 32 bits must not put a bound below what it bounds
    for ordinal in range(len(start) - 1):
        highest = 0.0
        for posting in range(int(start[ordinal]), int(start[ordinal + 1])):
            count = _count(counts, large_at, large, posting)
            highest = max(highest, _factor(count, saturation, scale[rows[posting]]))
        bounds[ordinal] = highest * margin
    return bounds


@compiled
def _squared_norms(
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    weights: Floats,
    documents: int,
) -> Floats:
    sums = np.zeros(documents)
    for ordinal in range(len(start) - 1):
        for posting in range(int(start[ordinal]), int(start[ordinal + 1])):
            sums[rows[posting]] += (_count(counts, large_at, large, posting) * weights[ordinal]) ** 2
    return sums
