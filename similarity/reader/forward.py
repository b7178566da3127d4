"""Some rows' packed vectors, taken apart: faster than looking for these rows in the columns of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.block import Block
from similarity.compiled import compiled
from similarity.statistics import Tokens
from similarity.turning import Bytes, Floats
from store.vectors import Ints


class Unpacked(NamedTuple):
    """Documents end to end: where each begins and ends, and of each posting token and count; tokens ascend."""

    bounds: Ints
    tokens: Tokens
    counts: Floats


def unpacked(block: Block, field: str, rows: Sequence[int]) -> Unpacked:
    """What the *rows* of *block* have in *field*."""
    return unpacked_many([block.packed(field, row) for row in rows])


def unpacked_many(vectors: Sequence[bytes]) -> Unpacked:
    """The packed *vectors*, which are those of blocks: they have been read once before."""
    start = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(vector) for vector in vectors], out=start[1:])
    return Unpacked(*_unpacked(np.frombuffer(b"".join(vectors), np.uint8), start))


def counts_of(documents: Unpacked, tokens: Tokens) -> Ints:
    """How often each of *documents* has each of *tokens*, as a table."""
    found = np.zeros((len(documents.bounds) - 1, len(tokens)), np.int64)
    order = np.argsort(tokens)
    _look_up(*documents, tokens[order], order, found)
    return found


# As in ``similarity.turning``: see ``similarity.compiled`` on why a compiled function stays in its file.
@compiled
def _number(packed: Bytes, at: int) -> tuple[int, int]:
    """The LEB128 number at *at* and the place behind it."""
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
    """Into *found* the counts of the *wanted* tokens, which ascend, each in its one of *columns*."""
    for number in range(len(bounds) - 1):
        place, end = bounds[number], bounds[number + 1]
        for turn in range(len(wanted)):
            while place < end and tokens[place] < wanted[turn]:
                place += 1
            if place < end and tokens[place] == wanted[turn]:
                found[number, columns[turn]] = np.int64(counts[place])
