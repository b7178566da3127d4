"""Item pipeline: puts invalid articles and unreadable pages into quarantine, with the reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.items import UnreadablePage
from crawler.spider.link_ledger import LinkLedger
from pipelines.raw_middleware import pending_raw
from pipelines.storage import Storage, storage_of
from store.article import Article, article_id, canonical_address, reasons_against
from store.connection import StoreError
from store.documents.articles import quarantine


class Quarantined(DropItem):
    """The item was put into quarantine; the message has the reasons."""


class Validate:
    """Passes valid articles on. Drops invalid ones, and pages that the spider could not read, into quarantine."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        self._pending = pending_raw(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def open_spider(self) -> None:
        await self._storage.open()

    async def process_item(self, item: Article | UnreadablePage) -> Article:
        assert self._crawler.stats
        reasons = item.reasons if isinstance(item, UnreadablePage) else reasons_against(item)
        if isinstance(item, Article) and not reasons:
            self._crawler.stats.inc_value("xinwen/validate/passed")
            return item
        self._crawler.stats.inc_value("xinwen/validate/quarantined")
        key = article_id(canonical_address(item.url))
        try:
            seen = item.fetched or datetime.now(UTC)
            raw = self._pending.pop(key, None)
            await self._storage.write(quarantine, item.source, item.url, reasons, seen, key, raw)
        except StoreError as error:
            self._storage.fail(str(error))
        else:
            LinkLedger.of(self._crawler).settle(key, "quarantined", reason="; ".join(reasons))
        raise Quarantined("; ".join(reasons), log_level="WARNING")
