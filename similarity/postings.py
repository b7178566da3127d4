"""The vectors of up to 65,536 documents turned by token: which documents hold a token, and how often. 3 bytes a posting.

Rows are two bytes because a block has at most 65,536 documents; counts are one byte, and the few above 254 stand in a
side table. Built from packed vectors by counting: once to learn how long each column is, once to fill it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.compiled import compiled
from store.vectors import CorruptVector, Ints

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

MOST_ROWS = 65_536
K1, B = 1.5, 0.75
"""Parameters of both BM25 models: gensim's defaults. The bounds in the cache are made for them."""

_ESCAPE = 255
_CUT_OFF, _NUMBER_TOO_LARGE, _NOT_ASCENDING, _TOO_LONG = -1, -2, -3, -4
_FAULTS = {
    _CUT_OFF: "a packed vector is cut off",
    _NUMBER_TOO_LARGE: "a number in a packed vector is too large",
    _NOT_ASCENDING: "ids in a packed vector do not ascend",
    _TOO_LONG: "a packed vector goes on behind its end",
}


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

    def frequencies(self) -> NDArray[np.int64]:
        """The number of documents in each column."""
        return np.diff(self.start.astype(np.int64))


def columns(packed: Bytes, start: NDArray[np.integer], lengths: NDArray[np.integer]) -> Columns:
    """The vectors ``packed[start[i]:start[i + 1]]`` (see ``store.vectors``) by token. Raises CorruptVector."""
    if len(lengths) > MOST_ROWS:
        raise ValueError(f"{len(lengths)} documents; a block has at most {MOST_ROWS}")
    start = np.ascontiguousarray(start, np.int64)
    fault, frequencies = _count(packed, start)
    if fault:
        raise CorruptVector(_FAULTS[fault])
    tokens = np.flatnonzero(frequencies).astype(np.int32)
    column_start = np.zeros(len(tokens) + 1, np.int64)
    np.cumsum(frequencies[tokens], out=column_start[1:])
    if column_start[-1] > np.iinfo(np.uint32).max:
        raise ValueError("more than 4,294,967,295 postings in a block")
    frequencies[tokens] = column_start[:-1]
    rows, counts = np.empty(column_start[-1], np.uint16), np.empty(column_start[-1], np.uint8)
    norms, large_at, large = _fill(packed, start, frequencies, rows, counts)
    order = np.argsort(large_at)
    large_at, large = large_at[order], large[order]
    mean = float(lengths.mean()) if len(lengths) and lengths.any() else 1.0
    scale = K1 * (1 - B + B * lengths.astype(np.float64) / mean)
    cosine, bm25 = _bounds(column_start, rows, counts, large_at, large, norms, scale)
    small = column_start.astype(np.uint32), large_at.astype(np.uint32), large.astype(np.int32), np.array([mean])
    made = Columns(tokens, small[0], rows, counts, small[1], small[2], norms, small[3], cosine, bm25)
    for array in made:
        array.flags.writeable = False  # as arrays of a cache file are: numba compiles for each kind apart
    return made


def columns_of(vectors: list[bytes], lengths: NDArray[np.integer]) -> Columns:
    """As ``columns``, of packed vectors one by one."""
    start = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(vector) for vector in vectors], out=start[1:])
    return columns(np.frombuffer(b"".join(vectors), np.uint8), start, lengths)


@compiled
def _number(packed: Bytes, at: int, end: int) -> tuple[int, int]:
    """The LEB128 number at *at* and the place behind it; a place below 0 is a fault."""
    value, shift = 0, 0
    while at < end:
        byte = np.int64(packed[at])
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 35:
            return 0, _NUMBER_TOO_LARGE
    return 0, _CUT_OFF


@compiled
def _count(packed: Bytes, start: Ints) -> tuple[int, NDArray[np.int64]]:
    """A fault or 0, and documents by token id. Looks at every byte, so that ``_fill`` need not check any."""
    frequencies = np.zeros(1 << 16, np.int64)
    for row in range(len(start) - 1):
        end = start[row + 1]
        number, at = _number(packed, start[row], end)
        token, many = 0, 0
        for place in range(number):
            if at < 0:
                return at, frequencies
            value, at = _number(packed, at, end)
            if at < 0:
                return at, frequencies
            if place and value < 2:
                return _NOT_ASCENDING, frequencies
            token += value >> 1
            many += 1 - (value & 1)
            if token > 0x7FFFFFFE:
                return _NUMBER_TOO_LARGE, frequencies
            if token >= len(frequencies):
                larger = np.zeros(2 * (token + 1), np.int64)
                larger[: len(frequencies)] = frequencies
                frequencies = larger
            frequencies[token] += 1
        for _ in range(many):
            if at < 0:
                return at, frequencies
            value, at = _number(packed, at, end)
            if value > 0x7FFFFFFF:
                return _NUMBER_TOO_LARGE, frequencies
        if at < 0:
            return at, frequencies
        if at != end:
            return _TOO_LONG, frequencies
    return 0, frequencies


@compiled
def _fill(
    packed: Bytes, start: Ints, place_of: Ints, rows: NDArray[np.uint16], counts: Bytes
) -> tuple[Floats, Ints, Ints]:
    """Put each posting at ``place_of[token]``, which moves on; the norms, and places and values of large counts."""
    norms = np.zeros(len(start) - 1)
    large_at, large = np.empty(16, np.int64), np.empty(16, np.int64)
    size = 0
    for row in range(len(start) - 1):
        end = start[row + 1]
        number, first = _number(packed, start[row], end)
        counts_at = first
        for _ in range(number):
            while packed[counts_at] > 127:
                counts_at += 1
            counts_at += 1
        at, token, squares = first, 0, 0.0
        for _ in range(number):
            value, at = _number(packed, at, end)
            token += value >> 1
            count = 1
            if not value & 1:
                count, counts_at = _number(packed, counts_at, end)
            place = place_of[token]
            place_of[token] = place + 1
            rows[place] = row
            counts[place] = min(count, _ESCAPE)
            if count >= _ESCAPE:
                if size == len(large):
                    large_at, large = np.append(large_at, large_at), np.append(large, large)
                large_at[size], large[size] = place, count
                size += 1
            squares += float(count) * count
        norms[row] = np.sqrt(squares)
    return norms, large_at[:size], large[:size]


@compiled
def _bounds(
    start: Ints, rows: NDArray[np.uint16], counts: Bytes, large_at: Ints, large: Ints, norms: Floats, scale: Floats
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    cosine, bm25 = np.zeros(len(start) - 1, np.float32), np.zeros(len(start) - 1, np.float32)
    above = 1.000001  # rounding to 32 bits must not put a bound below what it bounds
    next_large = 0
    for column in range(len(start) - 1):
        most_cosine, most_bm25 = 0.0, 0.0
        for place in range(start[column], start[column + 1]):
            count = float(counts[place])
            if counts[place] == _ESCAPE:
                count = float(large[next_large])
                next_large += 1
            row = rows[place]
            most_cosine = max(most_cosine, count / norms[row])
            most_bm25 = max(most_bm25, count / (count + scale[row]))
        cosine[column], bm25[column] = most_cosine * above, most_bm25 * above
    return cosine, bm25
