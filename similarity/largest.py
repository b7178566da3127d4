"""The rows of a block with the most evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity.block import Block
from similarity.compiled import compiled
from similarity.meanings import Cosines
from similarity.turning import Floats
from store.vectors import Ints


@dataclass(frozen=True)
class Closeness:
    """What a cosine adds to the evidence: ``factor`` times it, or times its square where ``squared``.

    A row that shares no word and has a cosine below ``least`` is no answer.
    """

    factor: float
    squared: bool
    least: float

    def adds(self, cosine: Cosines) -> Floats:
        """What each of *cosine* adds."""
        near = np.maximum(cosine, 0).astype(np.float64)
        added: Floats = self.factor * (near * near if self.squared else near)
        return added


def largest(
    block: Block,
    shares: Floats,
    cosine: Cosines,
    closeness: Closeness,
    here: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    number: int,
    floor: float = 0.0,
) -> Ints:
    """The *number* rows with the most evidence above 0 and not below *floor*, of equal ones the first; ascending.

    *shares*: the evidence by words of each row. Only rows that are *allowed*, and *here* (by number of language).
    """
    number = min(number, block.rows)
    evidence, rows = np.zeros(number), np.zeros(number, np.int64)
    size = _collect(
        shares, cosine, closeness.factor, closeness.squared, closeness.least, here, block.segment.languages, allowed,
        floor, evidence, rows,
    )  # fmt: skip
    return np.sort(rows[:size])


@compiled
def _comes_after(evidence: float, row: int, other: float, other_row: int) -> bool:
    return evidence < other or (evidence == other and row > other_row)


@compiled
def _kept(heap: Floats, rows: Ints, size: int, evidence: float, row: int) -> int:
    """Keep a row in the heap of the best, the last of them on top; the number that are kept."""
    if size < len(heap):
        at = size
        size += 1
        while at > 0:
            above = (at - 1) >> 1
            if not _comes_after(evidence, row, heap[above], rows[above]):
                break
            heap[at], rows[at] = heap[above], rows[above]
            at = above
    else:
        if not _comes_after(heap[0], rows[0], evidence, row):
            return size
        at = 0
        while True:
            below = 2 * at + 1
            if below >= size:
                break
            if below + 1 < size and _comes_after(heap[below + 1], rows[below + 1], heap[below], rows[below]):
                below += 1
            if not _comes_after(heap[below], rows[below], evidence, row):
                break
            heap[at], rows[at] = heap[below], rows[below]
            at = below
    heap[at], rows[at] = evidence, row
    return size


@compiled
def _collect(
    shares: Floats,
    cosines: Cosines,
    factor: float,
    squared: bool,
    least: float,
    here: NDArray[np.bool_],
    languages: NDArray[np.uint16],
    allowed: NDArray[np.bool_],
    floor: float,
    heap: Floats,
    rows: Ints,
) -> int:
    size = 0
    for row in range(len(shares)):
        share, near = shares[row], max(np.float64(cosines[row]), 0.0)
        evidence = share + factor * (near * near if squared else near)
        # Whether it is enough is told soonest: few are.
        if evidence < floor or evidence <= 0 or not (allowed[row] and here[languages[row]]):
            continue
        if share > 0 or near >= least:
            size = _kept(heap, rows, size, evidence, row)
            if size == len(heap):
                floor = max(floor, heap[0])
    return size
