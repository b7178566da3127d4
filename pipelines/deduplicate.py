"""Item pipeline: drops an article whose text is stored under another address, and stores its address with that one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.spider.link_ledger import LinkLedger
from pipelines.storage import Storage, storage_of
from pipelines.tokenize import Tokenized
from store.connection import StoreError
from store.documents.articles import add_address, find_digests

_MAX_DIGESTS = 8  # in a query; as many items of one response are in the pipelines at once, see CONCURRENT_ITEMS
_WAIT = 0.1  # seconds that a query waits for more texts; a query for each would add a tenth to the cost of a page


class _DigestQuery:
    """One query for the stored articles with some texts; sent once it has ``_MAX_DIGESTS``, or after ``_WAIT``."""

    def __init__(self, storage: Storage) -> None:
        self._digests: list[str] = []
        self._full = asyncio.Event()
        self.open = True
        self.result = asyncio.ensure_future(self._run(storage))

    def add(self, digest: str) -> None:
        """Add the digest of a text; only while ``open``."""
        self._digests.append(digest)
        if len(self._digests) >= _MAX_DIGESTS:
            self.open = False
            self._full.set()

    async def _run(self, storage: Storage) -> dict[str, str]:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._full.wait(), _WAIT)
        self.open = False
        return await storage.call(find_digests, self._digests)


class Deduplicate:
    """Passes each text once, whatever its addresses."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        # The first article with each text of this crawl, which may not be stored yet, and the query for stored ones.
        self._first: dict[str, tuple[str, _DigestQuery]] = {}
        self._query: _DigestQuery | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def process_item(self, item: Tokenized) -> Tokenized:
        if not item.digest:
            return item
        if item.digest not in self._first:
            self._first[item.digest] = item.article.id, self._query_for(item.digest)
        first_in_crawl, query = self._first[item.digest]
        try:
            first = (await query.result).get(item.digest, first_in_crawl)
            if first == item.article.id:
                return item
            await self._storage.write(add_address, first, item.article.url)
        except StoreError as error:
            # Pass the article: storing it twice is better than losing it. The Store pipeline reports its outcome.
            self._storage.fail(str(error))
            return item
        assert self._crawler.stats
        self._crawler.stats.inc_value("xinwen/deduplicate/dropped")
        LinkLedger.of(self._crawler).settle(item.article.id, "duplicate", article=first)
        raise DropItem(f"{item.article.url} has the text of article {first}", log_level="INFO")

    def _query_for(self, digest: str) -> _DigestQuery:
        if self._query is None or not self._query.open:
            self._query = _DigestQuery(self._storage)
        self._query.add(digest)
        return self._query
