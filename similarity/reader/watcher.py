"""The thread that keeps an open index up to date: a change stream says when to look, or the clock of a poll does.

What has changed is always asked of the database's own lists (``store.snapshot``), so nothing depends on an event being
seen or on any clock: a stream that breaks, or a machine that sleeps, delays the answer and cannot change it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from threading import Event, Thread

from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from store.connection import Document
from store.manifest import DamagedManifest
from store.schema import IndexMismatch

log = logging.getLogger(__name__)

_POLL = 0.5  # seconds
_AWAIT = 250  # milliseconds that the server holds a question for events open
_AT_MOST_EVERY = 0.1  # seconds between two refreshes while events pour in
_COUNT_EVERY = 1.0
_RETRY = 1.0
_NO_STREAM = {13, 115, 303, 8000, 40573}
"""Not allowed, not supported, and "only on replica sets"."""

_EVENTS: list[Document] = [
    {"$match": {"ns.coll": {"$in": ["articles", "deleted", "manifest"]}}},
    {"$project": {"_id": 1, "operationType": 1, "ns": 1, "documentKey": 1}},
]


class Live(Thread):
    """Calls *refresh* when something has changed, *gone* with ids of articles deleted, *count* every now and then."""

    def __init__(
        self,
        database: Database[Document],
        refresh: Callable[[], int],
        gone: Callable[[Iterable[str]], None],
        count: Callable[[], None],
    ) -> None:
        super().__init__(name="xinwen-live", daemon=True)
        self.fault = ""
        self._database, self._refresh, self._gone, self._count = database, refresh, gone, count
        self._ended = Event()
        self._follow: Callable[[], None] = self._stream

    def stop(self) -> None:
        """End the thread and wait until it has ended."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self._follow()
            except (PyMongoError, DamagedManifest, IndexMismatch, OSError) as error:
                if self._ended.is_set():
                    return
                if isinstance(error, OperationFailure) and error.code in _NO_STREAM and self._follow == self._stream:
                    log.info("no change stream here (%s): polling", str(error).splitlines()[0])
                    self._follow = self._poll
                    continue
                self.fault = str(error).splitlines()[0]
                log.warning("the index is not up to date, and is tried again: %s", self.fault)
                self._ended.wait(_RETRY)

    def _stream(self) -> None:
        with self._database.watch(_EVENTS, max_await_time_ms=_AWAIT) as stream:
            # Only now: what happened before the stream was open is in no event.
            self._look()
            looked = counted = time.monotonic()
            deleted: set[str] = set()
            dirty = False
            while stream.alive and not self._ended.is_set():
                event = stream.try_next()
                now = time.monotonic()
                if event is not None:
                    dirty = True
                    if event["operationType"] == "delete" and event["ns"]["coll"] == "articles":
                        deleted.add(event["documentKey"]["_id"])
                if dirty and (event is None or now - looked >= _AT_MOST_EVERY):
                    self._look(deleted)
                    deleted, dirty, looked = set(), False, time.monotonic()
                if now - counted >= _COUNT_EVERY:
                    self._count()
                    counted = time.monotonic()

    def _poll(self) -> None:
        self._look()
        self._count()
        self._ended.wait(_POLL)

    def _look(self, deleted: Iterable[str] = ()) -> None:
        if deleted:
            self._gone(deleted)
        self._refresh()
        self.fault = ""
