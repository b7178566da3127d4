"""One state of what can be found: packed segments, articles that no segment has yet, and their statistics.

A state is never changed: the next one shares what has stayed, so a query sees one state from beginning to end, and what
a change costs depends on what it changes and not on how much there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from similarity.block import Block, Held, changed, small_block
from similarity.statistics import Statistics, Tokens
from store.connection import Document
from store.manifest import Entry, Manifest
from store.segments import MOST_ROWS
from store.vectors import Ints

Revisions = Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Collection:
    """``packed``: segments of the manifest; ``stand_ins``: articles of segments that could not be read.

    ``pending`` are blocks of articles that no segment has yet, ``revisions`` what is held of them. ``hidden`` and
    ``deleted`` say which packed rows do not count, by id: those that stand elsewhere, and those up to a revision.
    """

    manifest: Manifest = field(default_factory=lambda: Manifest("", 0))
    packed: tuple[Held, ...] = ()
    stand_ins: tuple[Held, ...] = ()
    pending: tuple[Held, ...] = ()
    revisions: Revisions = field(default_factory=dict)
    hidden: Revisions = field(default_factory=dict)
    deleted: Revisions = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)

    def __len__(self) -> int:
        return self.statistics.documents

    @cached_property
    def blocks(self) -> tuple[Held, ...]:
        """All blocks in which something can be found."""
        return tuple(held for held in (*self.packed, *self.stand_ins, *self.pending) if held.number)

    @cached_property
    def newest(self) -> int:
        """The highest revision in it; revisions are handed out in ascending order, to each writing its own."""
        return max((held.block.newest for held in self.blocks), default=0)

    def newer_than(self, revision: int) -> int:
        """How many articles have a revision above that."""
        newer = [held for held in self.blocks if held.block.newest > revision]
        return sum(int(np.count_nonzero(held.alive & (held.block.segment.revisions > revision))) for held in newer)

    def pair_frequencies(self, pairs: Tokens) -> Ints:
        """In how many documents that can be found each of *pairs* of characters occurs."""
        found = np.zeros(len(pairs), np.int64)
        for held in self.blocks:
            columns = held.block.pairs
            places, present = columns.places(pairs)
            for number in np.flatnonzero(present).tolist():
                rows = columns.rows[columns.start[places[number]] : columns.start[places[number] + 1]]
                found[number] += len(rows) if held.number == held.block.rows else np.count_nonzero(held.alive[rows])
        return found

    def place_of(self, article_id: str) -> tuple[int, int] | None:
        """The block (of ``blocks``) and row of an article, None when it cannot be found."""
        key = np.frombuffer(bytes.fromhex(article_id), np.uint8)
        for number, held in enumerate(self.blocks):
            row = held.row_of(key)
            if row is not None:
                return number, row
        return None


def packed_again(
    before: Sequence[Held], entries: Iterable[tuple[Entry | None, Block]], was: Collection, now: Collection
) -> tuple[tuple[Held, ...], Statistics]:
    """The blocks *entries* with their rows alive under what *now* hides and deletes, and the statistics of that.

    *before* are the blocks that counted so far, under what *was* hid and deleted.
    """
    statistics = now.statistics
    known = {id(held.block): held for held in before}
    touched = was.hidden.keys() ^ now.hidden.keys()
    touched |= {key for key, _ in was.deleted.items() ^ now.deleted.items()}
    found = []
    for entry, block in entries:
        old = known.pop(id(block), None)
        if old is not None and (old.entry is entry or (old.entry and entry and old.entry.dead == entry.dead)):
            held = old.looked_at_again(touched, now.hidden, now.deleted)
        else:
            held = Held(block, np.ones(block.rows, bool), entry)
            held.alive[held.ended] = False
            held = held.looked_at_again(now.hidden.keys() | now.deleted.keys(), now.hidden, now.deleted)
        if held is not old:
            statistics = changed(statistics, block, old.alive if old else None, held.alive)
        found.append(held)
    for old in known.values():
        statistics = changed(statistics, old.block, old.alive, None)
    return tuple(found), statistics


def pending_without(
    blocks: Sequence[Held], ids: Iterable[str], statistics: Statistics
) -> tuple[list[Held], Statistics]:
    """The blocks of pending articles without *ids*, and the statistics of that."""
    none: Revisions = {}
    gone = dict.fromkeys(ids, 0)
    left = []
    for held in blocks:
        fewer = held.looked_at_again(gone, gone, none)
        if fewer is not held:
            statistics = changed(statistics, held.block, held.alive, fewer.alive)
        if fewer.number:
            left.append(fewer)
    return left, statistics


def pending_with(
    blocks: Sequence[Held], documents: Sequence[Document], statistics: Statistics
) -> tuple[tuple[Held, ...], Statistics]:
    """The blocks of pending articles with *documents*, and the statistics of that.

    Small blocks are joined so that each is at most half of the one before: there are few, and each article is taken
    along a few times only.
    """
    found = list(blocks)
    for first in range(0, len(documents), MOST_ROWS):
        block = small_block(list(documents[first : first + MOST_ROWS]))
        found.append(Held(block, np.ones(block.rows, bool)))
        statistics = changed(statistics, block, None, found[-1].alive)
        while len(found) > 1 and found[-2].number < 2 * found[-1].number <= MOST_ROWS - found[-2].number:
            found[-2:] = [_joined(*found[-2:])]
    return tuple(found), statistics


def _joined(*parts: Held) -> Held:
    rows = [held.block.document(row) for held in parts for row in np.flatnonzero(held.alive).tolist()]
    return Held(small_block(rows), np.ones(len(rows), bool))
