"""How near the meaning of each article is to that of a query, compared exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from similarity.block import MEANING, Block
from similarity.compiled import compiled
from store.meaning import MARK_BYTES
from text.encoder import STEP

Cosines = NDArray[np.float32]
Vector = NDArray[np.int8]


def cosines(block: Block, query: Vector | None, mark: bytes) -> Cosines:
    """The cosine of each row of *block* with *query*, whose encoder has this *mark*; 0 for all without one.

    And 0 for rows without a meaning or with one of another encoder. Every row is compared: reading on through memory is
    faster than leaving out half of it. By the caller's thread alone, as others would have to wait for the interpreter.
    """
    found = np.zeros(block.rows, np.float32)
    if query is not None:
        _products(*_vectors(block), query, np.frombuffer(mark, np.int8), float(STEP * STEP), found)
    return found


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
            total += np.int32(vector[place]) * np.int32(query[place])
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
    for row in range(len(found)):
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
            total += np.int32(vector[place]) * np.int32(query[place])
        found[row] = np.float32(total) * np.float32(unit)
