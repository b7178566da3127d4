"""The MongoDB connection of a crawl, shared by all its pipelines, middlewares and extensions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from pymongo.database import Database
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from store.connection import Document, StoreError, connect, database_address, first_line, store_errors
from store.index import preparation
from text.analysis.analyzer import VERSION

logger = logging.getLogger(__name__)

FAILED = "xinwen/storage/failed"
"""Scrapy stat with the reason why the database cannot be used. A crawl with it ends with a non-zero status."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Storage:
    """Calls functions of ``store`` in a thread, so that the reactor never waits for the database."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._opening = asyncio.Lock()
        self._address = ""
        self._database: Database[Document] | None = None

    async def open(self) -> None:
        """Connect and prepare the collections, once. When that fails, log the reason and raise CloseSpider."""
        async with self._opening:
            if self._database is None and not self.failed:
                try:
                    self._database = await asyncio.to_thread(self._connect)
                except (StoreError, preparation.IndexMismatch) as error:
                    self.fail(str(error))
        if self.failed:
            raise CloseSpider("storage_failed")

    async def call(
        self, function: Callable[Concatenate[Database[Document], _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """``function(database, ...)`` in a thread. Raises StoreError.

        After a failure every call raises at once: otherwise each would wait for its full timeout, one after another.
        A value that cannot be stored is a failure too: what was to be written with it would be missing.
        """
        database = self._database
        if database is None or self.failed:
            raise StoreError(self.failed or "the database is not open")

        def guarded() -> _R:
            try:
                with store_errors(self._address):
                    return function(database, *args, **kwargs)
            except ValueError as error:
                raise StoreError(f"a wrong value: {type(error).__name__}: {first_line(error)}") from error

        return await asyncio.to_thread(guarded)

    @property
    def failed(self) -> str:
        """Why the database cannot be used any more; "" while it can."""
        assert self._crawler.stats
        reason: str = self._crawler.stats.get_value(FAILED, "")
        return reason

    def fail(self, reason: str) -> None:
        """Record and log the failure of the database, the first time, and stop the crawl."""
        assert self._crawler.stats
        if self.failed:
            return
        logger.error("storage failed, crawl stops: %s", reason)
        self._crawler.stats.set_value(FAILED, reason)
        engine = self._crawler.engine
        if engine and engine.spider:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason="storage_failed"))

    def close(self) -> None:
        """Close the connection."""
        if self._database is not None:
            self._database.client.close()

    def _connect(self) -> Database[Document]:
        self._address = database_address()
        database = connect(self._address)
        with store_errors(self._address):
            preparation.prepare(database, VERSION)
        return database


_storages: WeakKeyDictionary[Crawler, Storage] = WeakKeyDictionary()


def storage_of(crawler: Crawler) -> Storage:
    """The one ``Storage`` of *crawler*."""
    if crawler not in _storages:
        _storages[crawler] = Storage(crawler)
    return _storages[crawler]
