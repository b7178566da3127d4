"""Tables of the addresses of all segments' arrays, so that the kernel gets all segments in one call.

A compiled function takes a fixed number of arrays, and each costs time to hand over. By their addresses all segments go
in at once, and other threads run until the query is answered (numba releases the interpreter's lock).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import MAX_ROWS, Bytes, Flags
from similarity.postings.bitsets import WINDOW, Bitsets
from similarity.postings.inverted import InvertedIndex
from similarity.ranking.kernel.maxscore import Column, FilterColumn, KernelScratch
from store.vectors import Ints

_FEW = 32
"""If fewer than one row in this many passes a filter, the kernel gets a list of these rows and looks each up."""


class Table(NamedTuple):
    """``rows`` (segments, columns), int64. ``arrays`` keeps the arrays alive whose addresses are in ``rows``."""

    rows: Ints
    arrays: Sequence[Any]


def table(indexes: Sequence[InvertedIndex], bounds: Sequence[NDArray[np.float32]], norms: Sequence[NDArray[Any]],
          ids: Sequence[Bytes], bitsets: Sequence[Bitsets]) -> Table:  # fmt: skip
    """The table of segments, (segments, 20) int64: see ``maxscore.Column``.

    One of each for every segment: *bounds* (tokens, float32) and *norms* (documents, one dtype for all segments), see
    ``similarity.ranking.models.SegmentNorms``; *ids* (documents, 12, uint8).
    """
    kept, rows = [], []
    for index, bound, norm, keys, sets in zip(indexes, bounds, norms, ids, bitsets, strict=True):
        columns: dict[Column, NDArray[Any]] = {
            Column.TOKENS: index.tokens,
            Column.START: index.start,
            Column.ROWS: index.rows,
            Column.COUNTS: index.counts,
            Column.LARGE_AT: index.large_at,
            Column.LARGE: index.large,
            Column.BOUNDS: bound,
            Column.NORMS: norm,
            Column.IDS: keys,
            Column.BITSET_COLUMNS: sets.columns,
            Column.BITSET_FIRST: sets.first,
            Column.BITSET_COUNTS: sets.counts,
            Column.BITSET_MOST: sets.most,
            Column.BITSET_WORDS: sets.words,
            Column.BITSET_RANKS: sets.ranks,
        }
        sizes = {
            Column.NUM_TOKENS: len(index.tokens),
            Column.NUM_LARGE: len(index.large),
            Column.NUM_DOCUMENTS: len(keys),
            Column.NUM_FREQUENT: len(sets.columns),
            Column.NUM_BITSETS: len(sets.counts),
        }
        kept.append(columns)
        numbers = {column: array.ctypes.data for column, array in columns.items()} | sizes
        rows.append([numbers[column] for column in Column])
    return Table(np.array(rows, np.int64).reshape(-1, len(Column)), kept)


def filter_table(allowed: Sequence[tuple[Flags, int]]) -> Table:
    """The table of what a filter lets pass, (segments, 4) int64: see ``maxscore.FilterColumn``.

    *allowed*: for each segment which rows pass (documents, bool), and how many.
    """
    kept, rows = [], []
    for flags, number in allowed:
        listed = np.flatnonzero(flags).astype(np.uint16) if number * _FEW < len(flags) else np.zeros(0, np.uint16)
        kept.append((flags, listed))
        numbers = {
            FilterColumn.FLAGS: flags.ctypes.data,
            FilterColumn.ROWS: listed.ctypes.data,
            FilterColumn.NUM_ROWS: len(listed),
            FilterColumn.NUM_ALLOWED: number,
        }
        rows.append([numbers[column] for column in FilterColumn])
    return Table(np.array(rows, np.int64).reshape(-1, len(FilterColumn)), kept)


def scratch() -> KernelScratch:
    """Memory for the queries of one thread, 1.6 MB."""
    return KernelScratch(
        sums=np.zeros(MAX_ROWS),
        positions=np.zeros(MAX_ROWS + 1, np.uint16),
        candidates=np.zeros(MAX_ROWS + 1, np.uint16),
        gains=np.zeros(4 * WINDOW, np.uint16),
        flags=np.zeros(MAX_ROWS + 8, np.bool_),
        reach=np.zeros(MAX_ROWS),
    )
