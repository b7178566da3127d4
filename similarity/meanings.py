"""How near the meaning of each article is to that of a query, compared exactly."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from similarity.beside import beside
from similarity.block import MEANING, Block
from similarity.compiled import compiled
from similarity.question import Encoded
from similarity.spare import COSINES
from store.meaning import MARK_BYTES
from text.encoder import STEP

Cosines = NDArray[np.float32]
Vector = NDArray[np.int8]

_AT_ONCE = 8192
"""Rows that a thread takes: an eighth of a millisecond, beside which handing them over is nothing."""


def cosines(block: Block, query: Vector | None, mark: bytes) -> Cosines:
    """The cosine of each row of *block* with *query*, whose encoder has this *mark*; 0 for all without one.

    And 0 for rows without a meaning or with one of another encoder. Every row is compared: reading on through memory is
    faster than leaving out half of it.
    """
    return cosines_begun([block], lambda: query, mark)()[0]


def cosines_begun(blocks: Sequence[Block], query: Encoded, mark: bytes) -> Callable[[], list[Cosines]]:
    """Begin ``cosines`` of *blocks* beside the caller, who takes part in it and gets them by calling the result.

    They are arrays of ``spare.COSINES``.
    """
    found = [COSINES.zeros(block.rows) for block in blocks]
    marked, unit = np.frombuffer(mark, np.int8), float(STEP * STEP)
    pieces = ((number, first) for number, block in enumerate(blocks) for first in range(0, block.rows, _AT_ONCE))
    left = deque(pieces)

    def take_part() -> None:
        vector = query()
        while vector is not None and left:
            try:
                number, first = left.popleft()
            except IndexError:  # the other thread was faster
                return
            last = first + _AT_ONCE
            start, vectors = _vectors(blocks[number])
            _products(start[first : last + 1], vectors, vector, marked, unit, found[number][first:last])

    other = beside(take_part) if len(left) > 1 else take_part

    def result() -> list[Cosines]:
        take_part()
        other()
        return found

    return result


def cosine_of(block: Block, row: int, query: Vector, mark: bytes) -> float:
    """The cosine of one row's meaning with *query*; 0 for a row without one or with one of another encoder."""
    start, vectors = _vectors(block)
    found = np.zeros(1, np.float32)
    _products(start[row : row + 2], vectors, query, np.frombuffer(mark, np.int8), float(STEP * STEP), found)
    return float(found[0])


def products(vectors: Vector, query: Vector) -> Cosines:
    """The cosine of each row of *vectors* with *query*; not by BLAS, whose threads would wait for one another."""
    found = np.zeros(len(vectors), np.float32)
    _products_of(np.ascontiguousarray(vectors), query, float(STEP * STEP), found)
    return found


def encoded(block: Block, mark: bytes) -> tuple[int, int]:
    """How many rows have a meaning of the encoder with this *mark*, and how many of another one."""
    start, vectors = block.segment.vector_start[MEANING].astype(np.int64), block.segment.vectors[MEANING]
    rows = start[:-1][np.diff(start) > MARK_BYTES]
    marks = vectors[rows[:, None] + np.arange(MARK_BYTES)] if len(rows) else np.zeros((0, MARK_BYTES), np.uint8)
    ours = int((marks == np.frombuffer(mark, np.uint8)).all(axis=1).sum())
    return ours, len(rows) - ours


def _vectors(block: Block) -> tuple[NDArray[np.uint32], Vector]:
    return block.segment.vector_start[MEANING], block.segment.vectors[MEANING].view(np.int8)


@compiled
def _products_of(vectors: Vector, query: Vector, unit: float, found: Cosines) -> None:
    for row in range(len(found)):
        vector = vectors[row]
        total = np.int32(0)
        for place in range(len(query)):
            # Without the cast numba works in 64 bits, in a quarter of the numbers at a time.
            total = np.int32(total + np.int32(vector[place]) * np.int32(query[place]))
        found[row] = np.float32(total) * np.float32(unit)


@compiled
def _products(
    start: NDArray[np.uint32],
    vectors: Vector,
    query: Vector,
    mark: NDArray[np.int8],
    unit: float,
    found: Cosines,
) -> None:
    size, marked = len(query), len(mark)
    half = (len(found) + 1) >> 1
    for number in range(2 * half):
        # A row of each half in turn: of two streams the processor has more on its way from memory than of one.
        row = (number >> 1) + (half if number & 1 else 0)
        if row == len(found):
            continue
        at = np.int64(start[row])
        if np.int64(start[row + 1]) - at != marked + size:
            continue
        same = True
        for place in range(marked):
            same &= vectors[at + place] == mark[place]
        if not same:
            continue
        vector = vectors[at + marked : at + marked + size]
        total = np.int32(0)
        for place in range(size):
            total = np.int32(total + np.int32(vector[place]) * np.int32(query[place]))
        found[row] = np.float32(total) * np.float32(unit)
