"""The segments of one manifest without their vectors: which revision of which article is in which segment and row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pymongo.database import Database

from store.connection import Document
from store.index import segment_format, segments
from store.index.manifest import Manifest, SegmentEntry, pack_rows
from store.index.segment_format import DamagedSegment, Segment, id_bytes
from store.index.segments import MissingSegment
from store.vectors import Ints

NO_REVISION = -1
"""Stands for the revision of an article none of whose rows is to be kept."""


@dataclass(eq=False)
class OpenSegment:
    """A segment of the index: its entry in the manifest, its head, and a flag for each row that is live.

    ``head``: the segment without vectors. ``live``: bool, one a row, as Lucene's live docs; ``delete`` changes it.
    """

    entry: SegmentEntry
    head: Segment
    live: NDArray[np.bool_]

    @property
    def live_documents(self) -> int:
        """Number of live rows."""
        return int(self.live.sum())

    def rows(self, ids: NDArray[np.uint8]) -> Ints:
        """The live row of each of *ids* (n x 12 bytes); -1 where there is none."""
        rows = self.head.rows_of(ids)
        return np.where((rows >= 0) & self.live[rows], rows, -1) if len(self.live) else rows

    def current_entry(self) -> SegmentEntry:
        """The entry with the rows that are deleted by now."""
        return replace(self.entry, dead=pack_rows(np.flatnonzero(~self.live)))


class SegmentSet:
    """The segments of *manifest*, and what a compaction adds to and removes from them.

    ``segments``: those that can be read. ``broken``: by segment name, what is wrong with the others.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.segments: list[OpenSegment] = []
        self.broken: dict[str, str] = {}

    def load(self, database: Database[Document], thorough: bool, renew: Callable[[], None]) -> None:
        """Read the heads, and if *thorough* every byte; *renew* is called before each segment, to renew a lease."""
        parts = [f"{entry.sha256}:{part}" for entry in self.manifest.segments for part in range(entry.parts)]
        stored = {row["_id"] for row in database.segments.find({"_id": {"$in": parts}}, {"_id": 1})}
        for entry in self.manifest.segments:
            renew()
            try:
                if not all(f"{entry.sha256}:{part}" in stored for part in range(entry.parts)):
                    raise MissingSegment(f"segment {entry.sha256[:12]}… is not stored, or not all its parts")
                if thorough:
                    segment_format.decode(segments.read(database, entry.sha256, entry.parts))
                self.add(entry, segments.read_head(database, entry.sha256))
            except (DamagedSegment, MissingSegment) as error:
                self.broken[entry.sha256] = str(error)

    def add(self, entry: SegmentEntry, head: Segment) -> None:
        """Add a segment. If it is in the set already (the same bytes), the rows that *entry* calls live are live again.

        Raises DamagedSegment if *head* has another number of rows than *entry*.
        """
        if head.documents != entry.documents:
            raise DamagedSegment(f"segment {entry.sha256[:12]}… does not hold what the manifest says")
        live = np.ones(entry.documents, bool)
        live[entry.deleted_rows] = False
        others = [segment for segment in self.segments if segment.entry.sha256 != entry.sha256]
        self.segments = [*others, OpenSegment(entry, head, live)]

    def revisions(self, ids: Iterable[str]) -> Ints:
        """The revision in which each of *ids* is in a live row, -1 for those in none; int64, in the order of *ids*."""
        wanted = id_bytes(list(ids))
        revisions = np.full(len(wanted), -1, np.int64)
        for segment in self.segments:
            rows = segment.rows(wanted)
            present = rows >= 0
            revisions[present] = np.maximum(revisions[present], segment.head.revisions[rows[present]])
        return revisions

    def delete(self, ids: Iterable[str], keep: Ints | None = None) -> int:
        """Mark the rows of *ids* deleted and return how many those were.

        *keep*: for each id the revision whose row stays (``NO_REVISION``: none stays); without it none stays.
        """
        wanted, deleted = id_bytes(list(ids)), 0
        kept = np.full(len(wanted), NO_REVISION, np.int64) if keep is None else keep
        for segment in self.segments:
            rows = segment.rows(wanted)
            present = rows >= 0
            rows = rows[present][segment.head.revisions[rows[present]] != kept[present]]
            segment.live[rows] = False
            deleted += len(rows)
        return deleted

    def live_documents(self) -> int:
        """Number of live rows in all segments."""
        return sum(segment.live_documents for segment in self.segments)

    def entries(self) -> tuple[SegmentEntry, ...]:
        """The entries for the next manifest: segments that have a live row, in order of name."""
        entries = (segment.current_entry() for segment in self.segments if segment.live.any())
        return tuple(sorted(entries, key=lambda entry: entry.sha256))

    def compare_ids(self, stored: Iterator[list[str]]) -> tuple[list[str], list[str]]:
        """Compare with the ids of all *stored* articles, which come in batches.

        Returns the stored ids that no live row holds, and the ids of live rows that are not stored.
        """
        seen = [~segment.live for segment in self.segments]
        missing: list[str] = []
        for batch in stored:
            ids = id_bytes(batch)
            found = np.zeros(len(batch), bool)
            for segment, flags in zip(self.segments, seen, strict=True):
                rows = segment.rows(ids)
                flags[rows[rows >= 0]] = True
                found |= rows >= 0
            missing += [batch[place] for place in np.flatnonzero(~found)]
        absent: list[str] = []
        for segment, flags in zip(self.segments, seen, strict=True):
            absent += segment_format.id_strings(segment.head.ids[~flags])
        return missing, absent
