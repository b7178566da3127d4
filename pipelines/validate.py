"""Refuse what must not be stored: it goes to quarantine with the reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.ledger import Ledger
from crawler.refused import Refused
from pipelines.archive import shelf_of
from pipelines.storage import Storage, storage_of
from store.article import Article, article_id, canonical_address, reasons_against
from store.articles import quarantine
from store.connection import StoreError


class Quarantined(DropItem):
    """The item is in quarantine now; the message is the reasons."""


class Validate:
    """Passes articles on; drops the others, and what the crawler already refused, into quarantine."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        self._shelf = shelf_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def open_spider(self) -> None:
        await self._storage.open()

    async def process_item(self, item: Article | Refused) -> Article:
        assert self._crawler.stats
        reasons = item.reasons if isinstance(item, Refused) else reasons_against(item)
        if isinstance(item, Article) and not reasons:
            self._crawler.stats.inc_value("xinwen/validate/passed")
            return item
        self._crawler.stats.inc_value("xinwen/validate/quarantined")
        key = article_id(canonical_address(item.url))
        try:
            seen = item.fetched or datetime.now(UTC)
            raw = self._shelf.pop(key, None)
            await self._storage.call(quarantine, item.source, item.url, reasons, seen, key, raw)
        except StoreError as error:
            self._storage.fail(str(error))
        else:
            Ledger.of(self._crawler).settle(key, "quarantined", reason="; ".join(reasons))
        raise Quarantined("; ".join(reasons), log_level="WARNING")
