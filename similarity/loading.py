"""From one state of the index to the next: what the database says has happened, and the segments that it takes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from pymongo.database import Database

from similarity.block import Block, Held, small_block
from similarity.cache import Cache
from similarity.collection import Collection, Revisions, packed_again, pending_with, pending_without
from store import manifest, schema, segments, snapshot
from store.connection import Document
from store.manifest import Entry
from store.segments import DamagedSegment, MissingSegment, id_bytes
from store.snapshot import Snapshot
from store.vectors import CorruptVector

log = logging.getLogger(__name__)

_IDS_AT_ONCE = 20_000


class _Replaced(Exception):
    """A compaction has put other segments in the place of those that were asked for."""


@dataclass(frozen=True)
class Loader:
    """Brings a collection up to date from *database*; segments go through *cache*."""

    database: Database[Document]
    cache: Cache
    analyzer: str

    def next(self, before: Collection, vanished: Revisions) -> Collection:
        """The present state. *vanished*: articles that are gone without a note of it, with the revision they had.

        The same object when nothing has changed. However long this takes, and whatever happens meanwhile, the result
        is a state that the next call leads on from.
        """
        while True:
            try:
                return self._next(before, snapshot.read(self.database, before.manifest), vanished)
            except _Replaced:
                continue

    def _next(self, before: Collection, now: Snapshot, vanished: Revisions) -> Collection:
        if now.manifest.version:
            # Another program may have switched the index to words of its own. What is held answers as before.
            schema.check_analyzer(now.manifest.analyzer, self.analyzer)
        wanted, deleted = dict(now.pending), dict(now.deleted)
        for key, revision in vanished.items():
            deleted[key] = max(revision, deleted.get(key, 0))
        missing = [key for key, revision in wanted.items() if before.revisions.get(key, -1) < revision]
        if (
            now.manifest is before.manifest
            and not missing
            and wanted.keys() == before.hidden.keys()
            and deleted == before.deleted
        ):
            return before
        documents = snapshot.documents(self.database, missing)
        gone = (before.revisions.keys() - wanted.keys()) | set(missing)
        pending, statistics = pending_without(before.pending, gone, before.statistics)
        blocks, statistics = pending_with(pending, documents, statistics)
        revisions = {key: held for key, held in before.revisions.items() if key not in gone}
        revisions |= {document["_id"]: document["revision"] for document in documents}
        after = replace(
            before,
            manifest=now.manifest,
            pending=blocks,
            revisions=revisions,
            hidden=wanted,
            deleted=deleted,
            statistics=statistics,
        )
        return self._with_segments(before, after)

    def _with_segments(self, before: Collection, after: Collection) -> Collection:
        same = before.manifest is after.manifest
        held = {one.block.name: one.block for one in before.packed}
        lost = before.lost if same else ()
        new = [entry for entry in after.manifest.segments if entry.sha256 not in held and entry.sha256 not in lost]
        if new:
            with ThreadPoolExecutor(min(len(new), os.cpu_count() or 1)) as threads:
                loaded = list(threads.map(self._load, new))
            held |= {block.name: block for block in loaded if block}
            lost += tuple(entry.sha256 for entry, block in zip(new, loaded, strict=True) if block is None)
        entries = [(entry, held[entry.sha256]) for entry in after.manifest.segments if entry.sha256 in held]
        packed, statistics = packed_again(before.packed, entries, before, after)
        after = replace(after, packed=packed, statistics=statistics, lost=lost)
        stand_ins = [one.block for one in before.stand_ins]
        if not same:
            self.cache.tidy(entry.sha256 for entry in after.manifest.segments)
            # The rows that the manifest calls dead are those of the segment that cannot be read, so others may have
            # come to life in its place: with another manifest they are looked for anew.
            stand_ins = list(self._stand_ins(after)) if lost else []
        found, statistics = packed_again(before.stand_ins, [(None, block) for block in stand_ins], before, after)
        return replace(after, stand_ins=found, statistics=statistics)

    def _load(self, entry: Entry) -> Block | None:
        """The block of a segment; None when it cannot be read, which is logged. Raises _Replaced."""
        try:
            return self.cache.block(entry.sha256, lambda: segments.read(self.database, entry.sha256, entry.parts))
        except (MissingSegment, DamagedSegment, CorruptVector) as error:
            if all(one.sha256 != entry.sha256 for one in manifest.read(self.database).segments):
                raise _Replaced from None
            log.warning(
                "%s; its %d articles are read one by one from what is stored of them: python -m similarity compact",
                error,
                entry.documents,
            )
            return None

    def _stand_ins(self, collection: Collection) -> Iterator[Block]:
        """Blocks of all stored articles that are neither pending nor in a segment that can be read."""
        rows: list[Document] = []
        for some in stored_ids(self.database):
            elsewhere = found_in(collection.packed, some)
            wanted = [key for key, found in zip(some, elsewhere, strict=True) if not found]
            rows += snapshot.documents(self.database, (key for key in wanted if key not in collection.hidden))
            while len(rows) >= segments.MOST_ROWS:
                yield small_block(rows[: segments.MOST_ROWS])
                del rows[: segments.MOST_ROWS]
        if rows:
            yield small_block(rows)


def stored_ids(database: Database[Document]) -> Iterator[list[str]]:
    """The ids of all stored articles, many at a time."""
    rows = database.articles.find({}, {"_id": 1}, batch_size=_IDS_AT_ONCE).sort("_id", 1)
    while some := [row["_id"] for row in islice(rows, _IDS_AT_ONCE)]:
        yield some


def found_in(blocks: tuple[Held, ...], ids: list[str]) -> list[bool]:
    """For each of *ids* whether one of *blocks* has it as a row that can be found."""
    keys = id_bytes(ids)
    found = np.zeros(len(ids), bool)
    for held in blocks:
        rows = held.block.segment.rows_of(keys)
        found |= (rows >= 0) & held.alive[np.maximum(rows, 0)]
    return found.tolist()
