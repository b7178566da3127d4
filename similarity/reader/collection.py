"""An immutable snapshot of the index in memory: segments, pending articles that no segment has yet, statistics.

A change makes a new snapshot, which shares with the old one what has not changed. So a query sees one snapshot from
beginning to end, and a change costs in proportion to its size, not to that of the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from similarity.arrays import Tokens
from similarity.reader.segment_reader import LiveSegment, SegmentReader, pending_segment, updated_statistics
from similarity.reader.statistics import Statistics
from store.connection import Document
from store.index.manifest import Manifest, SegmentEntry
from store.index.segment_format import ID_BYTES, MAX_ROWS
from store.vectors import Ints

Revisions = Mapping[str, int]
"""Revisions by article id."""


@dataclass(frozen=True, eq=False)
class Collection:
    """One snapshot of the index.

    * ``packed``: the segments of ``manifest``.
    * ``stand_ins``: in-memory segments of articles whose own segment cannot be read; the names of these segments are in
      ``lost``.
    * ``pending``: in-memory segments of articles that no segment has yet; ``revisions``: their revisions.
    * ``hidden``: articles whose row in a packed segment is not live, because a pending row replaces it.
    * ``deleted``: articles whose rows up to this revision are not live.
    * ``statistics``: those of all live rows.
    """

    manifest: Manifest = field(default_factory=lambda: Manifest("", 0))
    packed: tuple[LiveSegment, ...] = ()
    stand_ins: tuple[LiveSegment, ...] = ()
    pending: tuple[LiveSegment, ...] = ()
    revisions: Revisions = field(default_factory=dict)
    hidden: Revisions = field(default_factory=dict)
    deleted: Revisions = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)

    def __len__(self) -> int:
        return self.statistics.documents

    @cached_property
    def segments(self) -> tuple[LiveSegment, ...]:
        """All segments that have a live row."""
        return tuple(segment for segment in (*self.packed, *self.stand_ins, *self.pending) if segment.number)

    @cached_property
    def newest(self) -> int:
        """The highest revision of an article in it. Each write of an article gets a revision higher than all before."""
        return max((segment.reader.newest for segment in self.segments), default=0)

    def newer_than(self, revision: int) -> int:
        """How many live articles have a revision above *revision*."""
        newer = [segment for segment in self.segments if segment.reader.newest > revision]
        return sum(
            int(np.count_nonzero(segment.live & (segment.reader.segment.revisions > revision))) for segment in newer
        )

    def bigram_frequencies(self, bigrams: Tokens) -> Ints:
        """The number of live documents that contain each of *bigrams* (n, int32): (n, int64)."""
        result = np.zeros(len(bigrams), np.int64)
        for segment in self.segments:
            index = segment.reader.bigrams
            ordinals, present = index.ordinals(bigrams)
            for number in np.flatnonzero(present).tolist():
                rows = index.rows[index.start[ordinals[number]] : index.start[ordinals[number] + 1]]
                result[number] += (
                    len(rows) if segment.number == segment.reader.rows else np.count_nonzero(segment.live[rows])
                )
        return result

    def place_of(self, article_id: str) -> tuple[int, int] | None:
        """The number of the segment (in ``segments``) and the row of a live article, None if there is none."""
        try:
            key = np.frombuffer(bytes.fromhex(article_id), np.uint8)
        except ValueError:
            return None  # no id of an article
        if len(key) != ID_BYTES:
            return None
        for number, segment in enumerate(self.segments):
            row = segment.row_of(key)
            if row is not None:
                return number, row
        return None


def live_segments(
    before: Sequence[LiveSegment],
    entries: Iterable[tuple[SegmentEntry | None, SegmentReader]],
    was: Collection,
    now: Collection,
) -> tuple[tuple[LiveSegment, ...], Statistics]:
    """The segments *entries* with the rows that are live under ``hidden`` and ``deleted`` of *now*, and new statistics.

    *before*: the segments of the snapshot *was*. Of those that stay, only rows are updated for which *was* and *now*
    differ.
    """
    statistics = now.statistics
    known = {id(segment.reader): segment for segment in before}
    changed_ids = was.hidden.keys() ^ now.hidden.keys()
    changed_ids |= {key for key, _ in was.deleted.items() ^ now.deleted.items()}
    result = []
    for entry, reader in entries:
        old = known.pop(id(reader), None)
        if old is not None and (old.entry is entry or (old.entry and entry and old.entry.dead == entry.dead)):
            segment = old.updated(changed_ids, now.hidden, now.deleted)
        else:
            segment = LiveSegment(reader, np.ones(reader.rows, bool), entry)
            segment.live[segment.dead] = False
            segment = segment.updated(now.hidden.keys() | now.deleted.keys(), now.hidden, now.deleted)
        if segment is not old:
            statistics = updated_statistics(statistics, reader, old.live if old else None, segment.live)
        result.append(segment)
    for old in known.values():
        statistics = updated_statistics(statistics, old.reader, old.live, None)
    return tuple(result), statistics


def pending_without(
    segments: Sequence[LiveSegment], ids: Iterable[str], statistics: Statistics
) -> tuple[list[LiveSegment], Statistics]:
    """The pending segments without the articles *ids*, and the statistics without them."""
    none: Revisions = {}
    gone = dict.fromkeys(ids, 0)
    remaining = []
    for segment in segments:
        updated = segment.updated(gone, gone, none)
        if updated is not segment:
            statistics = updated_statistics(statistics, segment.reader, segment.live, updated.live)
        if updated.number:
            remaining.append(updated)
    return remaining, statistics


def pending_with(
    segments: Sequence[LiveSegment], documents: Sequence[Document], statistics: Statistics
) -> tuple[tuple[LiveSegment, ...], Statistics]:
    """The pending segments with *documents*, and the statistics with them.

    Small segments are merged so that each has at most half as many articles as the one before: there are few segments,
    and each article is merged a few times only (as in an LSM tree).
    """
    result = list(segments)
    for first in range(0, len(documents), MAX_ROWS):
        reader = pending_segment(list(documents[first : first + MAX_ROWS]))
        result.append(LiveSegment(reader, np.ones(reader.rows, bool)))
        statistics = updated_statistics(statistics, reader, None, result[-1].live)
        while len(result) > 1 and result[-2].number < 2 * result[-1].number <= MAX_ROWS - result[-2].number:
            result[-2:] = [_merged(*result[-2:])]
    return tuple(result), statistics


def _merged(*parts: LiveSegment) -> LiveSegment:
    rows = [segment.reader.document(row) for segment in parts for row in np.flatnonzero(segment.live).tolist()]
    return LiveSegment(pending_segment(rows), np.ones(len(rows), bool))
