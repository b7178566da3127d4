"""Makes the next snapshot of the index: reads from the database what has changed, and loads segments that are new."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pymongo
from pymongo.client_session import ClientSession
from pymongo.database import Database

from similarity.reader.collection import Collection, Revisions, live_segments, pending_with, pending_without
from similarity.reader.segment_cache import SegmentCache
from similarity.reader.segment_reader import LiveSegment, SegmentReader, pending_segment
from store.connection import Document
from store.index import manifest, preparation, segment_format, segments, snapshot
from store.index.manifest import SegmentEntry
from store.index.segment_format import DamagedSegment, id_bytes
from store.index.segments import MissingSegment
from store.index.snapshot import Snapshot
from store.settings import settings
from store.vectors import CorruptVector

log = logging.getLogger(__name__)

_ID_BATCH = 20_000  # ids read at a time
_LONGEST = 3  # times the time of an operation, for the lists of a million pending articles


class _Replaced(Exception):
    """A compaction has replaced the segments of the manifest that was read."""


@dataclass(frozen=True)
class Loader:
    """Loads snapshots from *database*; segments are opened through *cache*. *analyzer*: this program's version.

    *session*: the one that ``next`` is called in; what other threads read is not older than what it has seen.
    """

    database: Database[Document]
    cache: SegmentCache
    analyzer: str
    session: ClientSession

    def next(self, before: Collection, untraced: Revisions) -> Collection:
        """The snapshot of what is stored now; *before* itself when nothing has changed.

        *untraced*: articles that were deleted without an entry in the ``deleted`` collection, with the last revision
        that an index row has of them. Whatever is written while this runs is in this snapshot or in the next one.
        Raises IndexMismatch, DamagedManifest.
        """
        while True:
            try:
                with pymongo.timeout(_LONGEST * settings().timeout):  # a member that is behind would be waited for
                    now = snapshot.read(self.database, before.manifest)
                return self._next(before, now, untraced)
            except _Replaced:
                continue

    def _next(self, before: Collection, now: Snapshot, untraced: Revisions) -> Collection:
        if now.manifest.version:
            # A retokenization may have given the index other token ids. Then the snapshot *before* stays in use: its
            # ids still agree with one another.
            preparation.check_analyzer(now.manifest.analyzer, self.analyzer)
        pending_revisions, deleted = dict(now.pending), dict(now.deleted)
        for article_id, revision in untraced.items():
            deleted[article_id] = max(revision, deleted.get(article_id, 0))
        missing = [
            article_id
            for article_id, revision in pending_revisions.items()
            if before.revisions.get(article_id, -1) < revision
        ]
        if (
            now.manifest is before.manifest
            and not missing
            and pending_revisions.keys() == before.hidden.keys()
            and deleted == before.deleted
        ):
            return before
        documents = snapshot.documents(self.database, missing)
        outdated = (before.revisions.keys() - pending_revisions.keys()) | set(missing)
        remaining, statistics = pending_without(before.pending, outdated, before.statistics)
        pending, statistics = pending_with(remaining, documents, statistics)
        revisions = {
            article_id: revision for article_id, revision in before.revisions.items() if article_id not in outdated
        }
        revisions |= {document["_id"]: document["revision"] for document in documents}
        after = replace(
            before,
            manifest=now.manifest,
            pending=pending,
            revisions=revisions,
            hidden=pending_revisions,
            deleted=deleted,
            statistics=statistics,
        )
        return self._with_segments(before, after)

    def _with_segments(self, before: Collection, after: Collection) -> Collection:
        """*after* with the segments of its manifest and updated statistics; those not in *before* are loaded."""
        same_manifest = before.manifest is after.manifest
        readers = {segment.reader.name: segment.reader for segment in before.packed}
        lost = before.lost if same_manifest else ()
        new = [entry for entry in after.manifest.segments if entry.sha256 not in readers and entry.sha256 not in lost]
        if new:
            with ThreadPoolExecutor(min(len(new), os.cpu_count() or 1)) as threads:
                loaded = list(threads.map(self._load, new))
            readers |= {reader.name: reader for reader in loaded if reader}
            lost += tuple(entry.sha256 for entry, reader in zip(new, loaded, strict=True) if reader is None)
        entries = [(entry, readers[entry.sha256]) for entry in after.manifest.segments if entry.sha256 in readers]
        packed, statistics = live_segments(before.packed, entries, before, after)
        after = replace(after, packed=packed, statistics=statistics, lost=lost)
        stand_in_readers = [segment.reader for segment in before.stand_ins]
        if not same_manifest:
            self.cache.tidy(entry.sha256 for entry in after.manifest.segments)
            # The rows of a lost segment are unknown, also which of them the manifest lists as deleted. So which
            # articles need a stand-in can only be found by reading the ids of all articles.
            stand_in_readers = list(self._stand_ins(after)) if lost else []
        without_entries = [(None, reader) for reader in stand_in_readers]
        stand_ins, statistics = live_segments(before.stand_ins, without_entries, before, after)
        return replace(after, stand_ins=stand_ins, statistics=statistics)

    def _load(self, entry: SegmentEntry) -> SegmentReader | None:
        """The reader of a segment; None when it cannot be read, which is logged. Raises _Replaced."""
        try:
            return self.cache.open(entry.sha256, lambda: self._read(entry))
        except (MissingSegment, DamagedSegment, CorruptVector) as error:
            if all(current.sha256 != entry.sha256 for current in manifest.read(self.database).segments):
                raise _Replaced from None
            log.warning(
                "%s; its %d articles are read one by one from what is stored of them: xinwen compact",
                error,
                entry.documents,
            )
            return None

    def _read(self, entry: SegmentEntry) -> bytes:
        """The bytes of a segment, from a member that has them; in a thread, and a session is of one thread."""
        with self.database.client.start_session(causal_consistency=True) as session:
            if self.session.operation_time:
                session.advance_operation_time(self.session.operation_time)
            with session.bind(end_session=False):
                return segments.read(self.database, entry.sha256, entry.parts)

    def _stand_ins(self, collection: Collection) -> Iterator[SegmentReader]:
        """In-memory segments of all stored articles that are neither pending nor live in a segment that was read."""
        documents: list[Document] = []
        for ids in stored_ids(self.database):
            missing = [
                article_id for article_id, live in zip(ids, are_live(collection.packed, ids), strict=True) if not live
            ]
            documents += snapshot.documents(
                self.database, (article_id for article_id in missing if article_id not in collection.hidden)
            )
            while len(documents) >= segment_format.MAX_ROWS:
                yield pending_segment(documents[: segment_format.MAX_ROWS])
                del documents[: segment_format.MAX_ROWS]
        if documents:
            yield pending_segment(documents)


def stored_ids(database: Database[Document]) -> Iterator[list[str]]:
    """The ids of all stored articles in ascending order, in lists of up to ``_ID_BATCH``."""
    rows = database.articles.find({}, {"_id": 1}, batch_size=_ID_BATCH).sort("_id", 1)
    while ids := [row["_id"] for row in islice(rows, _ID_BATCH)]:
        yield ids


def are_live(packed: Sequence[LiveSegment], ids: list[str]) -> list[bool]:
    """For each of *ids* whether one of the segments has a live row of it."""
    keys = id_bytes(ids)
    result = np.zeros(len(ids), bool)
    for segment in packed:
        rows = segment.reader.segment.rows_of(keys)
        result |= (rows >= 0) & segment.live[np.maximum(rows, 0)]
    return result.tolist()
