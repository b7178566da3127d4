"""Many sparse vectors in memory: by document and by token."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from store.vectors import Ints, Postings

Floats = NDArray[np.float64]


class Block:
    """Postings of documents that were loaded together; never changed afterwards.

    ``column(token)`` gives the documents (rows of the block) that hold a token, and how often.
    """

    def __init__(self, postings: Postings) -> None:
        self.start, self.ids, self.counts = postings
        self.rows = len(self.start) - 1
        self.row_of = np.repeat(np.arange(self.rows), np.diff(self.start))
        order = np.argsort(self.ids, kind="stable")
        self._rows_by_token = self.row_of[order]
        self._counts_by_token = self.counts[order]
        self._tokens, self._token_start = np.unique(self.ids[order], return_index=True)

    def column(self, token: int) -> tuple[Ints, Ints]:
        """The rows that hold *token*, ascending, and its count in each."""
        place = int(np.searchsorted(self._tokens, token))
        if place == len(self._tokens) or self._tokens[place] != token:
            return self._rows_by_token[:0], self._counts_by_token[:0]
        first = self._token_start[place]
        last = self._token_start[place + 1] if place + 1 < len(self._tokens) else len(self._rows_by_token)
        return self._rows_by_token[first:last], self._counts_by_token[first:last]

    def sum_by_row(self, values: Floats) -> Floats:
        """The sum of *values*, one per posting, for each document."""
        return np.bincount(self.row_of, weights=values, minlength=self.rows).astype(np.float64)

    def document_frequencies(self, alive: NDArray[np.bool_], size: int) -> Ints:
        """For each token id below *size*, how many of the documents marked in *alive* hold it."""
        return np.bincount(self.ids[alive[self.row_of]], minlength=size)

    def largest_id(self) -> int:
        """The largest token id in the block, -1 when it is empty."""
        return int(self._tokens[-1]) if len(self._tokens) else -1


def joined(blocks: Iterable[Block]) -> Block:
    """One block with the documents of *blocks*, in their order."""
    parts = list(blocks)
    lengths = np.concatenate([np.diff(part.start) for part in parts])
    start = np.concatenate([[0], np.cumsum(lengths)])
    return Block(
        Postings(start, np.concatenate([part.ids for part in parts]), np.concatenate([part.counts for part in parts]))
    )
