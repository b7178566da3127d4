"""The lease of a source: one process at a time crawls it, whatever the number of machines and schedules."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread
from zoneinfo import ZoneInfo

from pymongo.database import Database
from pymongo.errors import PyMongoError

from crawler.exceptions import SourceLeased
from store.connection import Document, store_error
from store.failover import repeat
from store.leases import Holder, LeaseLost, NumberedLease, done_of, holder_of
from store.settings import settings

logger = logging.getLogger(__name__)

_POLL = 1.0  # seconds between two attempts to take a lease that is waited for
_RENEWALS = 5  # in the time after which a lease lapses


def lease_name(key: str) -> str:
    """Name of the lease of the source *key* in the collection ``leases``."""
    return f"crawl {key}"


class SourceLease:
    """Takes the lease of the source *key* and keeps it by a thread, until ``release``.

    A thread, since the reactor may be busy with a long report. *unless_done*: see ``NumberedLease``.
    """

    def __init__(self, database: Database[Document], address: str, key: str, unless_done: int | None = None) -> None:
        """*address*: of *database*, for warnings."""
        self._database, self._address, self._key, self._unless_done = database, address, key, unless_done
        self._lease = NumberedLease(database, lease_name(key), settings().lease, unless_done)
        self._ended = Event()
        self._thread = Thread(target=self._renew, name="xinwen-lease", daemon=True)
        self.on_loss: Callable[[str], None] = logger.error
        """Called by the thread when another process has taken the lease."""
        self.quiet = False
        """The database is known to have failed: that the lease cannot be renewed or given up says nothing more."""
        self.held = datetime.now(UTC)
        """When the lease was certainly ours, by the clock of this machine."""

    def take(self, waiting: Callable[[str], None] | None = None) -> None:
        """Take the lease. Raises SourceLeased; with *waiting* it waits instead, and says so once for each holder."""
        announced = 0
        while True:
            asked = datetime.now(UTC)
            if repeat(self._database, self._held):
                break
            holder = holder_of(self._database, self._lease.name)
            if holder is None and self._is_done():
                raise SourceLeased(f"{self._key} was crawled by another process since this command began")
            if holder and waiting is None:
                raise SourceLeased(f"{self._key} is being crawled by {shown(holder)}; --wait waits for it")
            if holder and waiting and holder.number != announced:
                waiting(f"{self._key} is being crawled by {shown(holder)}")
                announced = holder.number
            time.sleep(_POLL)
        self.held = asked
        self._thread.start()

    def confirm(self) -> None:
        """Make sure that the lease is ours still, before a write. Raises LeaseLost."""
        self._confirm(self._lease.check)

    def _confirm(self, ask: Callable[[], None]) -> None:
        asked = datetime.now(UTC)
        ask()
        self.held = max(self.held, asked)

    def release(self) -> None:
        """Give the lease up, unless it is lost already."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            self._lease.release()
        except PyMongoError as error:
            self._warn("the lease of %s lapses by itself: %s", error)

    def _held(self) -> bool:
        self._lease.forget()  # so that it asks the database every time
        return self._lease.hold()

    def _is_done(self) -> bool:
        done = done_of(self._database, [self._lease.name]).get(self._lease.name, 0)
        return self._unless_done is not None and done > self._unless_done

    def _renew(self) -> None:
        while not self._ended.wait(self._lease.seconds / _RENEWALS):
            try:
                self._confirm(self._lease.confirm)
            except LeaseLost as error:
                self.on_loss(str(error))
                return
            except PyMongoError as error:  # it may come back in time; every write asks for the lease itself
                self._warn("the lease of %s was not renewed: %s", error)

    def _warn(self, message: str, error: PyMongoError) -> None:
        level = logging.DEBUG if self.quiet else logging.WARNING
        logger.log(level, message, self._key, store_error(error, self._address))


def shown(holder: Holder) -> str:
    """*holder* in words: process and host, since when, and until when unless it renews the lease."""
    zone = ZoneInfo(settings().zone)
    since, until = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" for moment in (holder.since, holder.until))
    return f"process {holder.pid} on {holder.host} since {since}, with a lease until {until} ({zone.key})"
