"""The database of a crawl: one connection for all pipelines of a crawler, opened once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from pymongo.database import Database
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from store import schema
from store.connection import Document, StoreError, connect, database_address, store_errors
from text.analyzer import VERSION

logger = logging.getLogger(__name__)

FAILED = "xinwen/storage/failed"
"""Stat that is set, with the reason, when the database cannot be used; the crawl then ends with a non-zero status."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Storage:
    """Calls into ``store`` in a thread, so that the reactor never waits for the database."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._opening = asyncio.Lock()
        self._address = ""
        self._database: Database[Document] | None = None

    async def open(self) -> None:
        """Connect and prepare the collections. Raises CloseSpider, having said why, when that fails."""
        async with self._opening:
            if self._database is None and not self.failed:
                try:
                    self._database = await asyncio.to_thread(self._connect)
                except (StoreError, schema.IndexMismatch) as error:
                    self.fail(str(error))
        if self.failed:
            raise CloseSpider("storage_failed")

    async def call(
        self, function: Callable[Concatenate[Database[Document], _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """``function(database, ...)`` in a thread. Raises StoreError.

        Once the database has failed it is not asked again: every call would wait its full time, one after another.
        """
        database = self._database
        if database is None or self.failed:
            raise StoreError(self.failed or "the database is not open")

        def guarded() -> _R:
            with store_errors(self._address):
                return function(database, *args, **kwargs)

        return await asyncio.to_thread(guarded)

    @property
    def failed(self) -> str:
        """Why the database cannot be used any more; empty while it can."""
        assert self._crawler.stats
        reason: str = self._crawler.stats.get_value(FAILED, "")
        return reason

    def fail(self, reason: str) -> None:
        """Note that the database failed, once, and stop the crawl."""
        assert self._crawler.stats
        if self.failed:
            return
        logger.error("storage failed, crawl stops: %s", reason)
        self._crawler.stats.set_value(FAILED, reason)
        engine = self._crawler.engine
        if engine and engine.spider:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason="storage_failed"))

    def close(self) -> None:
        """Let go of the connection."""
        if self._database is not None:
            self._database.client.close()

    def _connect(self) -> Database[Document]:
        self._address = database_address()
        database = connect(self._address)
        with store_errors(self._address):
            schema.prepare(database, VERSION)
        return database


_storages: WeakKeyDictionary[Crawler, Storage] = WeakKeyDictionary()


def storage_of(crawler: Crawler) -> Storage:
    """The one ``Storage`` of *crawler*."""
    if crawler not in _storages:
        _storages[crawler] = Storage(crawler)
    return _storages[crawler]
