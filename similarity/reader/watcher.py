"""The thread that keeps an open index up to date: woken by a change stream, or polling where there is none.

An event only says when to refresh. What has changed is always read from the database (``store.index.snapshot``), so
correctness depends on no event and on no clock: if a stream breaks or the machine sleeps, the refresh is late, not
wrong.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from threading import Event, Thread

from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from store import counters
from store.connection import Document, first_line
from store.index.manifest import DamagedManifest
from store.index.preparation import IndexMismatch
from store.server import embedded

log = logging.getLogger(__name__)

_POLL = 0.5  # seconds between two refreshes without a change stream
_AWAIT = 250  # milliseconds that the server waits for an event
_MIN_INTERVAL = 0.1  # seconds between two refreshes under a continuous stream of events
_COUNT_EVERY = 1.0  # seconds
_RETRY = 1.0  # seconds after an error
_START_AGAIN = 20.0  # seconds before a server that has ended is started again, and between two attempts
_NO_STREAM = {13, 115, 303, 8000, 40573}
"""Error codes of MongoDB for: not allowed, not supported, only on replica sets."""

_EVENTS: list[Document] = [
    {
        "$match": {
            "$or": [
                {"ns.coll": {"$in": ["articles", "deleted", "manifest"]}},
                {"ns.coll": "counters", "documentKey._id": counters.STORIES},
            ]
        }
    },
    {"$project": {"_id": 1, "operationType": 1, "ns": 1, "documentKey": 1}},
]


class Watcher(Thread):
    """Calls *refresh* when something has changed, *gone* with the ids of deleted articles, *count* every second.

    ``fault``: the error of the last refresh in one line, "" if it succeeded. Starts an embedded server that has ended.
    """

    def __init__(
        self,
        database: Database[Document],
        refresh: Callable[[], int],
        gone: Callable[[Iterable[str]], None],
        count: Callable[[], None],
    ) -> None:
        super().__init__(name="xinwen-watcher", daemon=True)
        self.fault, self._start_again_after = "", 0.0
        self._current = time.monotonic()  # when the index was last known to hold everything
        self._database, self._refresh, self._gone, self._count = database, refresh, gone, count
        self._stopping = Event()
        self._follow: Callable[[], None] = self._stream

    @property
    def behind(self) -> float:
        """Seconds since the index was last known to hold everything that is stored; below 1 while all is well."""
        return time.monotonic() - self._current

    def stop(self) -> None:
        """End the thread and wait until it has ended."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            except (PyMongoError, DamagedManifest, IndexMismatch, OSError) as error:
                if self._stopping.is_set():
                    return
                if isinstance(error, OperationFailure) and error.code in _NO_STREAM and self._follow == self._stream:
                    log.info("no change stream here (%s): polling", str(error).splitlines()[0])
                    self._follow = self._poll
                    continue
                if not self.fault:  # once, not at every retry
                    log.warning("the index is not up to date; the refresh is retried: %s", first_line(error))
                    # Not at once: whoever keeps the server as a service of its own does that first.
                    self._start_again_after = time.monotonic() + _START_AGAIN
                self.fault = first_line(error)
                self._start_server_again()
                self._stopping.wait(_RETRY)

    def _start_server_again(self) -> None:
        if time.monotonic() < self._start_again_after:
            return
        try:
            for folder in embedded.start_again():
                log.warning("the embedded MongoDB in %s had ended and is started again", folder)
                self._start_again_after = time.monotonic() + _START_AGAIN
        except OSError as error:
            log.warning("the embedded MongoDB is not started again: %s", error)
            self._start_again_after = time.monotonic() + _START_AGAIN

    def _stream(self) -> None:
        with self._database.watch(_EVENTS, max_await_time_ms=_AWAIT) as stream:
            # Only now: no event tells what happened before the stream was open.
            self._refresh_now()
            refreshed = counted = time.monotonic()
            deleted: set[str] = set()
            dirty = False
            while stream.alive and not self._stopping.is_set():
                event = stream.try_next()
                now = time.monotonic()
                if event is not None:
                    dirty = True
                    if event["operationType"] == "delete" and event["ns"]["coll"] == "articles":
                        deleted.add(event["documentKey"]["_id"])
                if dirty and (event is None or now - refreshed >= _MIN_INTERVAL):
                    self._refresh_now(deleted)
                    deleted, dirty, refreshed = set(), False, time.monotonic()
                if not dirty:
                    self._current = now
                if now - counted >= _COUNT_EVERY:
                    self._count()
                    counted = time.monotonic()

    def _poll(self) -> None:
        begun = time.monotonic()
        self._refresh_now()
        self._current = begun
        self._count()
        self._stopping.wait(_POLL)

    def _refresh_now(self, deleted: Iterable[str] = ()) -> None:
        if deleted:
            self._gone(deleted)
        self._refresh()
        if self.fault:
            log.warning("the index is up to date again")
        self.fault = ""
