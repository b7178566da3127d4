"""What a reader holds of the stored articles: postings and what filters ask for. One value per state of the index.

A state is never changed: ``grown`` makes the next one, sharing the blocks that are loaded already, so queries that run
at the same time see one state from beginning to end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from similarity.models import Statistics
from similarity.postings import Block, joined
from store.connection import Document
from store.vectors import Ints, unpack_many

PROJECTION = {"vector": 1, "length": 1, "source": 1, "language": 1, "published": 1, "revision": 1, "stored": 1}

NEVER = np.iinfo(np.int64).min
"""Stands for "no date", in seconds."""

_MOST_BLOCKS = 16
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Collection:
    """The documents of one state, block after block; ``alive`` is False for superseded revisions."""

    blocks: tuple[Block, ...] = ()
    ids: tuple[str, ...] = ()
    revisions: tuple[int, ...] = ()
    lengths: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    published: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    sources: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, "U1"))
    languages: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, "U1"))
    alive: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    newest: datetime = _BEFORE_ALL

    @cached_property
    def row(self) -> dict[str, int]:
        """The row of each article, its latest revision."""
        return {key: place for place, key in enumerate(self.ids)}

    @cached_property
    def statistics(self) -> Statistics:
        """Counts over the documents that are alive."""
        size = 1 + max((block.largest_id() for block in self.blocks), default=-1)
        frequencies = np.zeros(size, np.int64)
        for block, rows in self.blocks_and_rows():
            frequencies += block.document_frequencies(self.alive[rows], size)
        return Statistics(int(self.alive.sum()), int(self.lengths[self.alive].sum()), frequencies)

    def blocks_and_rows(self) -> Iterable[tuple[Block, slice]]:
        """Each block with the rows of the collection that are its own."""
        first = 0
        for block in self.blocks:
            yield block, slice(first, first + block.rows)
            first += block.rows

    def grown(self, documents: Sequence[Document]) -> Collection:
        """The next state: with *documents* (fields of ``PROJECTION``), older revisions of them dead."""
        latest = {document["_id"]: document for document in documents}
        new = [document for key, document in latest.items() if not self._holds(key, document["revision"])]
        if not new:
            return self
        alive = self.alive.copy()
        alive[[self.row[document["_id"]] for document in new if document["_id"] in self.row]] = False
        blocks = (*self.blocks, Block(unpack_many([document["vector"] for document in new])))
        if len(blocks) > _MOST_BLOCKS:
            blocks = (blocks[0], joined(blocks[1:]))
        return Collection(
            blocks,
            self.ids + tuple(document["_id"] for document in new),
            self.revisions + tuple(document["revision"] for document in new),
            np.append(self.lengths, [document["length"] for document in new]).astype(np.int64),
            np.append(self.published, [_seconds(document["published"]) for document in new]).astype(np.int64),
            np.append(self.sources, [document["source"] for document in new]),
            np.append(self.languages, [document["language"] for document in new]),
            np.append(alive, np.ones(len(new), bool)),
            max([self.newest, *(document["stored"] for document in new)]),
        )

    def _holds(self, key: str, revision: int) -> bool:
        row = self.row.get(key)
        return row is not None and self.revisions[row] >= revision


def _seconds(moment: datetime | None) -> int:
    return NEVER if moment is None else int(moment.timestamp())
