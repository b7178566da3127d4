"""The single acts of a compaction, each a short series of reads and writes that gives way to queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import numpy as np
from pymongo import DeleteOne, UpdateOne
from pymongo.database import Database

from store import counters, manifest, segments, snapshot, stories
from store.connection import Document
from store.manifest import Entry, Manifest
from store.packed import Held, Packed
from store.vectors import CorruptVector, unpack_many

_BATCH = 1000  # articles in one question or write
_PAUSE = 0.01  # seconds between two batches, in which queries go first

_T = TypeVar("_T")


class Keeper(Protocol):
    """What a ``Lease`` is to these acts."""

    def keep(self) -> None:
        """Called often, to renew it."""


class Overtaken(RuntimeError):
    """Another compactor switched the manifest in the meantime; what is left to do is its business."""


class Packing:
    """Acts on *packed*, the state that this compaction is about to make, and on the database."""

    def __init__(
        self, database: Database[Document], lease: Keeper, step: Callable[[str], None], packed: Packed
    ) -> None:
        self._database, self._lease, self._step = database, lease, step
        self.packed = packed
        self.written = self.buried = 0
        self.unreadable: set[str] = set()

    def breathe(self) -> None:
        """Let queries go first, and keep the lease. Raises Taken."""
        time.sleep(_PAUSE)
        self._lease.keep()

    def pack(self, ids: Sequence[str]) -> bool:
        """Write segments of the articles *ids*, older rows of them being dead; whether there was anything to write."""
        before = self.written
        for rows in segmentfuls(self._rows(ids)):
            # Older rows first: where the segment is one that is there already, the new rows are the old ones.
            self.packed.bury((row["_id"] for row in rows), np.full(len(rows), -1, np.int64))
            self._add(segments.encode(rows))
            self._step("segment written")
            self.written += len(rows)
        return self.written > before

    def merge(self, group: Sequence[Held]) -> None:
        """Write one segment in the place of *group*. Raises DamagedSegment, MissingSegment."""
        rows: list[Document] = []
        for one in group:
            data = segments.read(self._database, one.entry.sha256, one.entry.parts)
            rows += segments.rows_of(segments.decode(data), one.alive)
            self.breathe()
        self.packed.held = [one for one in self.packed.held if one not in group]
        self._add(segments.encode(rows))
        self._step("merge written")

    def settle_deletions(self) -> list[tuple[str, int]]:
        """Mark rows of deleted articles dead; the notes that are superfluous once the manifest is switched.

        Called after the last article was read: one that was deleted and then written again is not taken for deleted.
        """
        notes = [(row["_id"], row["revision"]) for row in self._database.deleted.find({}, {"revision": 1})]
        for batch in _batches(notes):
            present = self.revisions(key for key, _ in batch)
            for key, revision in batch:
                if present.get(key) == revision:  # whoever deleted it was killed in the middle
                    self._database.articles.delete_one({"_id": key, "revision": revision})
                    del present[key]
            stories.leave(self._database, [key for key, _ in batch if key not in present])
            stays = np.array([present.get(key, -1) for key, _ in batch], np.int64)
            self.buried += self.packed.bury((key for key, _ in batch), stays)
            self.breathe()
        return notes

    def bury_absent(self, ids: Sequence[str]) -> None:
        """Mark dead the rows of those of *ids* that are really not stored."""
        for batch in _batches(ids):
            present = self.revisions(batch)
            absent = [key for key in batch if key not in present]
            self.buried += self.packed.bury(absent, np.full(len(absent), -1, np.int64))
            self.breathe()

    def adopt(self, entry: Entry) -> None:
        """Take in a segment that somebody else has written of what is stored now."""
        self.packed.add(entry, segments.read_head(self._database, entry.sha256))
        self.written += entry.documents

    def switch(self, analyzer: str | None = None) -> None:
        """Make the packed state the index's, from now on of *analyzer* if one is named. Raises Overtaken."""
        old = self.packed.manifest
        # Read after the articles: whoever wrote them had his ids before.
        terms = counters.upper_bound(self._database, counters.TERMS)
        new = Manifest(analyzer or old.analyzer, old.version + 1, self.packed.entries(), terms)
        if not manifest.switch(self._database, old, new):
            raise Overtaken("another compactor switched the manifest")
        self.packed.manifest = new

    def forget(self, notes: Sequence[tuple[str, int]]) -> None:
        """Take away *notes* of deletions, though none made since for the same articles."""
        for batch in _batches(notes):
            acts = [DeleteOne({"_id": key, "revision": revision}) for key, revision in batch]
            self._database.deleted.bulk_write(acts, ordered=False)
            self._step("deletions settled")
            self.breathe()

    def clear(self, ids: Iterable[str]) -> int:
        """Take the flag from those of *ids* that are packed in the revision they now have; how many there were."""
        wanted = list(ids)
        done = [pair for pair in zip(wanted, self.packed.revisions(wanted).tolist(), strict=True) if pair[1] >= 0]
        cleared = 0
        for batch in _batches(done):
            acts = [
                UpdateOne({"_id": key, "revision": revision, "pending": True}, {"$unset": {"pending": ""}})
                for key, revision in batch
            ]
            cleared += self._database.articles.bulk_write(acts, ordered=False).modified_count
            self._step("pending cleared")
            self.breathe()
        return cleared

    def pending(self) -> Iterator[dict[str, int]]:
        """Id and revision of what is pending, by segmentfuls, in order of id."""
        last = ""
        while True:
            asked = {"pending": True, "_id": {"$gt": last}}
            rows = self._database.articles.find(asked, {"revision": 1}, hint=snapshot.PENDING).sort("_id", 1)
            found = {row["_id"]: row["revision"] for row in rows.limit(segments.MOST_ROWS)}
            if not found:
                return
            yield found
            last = max(found)

    def sweep(self, before: datetime) -> int:
        """Remove parts of segments that the manifest does not name and that were written *before*; how many."""
        named = {f"{entry.sha256}:{part}" for entry in self.packed.manifest.segments for part in range(entry.parts)}
        old = {"stored": {"$lt": before}}
        left = [row["_id"] for row in self._database.segments.find(old, {"_id": 1}) if row["_id"] not in named]
        if left:
            # A compactor that wrote one of these, and was paused before its switch, must not switch any more.
            self.switch()
            self._step("sweep announced")
        for batch in _batches(left, _BATCH // 10):
            self._database.segments.delete_many({"_id": {"$in": batch}} | old)
            self._step("swept")
            self.breathe()
        return len(left)

    def stored_ids(self) -> Iterator[list[str]]:
        """The ids of all articles, in batches, from their index alone."""
        rows = self._database.articles.find({}, {"_id": 1}, hint="_id_", batch_size=10 * _BATCH)
        for batch in _batches(rows, 10 * _BATCH):
            yield [row["_id"] for row in batch]
            self.breathe()

    def revisions(self, ids: Iterable[str]) -> dict[str, int]:
        """The present revisions of those of *ids* that are stored."""
        rows = self._database.articles.find({"_id": {"$in": list(ids)}}, {"revision": 1})
        return {row["_id"]: row["revision"] for row in rows}

    def _add(self, data: bytes) -> None:
        name = segments.write(self._database, data)
        self.packed.add(manifest.entry_of(name, data), segments.head_of(data))

    def _rows(self, ids: Sequence[str]) -> Iterator[Document]:
        for batch in _batches(ids):
            yield from sorted(
                self._readable(snapshot.documents(self._database, batch)), key=lambda row: str(row["_id"])
            )
            self.breathe()

    def _readable(self, rows: list[Document]) -> list[Document]:
        """*rows* without those whose vectors are damaged: in a segment they would be in the way of all others."""
        try:
            for kind in segments.SPARSE:
                unpack_many([segments.held(row, kind) for row in rows])
        except CorruptVector:
            if len(rows) == 1:
                self.unreadable.add(rows[0]["_id"])
                return []
            middle = len(rows) // 2
            return self._readable(rows[:middle]) + self._readable(rows[middle:])
        return rows


def segmentfuls(rows: Iterable[Document]) -> Iterator[list[Document]]:
    """*rows*, as ``segments.encode`` takes them, as many as fit into a segment at a time."""
    some: list[Document] = []
    size = 0
    for row in rows:
        length = sum(len(segments.held(row, kind)) for kind in segments.FIELDS)
        if len(some) == segments.MOST_ROWS or size + length > segments.MOST_BYTES:
            yield some
            some, size = [], 0
        some.append(row)
        size += length
    if some:
        yield some


def _batches(things: Iterable[_T], size: int = _BATCH) -> Iterator[list[_T]]:
    batch: list[_T] = []
    for thing in things:
        batch.append(thing)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
