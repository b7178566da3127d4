"""Cosines of a query's embedding with those of all articles: exact, no approximate nearest-neighbour index.

An embedding is a unit vector of d numbers, quantized to int8 (see ``text.embedding.encoder``). A segment stores for a
row the fingerprint of the encoder and then these d bytes, or nothing for a row without an embedding.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import COSINE_POOL, Cosines, Vector
from similarity.background import in_background
from similarity.jit import compiled
from similarity.query.hybrid_query import PendingEmbedding
from similarity.reader.segment_reader import EMBEDDINGS, SegmentReader
from text.embedding.encoder import STEP

_BATCH_ROWS = 8192
"""Rows that a thread takes at a time. They take it an eighth of a millisecond, far longer than handing them over."""


def cosines(segment: SegmentReader, query: Vector | None, fingerprint: bytes) -> Cosines:
    """The cosine of each row of *segment* with *query*: (rows, float32); all 0 where *query* is None.

    *query* (d, int8): an embedding by the encoder with this *fingerprint*. Rows without an embedding, or with one by
    another encoder, have 0. Also rows that a filter excludes are compared: reading all of the memory in sequence is
    faster than skipping half of it.
    """
    return start_cosines([segment], lambda: query, fingerprint)()[0]


def start_cosines(
    segments: Sequence[SegmentReader], query: PendingEmbedding, fingerprint: bytes
) -> Callable[[], list[Cosines]]:
    """Begin ``cosines`` of each of *segments* in another thread.

    Call the result to get them; the caller then takes part in the work. The arrays are those of
    ``arrays.COSINE_POOL``.
    """
    results = [COSINE_POOL.zeros(segment.rows) for segment in segments]
    encoder, unit = np.frombuffer(fingerprint, np.int8), float(STEP * STEP)
    batches = deque(
        (number, first) for number, segment in enumerate(segments) for first in range(0, segment.rows, _BATCH_ROWS)
    )

    def take_part() -> None:
        vector = query()
        while vector is not None and batches:
            try:
                number, first = batches.popleft()
            except IndexError:  # the other thread took the last one since the test
                return
            last = first + _BATCH_ROWS
            start, vectors = _embeddings(segments[number])
            _row_cosines(start[first : last + 1], vectors, vector, encoder, unit, results[number][first:last])

    other = in_background(take_part) if len(batches) > 1 else take_part

    def result() -> list[Cosines]:
        take_part()
        other()
        return results

    return result


def cosine_of(segment: SegmentReader, row: int, query: Vector, fingerprint: bytes) -> float:
    """As ``cosines``, for one *row*."""
    start, vectors = _embeddings(segment)
    result = np.zeros(1, np.float32)
    _row_cosines(start[row : row + 2], vectors, query, np.frombuffer(fingerprint, np.int8), float(STEP * STEP), result)
    return float(result[0])


def products(vectors: Vector, query: Vector) -> Cosines:
    """The cosine of each row of *vectors* (n, d, int8) with *query* (d, int8): (n, float32).

    Not by BLAS: the threads of several queries would wait for one another there.
    """
    result = np.zeros(len(vectors), np.float32)
    _products(np.ascontiguousarray(vectors), query, float(STEP * STEP), result)
    return result


def _embeddings(segment: SegmentReader) -> tuple[NDArray[np.uint32], Vector]:
    """The stored embeddings of *segment* (bytes, int8), and where those of each row start (rows + 1, uint32)."""
    return segment.segment.vector_start[EMBEDDINGS], segment.segment.vectors[EMBEDDINGS].view(np.int8)


@compiled
def _products(vectors: Vector, query: Vector, unit: float, result: Cosines) -> None:
    """Write to *result* (n, float32) the cosines of *vectors* (n, d); *unit*: the product of two stored ones."""
    for row in range(len(result)):
        vector = vectors[row]
        total = np.int32(0)
        for at in range(len(query)):
            # Without the cast numba sums in 64 bits, and the processor adds a quarter of the numbers at a time.
            total = np.int32(total + np.int32(vector[at]) * np.int32(query[at]))
        result[row] = np.float32(total) * np.float32(unit)


@compiled
def _row_cosines(
    start: NDArray[np.uint32],
    vectors: Vector,
    query: Vector,
    fingerprint: NDArray[np.int8],
    unit: float,
    result: Cosines,
) -> None:
    """Write to *result* (n, float32) the cosines of n rows, whose bytes start at *start* (n + 1) of *vectors*.

    A row without an embedding by the encoder with this *fingerprint* (bytes, int8) keeps its value in *result*.
    """
    size, prefix = len(query), len(fingerprint)
    half = (len(result) + 1) >> 1
    for number in range(2 * half):
        # Alternately a row of each half: from two streams the processor fetches more memory ahead than from one.
        row = (number >> 1) + (half if number & 1 else 0)
        if row == len(result):
            continue
        first = np.int64(start[row])
        if np.int64(start[row + 1]) - first != prefix + size:
            continue
        same_encoder = True
        for at in range(prefix):
            same_encoder &= vectors[first + at] == fingerprint[at]
        if not same_encoder:
            continue
        vector = vectors[first + prefix : first + prefix + size]
        total = np.int32(0)
        for at in range(size):
            total = np.int32(total + np.int32(vector[at]) * np.int32(query[at]))
        result[row] = np.float32(total) * np.float32(unit)
