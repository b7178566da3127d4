"""Drop a text that is stored under another address; the address is noted with the first one."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from pipelines.storage import Storage, storage_of
from pipelines.tokenize import Tokenized
from store.articles import add_address, find_digest
from store.connection import StoreError


class Deduplicate:
    """Passes every text once, whatever address it stands at."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        self._passed: dict[str, str] = {}  # digests of this crawl, which may not be stored yet, with the article's id

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def process_item(self, item: Tokenized) -> Tokenized:
        if not item.digest:
            return item
        first = self._passed.setdefault(item.digest, item.article.id)
        try:
            if first == item.article.id:
                first = await self._storage.call(find_digest, item.digest) or first
            if first == item.article.id:
                return item
            await self._storage.call(add_address, first, item.article.url)
        except StoreError as error:
            # Stored twice is better than lost: the store reports what becomes of it.
            self._storage.fail(str(error))
            return item
        assert self._crawler.stats
        self._crawler.stats.inc_value("xinwen/deduplicate/dropped")
        raise DropItem(f"{item.article.url} has the text of article {first}", log_level="INFO")
