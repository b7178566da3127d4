"""Where the arrays of all blocks lie in memory, for a kernel that goes through them in one call.

A compiled function takes a fixed number of arrays, and each costs time to hand over. By their addresses all blocks go
in at once, and other threads can run until the query is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.bitsets import WINDOW, Bitsets
from similarity.postings import MOST_ROWS, Columns
from similarity.turning import Bytes
from store.vectors import Ints

Flags = NDArray[np.bool_]

_FEW = 32
"""A filter that leaves fewer than one row in so many is gone through row by row."""


class Table(NamedTuple):
    """One row a block, as ``similarity.kernel`` reads them; ``held`` keeps the arrays where they are."""

    addresses: Ints
    held: Sequence[Any]


def table(columns: Sequence[Columns], bounds: Sequence[NDArray[np.float32]], measures: Sequence[NDArray[Any]],
          ids: Sequence[Bytes], frequent: Sequence[Bitsets]) -> Table:  # fmt: skip
    """The table of blocks of *columns*; see ``search`` for *bounds* and *measures*."""
    held, rows = [], []
    for one, bound, measure, keys, sets in zip(columns, bounds, measures, ids, frequent, strict=True):
        arrays = one.tokens, one.start, one.rows, one.counts, one.large_at, one.large, bound, measure, keys, *sets
        held.append(arrays)
        sizes = len(one.tokens), len(one.large), len(keys), len(sets.columns), len(sets.counts)
        rows.append([*(array.ctypes.data for array in arrays), *sizes])
    return Table(np.array(rows, np.int64).reshape(-1, 20), held)


def masks(allowed: Sequence[tuple[Flags, int]]) -> Table:
    """The table of the rows that may be found of each block, and how many they are."""
    held, rows = [], []
    for flags, number in allowed:
        few = np.flatnonzero(flags).astype(np.uint16) if number * _FEW < len(flags) else np.zeros(0, np.uint16)
        held.append((flags, few))
        rows.append([flags.ctypes.data, few.ctypes.data, len(few), number])
    return Table(np.array(rows, np.int64).reshape(-1, 4), held)


class Scratch:
    """What a thread's queries work in, so that a query need not ask for memory: sums are left zero."""

    def __init__(self) -> None:
        self.sums = np.zeros(MOST_ROWS)
        self.kept = np.zeros(MOST_ROWS + 1, np.uint16)
        self.some = np.zeros(MOST_ROWS + 1, np.uint16)  # one more is written than counts
        self.lifts = np.zeros(4 * WINDOW, np.uint16)
        self.reach = np.zeros(MOST_ROWS)
        self.hits = np.zeros(MOST_ROWS + 8, np.bool_)
