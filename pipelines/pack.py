"""Pack the index's new articles at the end of a crawl, when they are many."""

from __future__ import annotations

import logging
from typing import Self

from pymongo.database import Database
from scrapy.crawler import Crawler

from pipelines.storage import Storage, storage_of
from store import compactor
from store.connection import Document, StoreError
from store.manifest import DamagedManifest

logger = logging.getLogger(__name__)


class Pack:
    """Runs the compactor once the last batch is stored. What it cannot do is no failure of the crawl."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def close_spider(self) -> None:
        if self._storage.failed:
            return
        try:
            report = await self._storage.call(pack_if_many)
        except (StoreError, DamagedManifest) as error:
            logger.warning("not packed, which python -m similarity compact does later: %s", error)
            return
        assert self._crawler.stats
        if report and not report.busy:
            self._crawler.stats.inc_value("xinwen/pack/packed", report.packed)


def pack_if_many(database: Database[Document]) -> compactor.Report | None:
    """Compact when it is worth while; None when it is not."""
    return compactor.compact(database) if compactor.is_worth_while(database) else None
