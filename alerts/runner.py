"""Runs the matcher and the senders beside an open index: in the process of the server, of a command, of a program."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from pymongo.errors import InvalidOperation, PyMongoError

from alerts import source_watch
from alerts.delivery import Deliveries
from alerts.matcher import Matcher
from similarity.errors import IndexClosed
from similarity.index import SimilarityIndex
from store.connection import StoreError, first_line
from store.index.manifest import DamagedManifest
from store.index.preparation import IndexMismatch

log = logging.getLogger(__name__)

INTERVAL = 0.5
"""Seconds between two looks for new articles, and for what is due."""

_RETRY = 2.0  # seconds after an error


class Runner:
    """The threads of the watches; any number of processes may run them, since leases decide who works.

    ``fault``: the last error in one line, "" if all is well.
    """

    def __init__(self, index: SimilarityIndex, deliveries: Deliveries | None = None) -> None:
        self.fault = ""
        self._stopping = Event()
        self._matcher = Matcher(index)
        self._deliveries = deliveries or Deliveries(self._matcher.database)
        self._threads = [
            Thread(target=self._repeat, args=(self._match,), name="xinwen-matcher", daemon=True),
            Thread(target=self._repeat, args=(self._send,), name="xinwen-deliveries", daemon=True),
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """End the threads; what is not matched or sent yet stays in the database for the next."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)
        self._deliveries.join(seconds)
        try:
            self._matcher.lease.release()
        except (PyMongoError, StoreError):
            return  # it lapses by itself

    def _match(self) -> bool:
        number = self._matcher.step()
        if self._matcher.lease.hold():
            source_watch.step(self._matcher.database)
        return bool(number)

    def _send(self) -> bool:
        self._deliveries.step(self._stopping)
        return False

    def _repeat(self, step: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            try:
                again = step()
                self.fault = ""
            except (InvalidOperation, IndexClosed):
                return  # the index was closed
            except (PyMongoError, StoreError, IndexMismatch, DamagedManifest, OSError) as error:
                if not self.fault:
                    log.warning("watches wait: %s", first_line(error))
                self.fault, again = first_line(error), False
                self._stopping.wait(_RETRY)
            except Exception as error:  # a fault of ours must not end the watches until the next start
                log.exception("watches wait: a step failed")
                self.fault, again = f"{type(error).__name__}: {first_line(error)}", False
                self._stopping.wait(10 * _RETRY)
            if not again:
                self._stopping.wait(INTERVAL)
