"""Bitsets of the frequent tokens: which documents contain one, and which contain it at least n times.

A bitset takes one bit a document, a sixteenth of a posting's row number. So the kernel (``ranking.kernel.maxscore``)
scans many documents at a time. It also finds the posting of a document without a search: the bit of the document says
whether there is one, and the number of bits before it (its rank, as in a succinct bit vector) which one it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Bytes
from similarity.jit import compiled
from similarity.postings.inversion import ESCAPE
from similarity.postings.inverted import InvertedIndex

Bits = NDArray[np.uint64]

FREQUENT = 16
"""A token is frequent if at least one document in this many contains it. The same share of the documents has to reach a
higher count of it for that count to get a bitset of its own."""

_MIN_ROWS = 2048
"""Smaller segments get no bitsets: their posting lists are scanned faster."""

WINDOW = 4096
"""Documents that the kernel scans together. Bitsets are padded with zeros to whole windows."""


class Bitsets(NamedTuple):
    """For each of F frequent tokens some bitsets, S in all, each W words of 64 bits long.

    * ``columns`` (F, int32): ordinals of the tokens in the inverted index, ascending.
    * ``first`` (F + 1, int32): the bitsets of token ``i`` are ``first[i]:first[i + 1]``.
    * ``counts`` (S, int32): a bitset has the documents that contain the token at least so often. The first one
      of a token is for 1: all documents that contain it. The next ones are for higher and higher counts.
    * ``most`` (F, int32): the highest count of the token in any document.
    * ``words`` (S * W, uint64): the bitsets one after the other; document ``row`` is bit ``row & 63`` of word
      ``row >> 6``.
    * ``ranks`` (F * W, uint16): how many postings the token has before each word.

    The names of the fields are stored in local cache files.
    """

    columns: NDArray[np.int32]
    first: NDArray[np.int32]
    counts: NDArray[np.int32]
    most: NDArray[np.int32]
    words: Bits
    ranks: NDArray[np.uint16]


def bitsets(index: InvertedIndex, documents: int) -> Bitsets:
    """The bitsets of the frequent tokens of *index*, a segment with this many *documents*."""
    threshold = -(-documents // FREQUENT) if documents >= _MIN_ROWS else documents + 1
    frequent = np.flatnonzero(index.document_frequencies() >= threshold).astype(np.int32)
    postings = index.start, index.rows, index.counts
    first, counts, most = _levels(frequent, *postings, index.large_at, index.large, threshold)
    words, ranks = _filled(frequent, first, counts, *postings, -(-documents // WINDOW) * (WINDOW // 64))
    result = Bitsets(frequent, first, counts, most, words.reshape(-1), ranks.reshape(-1))
    for array in result:
        array.flags.writeable = False  # as in a mapped file: numba would compile once more for writable arrays
    return result


@compiled
def _levels(
    frequent: NDArray[np.int32],
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    threshold: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """``first``, ``counts`` and ``most`` of ``Bitsets``: the counts that at least *threshold* documents reach."""
    first = np.zeros(len(frequent) + 1, np.int32)
    levels = np.empty(len(frequent) * (ESCAPE + 1), np.int32)
    most = np.zeros(len(frequent), np.int32)
    size = 0
    for number in range(len(frequent)):
        begin, end = start[frequent[number]], start[frequent[number] + 1]
        documents = np.zeros(ESCAPE + 2, np.int64)  # by count; after the next loop with at least that count
        for posting in range(begin, end):
            documents[counts[posting]] += 1
            most[number] = max(most[number], counts[posting])
        for count in range(ESCAPE, -1, -1):
            documents[count] += documents[count + 1]
        level = 1
        while level <= ESCAPE and documents[level] >= threshold:
            levels[size] = level
            size += 1
            level += max(1, level // 4)  # saturation: the higher a count, the less one more adds
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
    """``words`` (bitsets, length) and ``ranks`` (tokens, length) of ``Bitsets``, before they are flattened."""
    words, ranks = np.zeros((len(levels), length), np.uint64), np.zeros((len(frequent), length), np.uint16)
    for number in range(len(frequent)):
        begin, end = start[frequent[number]], start[frequent[number] + 1]
        for posting in range(begin, end):
            row = rows[posting]
            bit = np.uint64(1) << np.uint64(row & 63)
            for level in range(first[number], first[number + 1]):
                if counts[posting] < levels[level]:
                    break
                words[level, row >> 6] |= bit
        posting = begin
        for word in range(length):
            while posting < end and rows[posting] >> 6 < word:
                posting += 1
            ranks[number, word] = posting - begin
    return words, ranks
