"""The frequent tokens of a block once more as sets of bits: who has one at all, and who has it how often at least.

A bit is a sixteenth of a row's number, so one column after another is gone through many documents at a time; and
whether a document has a token, and which posting is its own, takes no search.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.compiled import compiled
from similarity.postings import Columns
from similarity.turning import ESCAPE, Bytes

Bits = NDArray[np.uint64]

FREQUENT = 16
"""A token that one in so many documents has, or more, is frequent; so is a count that so many have."""
_LEAST_ROWS = 2048
"""Smaller blocks are sooner gone through posting by posting."""
WINDOW = 4096
"""Documents that are gone through together. The bits of a set are filled up to whole windows."""


class Bitsets(NamedTuple):
    """Of each frequent token the sets ``first[i]:first[i + 1]``: documents whose count is at least ``counts[set]``.

    The first set of a token has all its documents. ``columns`` are the numbers of the tokens' columns, ascending,
    ``most`` their highest counts. Set ``s`` is ``words[s]``, the document ``row`` bit ``row & 63`` of ``row >> 6``;
    ``ranks[i]`` is how many postings the column has before each word.
    """

    columns: NDArray[np.int32]
    first: NDArray[np.int32]
    counts: NDArray[np.int32]
    most: NDArray[np.int32]
    words: Bits
    ranks: NDArray[np.uint16]


def bitsets(columns: Columns, documents: int) -> Bitsets:
    """The bitsets of the frequent tokens of *columns*."""
    least = -(-documents // FREQUENT) if documents >= _LEAST_ROWS else documents + 1
    frequent = np.flatnonzero(columns.frequencies() >= least).astype(np.int32)
    of = columns.start, columns.rows, columns.counts
    first, counts, most = _levels(frequent, *of, columns.large_at, columns.large, least)
    words, ranks = _filled(frequent, first, counts, *of, -(-documents // WINDOW) * (WINDOW // 64))
    made = Bitsets(frequent, first, counts, most, words.reshape(-1), ranks.reshape(-1))
    for array in made:
        array.flags.writeable = False  # as arrays of a cache file are: numba compiles for each kind apart
    return made


@compiled
def _levels(
    frequent: NDArray[np.int32],
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    least: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    first = np.zeros(len(frequent) + 1, np.int32)
    levels = np.empty(len(frequent) * (ESCAPE + 1), np.int32)
    most = np.zeros(len(frequent), np.int32)
    size = 0
    for number in range(len(frequent)):
        begin, end = start[frequent[number]], start[frequent[number] + 1]
        having = np.zeros(ESCAPE + 2, np.int64)
        for place in range(begin, end):
            having[counts[place]] += 1
            most[number] = max(most[number], counts[place])
        for count in range(ESCAPE, -1, -1):
            having[count] += having[count + 1]
        level = 1
        while level <= ESCAPE and having[level] >= least:
            levels[size] = level
            size += 1
            level += max(1, level // 4)  # the higher, the less one more adds
        first[number + 1] = size
        if most[number] == ESCAPE:
            for place in range(np.searchsorted(large_at, begin), np.searchsorted(large_at, end)):
                most[number] = max(most[number], large[place])
    return first, levels[:size].copy(), most


@compiled
def _filled(
    frequent: NDArray[np.int32],
    first: NDArray[np.int32],
    levels: NDArray[np.int32],
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    length: int,
) -> tuple[Bits, NDArray[np.uint16]]:
    words, ranks = np.zeros((len(levels), length), np.uint64), np.zeros((len(frequent), length), np.uint16)
    for number in range(len(frequent)):
        begin, end = start[frequent[number]], start[frequent[number] + 1]
        for place in range(begin, end):
            row = rows[place]
            bit = np.uint64(1) << np.uint64(row & 63)
            for level in range(first[number], first[number + 1]):
                if counts[place] < levels[level]:
                    break
                words[level, row >> 6] |= bit
        before = 0
        place = begin
        for word in range(length):
            while place < end and rows[place] >> 6 < word:
                place += 1
            before = place - begin
            ranks[number, word] = before
    return words, ranks
