"""The vectors of up to 65,536 documents by token: which documents hold it, and how often, in 3 bytes a posting.

Rows are two bytes because a block has at most 65,536 documents; counts are one byte, and the few above 254 stand in a
side table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.compiled import compiled
from similarity.turning import ESCAPE, Bytes, Floats, turned
from store.vectors import Ints

MOST_ROWS = 65_536
K1, B = 1.5, 0.75
"""Parameters of both BM25 models: gensim's defaults. The bounds in the cache are made for them."""


class Columns(NamedTuple):
    """Postings by token; column ``i`` is ``rows[start[i]:start[i + 1]]``, ascending, with ``counts`` beside it.

    A count of 255 stands in ``large`` at the place where ``large_at`` is the number of the posting. ``norms`` are the
    Euclidean lengths of the count vectors, by row. ``cosine_bounds`` and ``bm25_bounds`` are, by column, what the
    factor of a posting is at most: count / norm, and count / (count + K1 (1 - B + B length / mean length)) with
    ``mean_length`` (one number) of this block.
    """

    tokens: NDArray[np.int32]
    start: NDArray[np.uint32]
    rows: NDArray[np.uint16]
    counts: Bytes
    large_at: NDArray[np.uint32]
    large: NDArray[np.int32]
    norms: Floats
    mean_length: Floats
    cosine_bounds: NDArray[np.float32]
    bm25_bounds: NDArray[np.float32]

    def places(self, tokens: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """For each of *tokens* the number of its column, and whether there is one."""
        places = np.searchsorted(self.tokens, tokens)
        if not len(self.tokens):
            return places, np.zeros(len(tokens), bool)
        places[places == len(self.tokens)] = 0
        return places, self.tokens[places] == tokens

    def frequencies(self) -> Ints:
        """The number of documents in each column."""
        start = self.start.astype(np.int64)
        return start[1:] - start[:-1]

    def bounds(self, divisor: Floats) -> NDArray[np.float32]:
        """For each column the largest count / *divisor* of the document."""
        return _bounds(self.start, self.rows, self.counts, self.large_at, self.large, 0.0, divisor)

    def squares(self, weights: Floats, documents: int) -> Floats:
        """For each document the sum of (count * weight of the column) squared."""
        return _squares(self.start, self.rows, self.counts, self.large_at, self.large, weights, documents)


def columns(packed: Bytes, start: NDArray[np.integer], lengths: NDArray[np.integer]) -> Columns:
    """The vectors ``packed[start[i]:start[i + 1]]`` (see ``store.vectors``) by token. Raises CorruptVector."""
    if len(lengths) > MOST_ROWS:
        raise ValueError(f"{len(lengths)} documents; a block has at most {MOST_ROWS}")
    tokens, column_start, rows, counts, norms, large_at, large = turned(packed, np.ascontiguousarray(start, np.int64))
    mean = float(lengths.mean()) if len(lengths) and lengths.any() else 1.0
    scale = K1 * (1 - B + B * lengths.astype(np.float64) / mean)
    postings = column_start, rows, counts, large_at, large
    cosine, bm25 = _bounds(*postings, 0.0, norms), _bounds(*postings, 1.0, scale)
    made = Columns(tokens, column_start, rows, counts, large_at, large, norms, np.array([mean]), cosine, bm25)
    for array in made:
        array.flags.writeable = False  # as arrays of a cache file are: numba compiles for each kind apart
    return made


def columns_of(vectors: list[bytes], lengths: NDArray[np.integer]) -> Columns:
    """As ``columns``, of packed vectors one by one."""
    start = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(vector) for vector in vectors], out=start[1:])
    return columns(np.frombuffer(b"".join(vectors), np.uint8), start, lengths)


@compiled
def _count(counts: Bytes, large_at: NDArray[np.uint32], large: NDArray[np.int32], place: int) -> float:
    count = counts[place]
    if count < ESCAPE:
        return float(count)
    return float(large[np.searchsorted(large_at, place)])


@compiled
def _bounds(
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    saturation: float,
    divisor: Floats,
) -> NDArray[np.float32]:
    bounds = np.zeros(len(start) - 1, np.float32)
    above = 1.000001  # rounding to 32 bits must not put a bound below what it bounds
    for column in range(len(start) - 1):
        most = 0.0
        for place in range(int(start[column]), int(start[column + 1])):
            count = _count(counts, large_at, large, place)
            most = max(most, count / (saturation * count + divisor[rows[place]]))
        bounds[column] = most * above
    return bounds


@compiled
def _squares(
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    weights: Floats,
    documents: int,
) -> Floats:
    sums = np.zeros(documents)
    for column in range(len(start) - 1):
        for place in range(int(start[column]), int(start[column + 1])):
            sums[rows[place]] += (_count(counts, large_at, large, place) * weights[column]) ** 2
    return sums
