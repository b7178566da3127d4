"""Replaces the snapshot of an open index by a newer one, and finds articles that were deleted without a trace.

All is read in one causally consistent session, and only what a majority has: a member that is behind waits until it has
what an earlier refresh has seen, so no snapshot is older than the one before, whichever members die, sleep or lag.
Where an address prefers secondaries, and one of them does not answer in time, the primary is read for a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

import pymongo
from pymongo import ReadPreference
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

from similarity.query.term_ids import TermIds
from similarity.ranking.lsi import Topics
from similarity.ranking.state import State
from similarity.reader.collection import Collection, Revisions
from similarity.reader.loader import Loader, stored_ids
from store import counters
from store.connection import Document
from store.index.segment_format import id_bytes, id_strings
from store.settings import settings

_AVOIDED = 60.0  # seconds


class Refresher:
    """Holds the snapshot ``state``, which is replaced but never changed; safe to use from threads.

    So a query sees one snapshot to its end. *database* is read in *session* alone.
    """

    def __init__(
        self,
        database: Database[Document],
        loader: Loader,
        term_ids: TermIds,
        topics: Callable[[Collection], Topics],
        session: ClientSession,
    ) -> None:
        self._database, self._loader, self._term_ids, self._topics = database, loader, term_ids, topics
        self._preferred = database, loader
        self._avoid_until = 0.0
        self._session = session
        self._refreshing = Lock()
        self._deleted: dict[str, int] = {}
        self._difference = self._explained = 0
        self.state = State(topics=topics)
        self.regroupings = 0
        """How often articles had been given another story before the last refresh."""

    def refresh(self) -> int:
        """Bring in what was stored, changed or deleted since the last refresh; how many articles are new or changed."""
        with self._in_order():
            try:
                return self._take_next()
            except PyMongoError as error:
                if not error.timeout or self._is_steady:
                    raise
            self._avoid_until = time.monotonic() + _AVOIDED
            self._choose_members()
            return self._take_next()

    def _take_next(self) -> int:
        with pymongo.timeout(settings().timeout):
            regroupings = counters.upper_bound(self._database, counters.STORIES)
        changed = self._advance()
        self.regroupings = regroupings
        return changed

    def note_deleted(self, ids: Iterable[str]) -> None:
        """Hide the articles *ids* from the next snapshot on, if they are not stored any more."""
        with self._in_order():
            self._deleted |= deleted_among(self._database, self.state.collection, ids)

    def compare_count(self) -> None:
        """Look for articles that were deleted without a trace, such as by hand in the database.

        That is done when the number of stored articles differs from the snapshot's by the same number in two calls;
        once, it may be a pipeline that is storing.
        """
        with self._in_order():
            stored = self._database.articles.estimated_document_count()
            difference = stored - len(self.state.collection)
            again, self._difference = difference == self._difference, difference
            if difference == self._explained or not again:
                return
            self._deleted = all_deleted(self._database, self.state.collection, self._deleted)
            self._advance()
            # The estimate can be wrong after a crash of the server. Do not read all ids again because of that.
            self._explained = stored - len(self.state.collection)

    @contextmanager
    def _in_order(self) -> Iterator[None]:
        """One refresh at a time, which reads nothing older than the one before."""
        with self._refreshing, self._session.bind(end_session=False):
            self._choose_members()
            yield

    @property
    def _is_steady(self) -> bool:
        """Whether the primary is read as long as there is one."""
        return self._database.read_preference in (ReadPreference.PRIMARY, ReadPreference.PRIMARY_PREFERRED)

    def _choose_members(self) -> None:
        """Read from those that the address prefers, but for a while after one of them did not answer in time."""
        self._database, self._loader = self._preferred
        if time.monotonic() < self._avoid_until:
            self._database = self._database.with_options(read_preference=ReadPreference.PRIMARY_PREFERRED)
            self._loader = replace(self._loader, database=self._database)

    def _advance(self) -> int:
        before = self.state.collection
        after = self._loader.next(before, self._deleted)
        if after is before:
            return 0
        self.state = State(after, self._topics)
        if len(after):
            self._term_ids.expire_unknown()
        else:
            self._term_ids.clear()
        return after.newer_than(before.newest)


def deleted_among(database: Database[Document], collection: Collection, ids: Iterable[str]) -> dict[str, int]:
    """Those of *ids* that are live in a segment but not stored any more, with their revision in that segment."""
    wanted = list(ids)
    stored = {row["_id"] for row in database.articles.find({"_id": {"$in": wanted}}, {"_id": 1})}
    missing = [article_id for article_id in wanted if article_id not in stored]
    deleted: dict[str, int] = {}
    keys = id_bytes(missing)
    for segment in (*collection.packed, *collection.stand_ins):
        rows = segment.reader.segment.rows_of(keys)
        for article_id, row in zip(missing, rows.tolist(), strict=True):
            if row >= 0 and segment.live[row]:
                deleted[article_id] = int(segment.reader.segment.revisions[row])
    return deleted


def all_deleted(database: Database[Document], collection: Collection, known: Revisions) -> dict[str, int]:
    """``deleted_among`` all articles of *collection*, with those *known* to be deleted that are still not stored.

    Reads the ids of all stored articles, so it takes time in proportion to their number.
    """
    segments = (*collection.packed, *collection.stand_ins)
    unseen = [segment.live.copy() for segment in segments]
    deleted = dict(known)
    for ids in stored_ids(database):
        keys = id_bytes(ids)
        for segment, mask in zip(segments, unseen, strict=True):
            rows = segment.reader.segment.rows_of(keys)
            mask[rows[rows >= 0]] = False
        for article_id in ids:
            deleted.pop(article_id, None)
    suspects = [
        article_id
        for segment, mask in zip(segments, unseen, strict=True)
        for article_id in id_strings(segment.reader.segment.ids[mask])
    ]
    # Read again by id: an article stored during the walk may stand before the place that the walk had reached.
    return deleted | deleted_among(database, collection, suspects)
