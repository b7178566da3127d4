"""Forward index: for some documents their tokens and counts, decoded from the packed vectors.

For a few documents that is faster than looking them up in the posting lists of all their tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Bytes, Floats, Tokens
from similarity.jit import compiled
from store.vectors import Ints


class ForwardIndex(NamedTuple):
    """Documents one after the other; document ``i`` has the postings ``bounds[i]:bounds[i + 1]``.

    ``bounds`` (documents + 1, int64); ``tokens`` (postings, int32), ascending in a document; ``counts`` (postings,
    float64).
    """

    bounds: Ints
    tokens: Tokens
    counts: Floats


def forward_index_of(vectors: Sequence[bytes]) -> ForwardIndex:
    """The packed *vectors* decoded. They must be those of an open segment: they are not checked again."""
    start = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(vector) for vector in vectors], out=start[1:])
    return ForwardIndex(*_unpacked(np.frombuffer(b"".join(vectors), np.uint8), start))


def term_counts(documents: ForwardIndex, tokens: Tokens) -> Ints:
    """How often each of *documents* has each of *tokens*: (documents, tokens), int64."""
    counts = np.zeros((len(documents.bounds) - 1, len(tokens)), np.int64)
    order = np.argsort(tokens)
    _look_up(*documents, tokens[order], order, counts)
    return counts


# A copy of the one in ``similarity.postings.inversion``: see ``similarity.jit`` on compiled functions of other files.
@compiled
def _number(packed: Bytes, at: int) -> tuple[int, int]:
    """The LEB128 number at *at* and the offset behind it."""
    byte = int(packed[at])
    at += 1
    value, shift = byte & 127, 7
    while byte > 127:
        byte = int(packed[at])
        at += 1
        value |= (byte & 127) << shift
        shift += 7
    return value, at


@compiled
def _unpacked(packed: Bytes, start: Ints) -> tuple[Ints, NDArray[np.int32], Floats]:
    bounds = np.zeros(len(start), np.int64)
    for number in range(len(start) - 1):
        bounds[number + 1] = bounds[number] + _number(packed, start[number])[0]
    tokens, counts = np.empty(bounds[-1], np.int32), np.empty(bounds[-1])
    for number in range(len(start) - 1):
        first = bounds[number]
        size, at = _number(packed, start[number])
        token = 0
        for place in range(first, first + size):
            value, at = _number(packed, at)
            token += value >> 1
            tokens[place], counts[place] = token, value & 1
        for place in range(first, first + size):
            if not counts[place]:
                count, at = _number(packed, at)
                counts[place] = count
    return bounds, tokens, counts


@compiled
def _look_up(bounds: Ints, tokens: Tokens, counts: Floats, wanted: Tokens, columns: Ints, found: Ints) -> None:
    """Write the counts of the *wanted* tokens, which ascend, to *found* (documents, tokens), each to its own column."""
    for number in range(len(bounds) - 1):
        place, end = bounds[number], bounds[number + 1]
        for at in range(len(wanted)):
            while place < end and tokens[place] < wanted[at]:
                place += 1
            if place < end and tokens[place] == wanted[at]:
                found[number, columns[at]] = np.int64(counts[place])
