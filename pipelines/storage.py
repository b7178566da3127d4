"""The MongoDB connection of a crawl and the lease of its source, shared by all pipelines, middlewares, extensions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from pymongo.database import Database
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from crawler.exceptions import SourceLeased
from pipelines.source_lease import SourceLease
from store.connection import Document, StoreError, connect, database_address, first_line, store_errors
from store.errors import shown_in_one_line
from store.index import preparation
from store.leases import LeaseLost
from text.analysis.analyzer import VERSION

logger = logging.getLogger(__name__)

FAILED = "xinwen/storage/failed"
"""Scrapy stat with the reason why the database cannot be used. A crawl with it ends with a non-zero status."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


LOST = "xinwen/storage/lease_lost"
"""Scrapy stat with the reason why the lease of the source is lost."""


class Storage:
    """Calls functions of ``store`` in a thread, so that the reactor never waits for the database.

    What writes is called by ``write``, which confirms the lease of the source immediately before.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._opening = asyncio.Lock()
        self._address = ""
        self._database: Database[Document] | None = None
        self._lease: SourceLease | None = None
        self._is_open = False

    def take_lease(
        self, key: str, unless_done: int | None = None, waiting: Callable[[str], None] | None = None
    ) -> None:
        """Connect, and take the lease of the source *key*; see ``SourceLease``.

        Raises SourceLeased, StoreError, and IndexMismatch before anything is written.
        """
        database = self._connected()
        lease = SourceLease(database, self._address, key, unless_done)
        with store_errors(self._address):
            preparation.check(database, VERSION)
            lease.take(waiting)
        self._lease = lease

    async def open(self) -> None:
        """Connect and prepare the collections, once. When that fails, log the reason and raise CloseSpider."""
        async with self._opening:
            if not self._is_open and not self.failed:
                try:
                    await asyncio.to_thread(self._open)
                except (StoreError, SourceLeased, preparation.IndexMismatch) as error:
                    self.fail(str(error))
                else:
                    self._is_open = True
                    self._hear_of_loss(asyncio.get_running_loop())
        if self.failed:
            raise CloseSpider("storage_failed")

    async def call(
        self, function: Callable[Concatenate[Database[Document], _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """``function(database, ...)`` in a thread. Raises StoreError.

        After a failure every call raises at once: otherwise each would wait for its full timeout, one after another.
        A value that cannot be stored is a failure too: what was to be written with it would be missing.
        """
        if not self._is_open or self.failed:
            raise StoreError(self.failed or "the database is not open")
        return await asyncio.to_thread(lambda: self._guarded(function, *args, **kwargs))

    async def write(
        self, function: Callable[Concatenate[Database[Document], _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """As ``call``, while the source is still leased to this process. Raises StoreError."""

        def confirmed(database: Database[Document]) -> _R:
            self.confirm()
            return function(database, *args, **kwargs)

        try:
            return await self.call(confirmed)
        except LeaseLost as error:
            self.lose(str(error))
            raise StoreError(self.failed) from None

    async def note(
        self, function: Callable[Concatenate[Database[Document], _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """As ``call``, also after the lease was lost: for the record that says so. Raises StoreError."""
        return await asyncio.to_thread(lambda: self._guarded(function, *args, **kwargs))

    def confirm(self) -> None:
        """Make sure that the source is leased to this process, where it is leased at all. Raises LeaseLost."""
        if self._lease:
            self._lease.confirm()

    @property
    def failed(self) -> str:
        """Why the database cannot be used any more; "" while it can."""
        assert self._crawler.stats
        reason: str = self._crawler.stats.get_value(FAILED, "")
        return reason

    @property
    def lost(self) -> datetime | None:
        """When the source was last leased to this process, where the lease is lost; else None."""
        assert self._crawler.stats
        return self._lease.held if self._lease and self._crawler.stats.get_value(LOST) else None

    def fail(self, reason: str) -> None:
        """Record and log the failure of the database, the first time, and stop the crawl."""
        if self._lease:
            self._lease.quiet = True
        self._stop(reason, "storage failed", "storage_failed")

    def lose(self, reason: str) -> None:
        """Record and log that the lease is lost, the first time, and stop the crawl, which stores nothing more."""
        assert self._crawler.stats
        if not self.failed:
            self._crawler.stats.set_value(LOST, reason)
        self._stop(reason, "lease lost", "lease_lost")

    def close(self) -> None:
        """Give the lease up and close the connection."""
        if self._lease:
            self._lease.release()
        if self._database is not None:
            self._database.client.close()
        self._lease = self._database = None
        self._is_open = False

    def _stop(self, reason: str, what: str, close_reason: str) -> None:
        assert self._crawler.stats
        if self.failed:
            return
        logger.error("%s, crawl stops: %s", what, reason)
        self._crawler.stats.set_value(FAILED, reason)
        engine = self._crawler.engine
        if engine and engine.spider:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=close_reason))

    def _guarded(
        self, function: Callable[Concatenate[Database[Document], _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        assert self._database is not None
        try:
            with store_errors(self._address):
                return function(self._database, *args, **kwargs)
        except ValueError as error:
            raise StoreError(f"a wrong value: {type(error).__name__}: {first_line(error)}") from error

    def _hear_of_loss(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._lease:
            self._lease.on_loss = lambda reason: _in_loop(loop, self.lose, reason)

    def _connected(self) -> Database[Document]:
        if self._database is None:
            self._address = database_address()
            self._database = connect(self._address)
        return self._database

    def _open(self) -> None:
        database = self._connected()
        source = getattr(self._crawler.spider, "source", None)
        if source and self._lease is None:  # not started by a command of ours, which takes it earlier
            self.take_lease(source.key)
        with store_errors(self._address):
            preparation.prepare(database, VERSION)


def _in_loop(loop: asyncio.AbstractEventLoop, function: Callable[[str], None], reason: str) -> None:
    with suppress(RuntimeError):  # the crawl has ended meanwhile
        loop.call_soon_threadsafe(function, reason)


@contextmanager
def leased(
    crawler: Crawler, key: str, unless_done: int | None = None, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Lease the source *key* to the crawl *crawler* while the block runs. Raises SourceLeased, and SystemExit where the
    database cannot be used.
    """
    storage = storage_of(crawler)
    with shown_in_one_line(StoreError, preparation.IndexMismatch):
        storage.take_lease(key, unless_done, waiting)
    try:
        yield
    finally:
        storage.close()


_storages: WeakKeyDictionary[Crawler, Storage] = WeakKeyDictionary()


def storage_of(crawler: Crawler) -> Storage:
    """The one ``Storage`` of *crawler*."""
    if crawler not in _storages:
        _storages[crawler] = Storage(crawler)
    return _storages[crawler]
