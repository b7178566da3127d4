"""The single steps of a compaction: pack, merge, delete, commit, collect garbage.

Each step is a series of short reads and writes with pauses between them, so that queries are answered meanwhile.
``compactor`` puts the steps into their order and says why a kill between any two of them loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import numpy as np
from pymongo import DeleteOne, UpdateOne
from pymongo.database import Database

from store import counters
from store.connection import Document
from store.documents import stories
from store.index import manifest, segment_format, segments, snapshot
from store.index.manifest import Manifest, SegmentEntry
from store.index.segment_set import NO_REVISION, OpenSegment, SegmentSet
from store.schema import PENDING_INDEX
from store.vectors import CorruptVector, unpack_many

DeletionNote = tuple[str, int]
"""Article id and revision of a document in the collection ``deleted``."""

_BATCH = 1000  # articles in one query or write
_PAUSE = 0.01  # seconds between two batches, in which queries are answered

_T = TypeVar("_T")


class Renewable(Protocol):
    """What an ``IndexWriter`` needs of a ``NumberedLease``."""

    def renew(self) -> None:
        """Called between batches."""


class CommitConflict(RuntimeError):
    """Another compactor has committed in the meantime; it does what is left to do."""


class IndexWriter:
    """Changes *segment_set*, the next state of the index, and writes it to *database* with ``commit``.

    *step* is called with the name of each finished step (``compactor.STEPS``); tests kill or pause the process in it.
    ``written``: articles packed. ``deleted``: rows marked deleted. ``unreadable``: articles with damaged vectors.
    """

    def __init__(
        self, database: Database[Document], lease: Renewable, step: Callable[[str], None], segment_set: SegmentSet
    ) -> None:
        self._database, self._lease, self._step = database, lease, step
        self.segment_set = segment_set
        self.written = self.deleted = 0
        self.unreadable: set[str] = set()

    def pack(self, ids: Sequence[str]) -> bool:
        """Write segments of the articles *ids* and delete their older rows; False if there was nothing to write."""
        before = self.written
        for documents in segment_batches(self._documents(ids)):
            # Older rows first: where the new segment equals one that is there already, the new rows are the old ones.
            self.segment_set.delete(document["_id"] for document in documents)
            self._add(segment_format.encode(documents))
            self._step("segment written")
            self.written += len(documents)
        return self.written > before

    def merge(self, group: Sequence[OpenSegment]) -> None:
        """Replace *group* by one segment of its live rows. Raises DamagedSegment, MissingSegment."""
        documents: list[Document] = []
        for segment in group:
            data = segments.read(self._database, segment.entry.sha256, segment.entry.parts)
            documents += segment_format.documents_of(segment_format.decode(data), segment.live)
            self._pause()
        self.segment_set.segments = [segment for segment in self.segment_set.segments if segment not in group]
        self._add(segment_format.encode(documents))
        self._step("merge written")

    def apply_deletions(self) -> list[DeletionNote]:
        """Mark the rows of deleted articles deleted; returns the notes that the next commit makes superfluous.

        Call it after the last article was read, so that an article written again since is not taken for deleted.
        """
        notes = [(row["_id"], row["revision"]) for row in self._database.deleted.find({}, {"revision": 1})]
        for batch in _batches(notes):
            current = self._revisions(key for key, _ in batch)
            for key, revision in batch:
                if current.get(key) == revision:  # the process that deleted it was killed after its note
                    self._database.articles.delete_one({"_id": key, "revision": revision})
                    del current[key]
            stories.remove_articles(self._database, [key for key, _ in batch if key not in current])
            keep = np.array([current.get(key, NO_REVISION) for key, _ in batch], np.int64)
            self.deleted += self.segment_set.delete((key for key, _ in batch), keep)
            self._pause()
        return notes

    def delete_absent(self, ids: Sequence[str]) -> None:
        """Mark the rows deleted of those of *ids* that are not stored, which is checked once more."""
        for batch in _batches(ids):
            stored = self._revisions(batch)
            self.deleted += self.segment_set.delete(key for key in batch if key not in stored)
            self._pause()

    def add_segment(self, entry: SegmentEntry) -> None:
        """Add a segment that another process has written from the articles that are stored now."""
        self.segment_set.add(entry, segments.read_head(self._database, entry.sha256))
        self.written += entry.documents

    def commit(self, analyzer: str | None = None) -> None:
        """Make the segment set the index, by *analyzer* if one is given, else by the same as before.

        Raises CommitConflict if another manifest has been committed since this one was read.
        """
        old = self.segment_set.manifest
        # Read after the articles: their writers reserved their token ids before they wrote.
        terms = counters.upper_bound(self._database, counters.TERMS)
        entries = self.segment_set.entries()
        new = Manifest(analyzer or old.analyzer, old.version + 1, entries, terms, old.format)
        if not manifest.commit(self._database, old, new):
            raise CommitConflict("another compactor has committed a manifest")
        self.segment_set.manifest = new

    def remove_notes(self, notes: Sequence[DeletionNote]) -> None:
        """Remove *notes* from ``deleted``; a later note for the same article, of a higher revision, stays."""
        for batch in _batches(notes):
            writes = [DeleteOne({"_id": key, "revision": revision}) for key, revision in batch]
            self._database.deleted.bulk_write(writes, ordered=False)
            self._step("deletion notes removed")
            self._pause()

    def clear_pending(self, ids: Iterable[str]) -> None:
        """Remove ``pending`` from those of *ids* that are packed in the revision that they have now."""
        wanted = list(ids)
        revisions = self.segment_set.revisions(wanted).tolist()
        packed = [(key, revision) for key, revision in zip(wanted, revisions, strict=True) if revision >= 0]
        for batch in _batches(packed):
            writes = [
                UpdateOne({"_id": key, "revision": revision, "pending": True}, {"$unset": {"pending": ""}})
                for key, revision in batch
            ]
            self._database.articles.bulk_write(writes, ordered=False)
            self._step("pending cleared")
            self._pause()

    def pending(self) -> Iterator[dict[str, int]]:
        """Ids and revisions of the pending articles, in order of id, as many at a time as fit into one segment."""
        last = ""
        while True:
            query = {"pending": True, "_id": {"$gt": last}}
            rows = self._database.articles.find(query, {"revision": 1}, hint=PENDING_INDEX).sort("_id", 1)
            revisions = {row["_id"]: row["revision"] for row in rows.limit(segment_format.MAX_ROWS)}
            if not revisions:
                return
            yield revisions
            last = max(revisions)

    def collect_garbage(self, before: datetime) -> int:
        """Remove parts of segments that the manifest does not name, if stored before *before*; how many parts."""
        named = {
            f"{entry.sha256}:{part}" for entry in self.segment_set.manifest.segments for part in range(entry.parts)
        }
        is_old = {"stored": {"$lt": before}}
        unnamed = [row["_id"] for row in self._database.segments.find(is_old, {"_id": 1}) if row["_id"] not in named]
        if unnamed:
            # A compactor that wrote one of these and was paused before its commit must not be able to commit any more.
            self.commit()
            self._step("garbage announced")
        for batch in _batches(unnamed, _BATCH // 10):
            self._database.segments.delete_many({"_id": {"$in": batch}} | is_old)
            self._step("garbage removed")
            self._pause()
        return len(unnamed)

    def stored_ids(self) -> Iterator[list[str]]:
        """The ids of all stored articles in batches; MongoDB reads them from the index on ``_id`` alone."""
        rows = self._database.articles.find({}, {"_id": 1}, hint="_id_", batch_size=10 * _BATCH)
        for batch in _batches(rows, 10 * _BATCH):
            yield [row["_id"] for row in batch]
            self._pause()

    def _revisions(self, ids: Iterable[str]) -> dict[str, int]:
        """The current revisions of those of *ids* that are stored."""
        rows = self._database.articles.find({"_id": {"$in": list(ids)}}, {"revision": 1})
        return {row["_id"]: row["revision"] for row in rows}

    def _add(self, data: bytes) -> None:
        name = segments.write(self._database, data)
        self.segment_set.add(manifest.entry_of(name, data), segment_format.head_of(data))

    def _documents(self, ids: Sequence[str]) -> Iterator[Document]:
        """The stored articles *ids* whose vectors are whole, each batch in order of id."""
        for batch in _batches(ids):
            documents = self._readable(snapshot.documents(self._database, batch))
            yield from sorted(documents, key=lambda document: str(document["_id"]))
            self._pause()

    def _readable(self, documents: list[Document]) -> list[Document]:
        """*documents* without those with damaged vectors: one of them would make a whole segment unreadable."""
        try:
            for kind in segment_format.TOKEN_VECTORS:
                unpack_many([segment_format.packed_vector(document, kind) for document in documents])
        except CorruptVector:
            if len(documents) == 1:
                self.unreadable.add(documents[0]["_id"])
                return []
            middle = len(documents) // 2
            return self._readable(documents[:middle]) + self._readable(documents[middle:])
        return documents

    def _pause(self) -> None:
        """Let queries go first, and renew the lease. Raises LeaseTaken."""
        time.sleep(_PAUSE)
        self._lease.renew()


def segment_batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """*documents*, as ``segment_format.encode`` takes them, as many at a time as fit into one segment."""
    batch: list[Document] = []
    size = 0
    for document in documents:
        length = sum(len(segment_format.packed_vector(document, kind)) for kind in segment_format.FIELDS)
        if len(batch) == segment_format.MAX_ROWS or size + length > segment_format.MAX_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += length
    if batch:
        yield batch


def _batches(items: Iterable[_T], size: int = _BATCH) -> Iterator[list[_T]]:
    batch: list[_T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
