"""Drop a text that is stored under another address; the address is noted with the first one."""

from __future__ import annotations

import asyncio
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.ledger import Ledger
from pipelines.storage import Storage, storage_of
from pipelines.tokenize import Tokenized
from store.articles import add_address, find_digest
from store.connection import StoreError


class Deduplicate:
    """Passes every text once, whatever address it stands at."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        # Texts of this crawl, which may not be stored yet: who came first with each is settled once for all.
        self._first: dict[str, asyncio.Task[str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def process_item(self, item: Tokenized) -> Tokenized:
        if not item.digest:
            return item
        if item.digest not in self._first:
            self._first[item.digest] = asyncio.ensure_future(self._find_first(item))
        try:
            first = await self._first[item.digest]
            if first == item.article.id:
                return item
            await self._storage.call(add_address, first, item.article.url)
        except StoreError as error:
            # Stored twice is better than lost: the store reports what becomes of it.
            self._storage.fail(str(error))
            return item
        assert self._crawler.stats
        self._crawler.stats.inc_value("xinwen/deduplicate/dropped")
        Ledger.of(self._crawler).settle(item.article.id, "duplicate", article=first)
        raise DropItem(f"{item.article.url} has the text of article {first}", log_level="INFO")

    async def _find_first(self, item: Tokenized) -> str:
        return await self._storage.call(find_digest, item.digest) or item.article.id
