"""Drop a text that is stored under another address; the address is noted with the first one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.ledger import Ledger
from pipelines.storage import Storage, storage_of
from pipelines.tokenize import Tokenized
from store.articles import add_address, find_digests
from store.connection import StoreError

_MANY = 8  # as many as come at once when the articles are read from an entry, see CONCURRENT_ITEMS
_WAIT = 0.1  # seconds that a text waits for others; a question for each would cost a tenth of what a page costs


class _Question:
    """Which of some texts are stored, put to the database once, when there are many or none has come for a while."""

    def __init__(self, storage: Storage) -> None:
        self._digests: list[str] = []
        self._full = asyncio.Event()
        self.open = True
        self.answer = asyncio.ensure_future(self._ask(storage))

    def add(self, digest: str) -> None:
        self._digests.append(digest)
        if len(self._digests) >= _MANY:
            self.open = False
            self._full.set()

    async def _ask(self, storage: Storage) -> dict[str, str]:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._full.wait(), _WAIT)
        self.open = False
        return await storage.call(find_digests, self._digests)


class Deduplicate:
    """Passes every text once, whatever address it stands at."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        # Texts of this crawl, which may not be stored yet: who came first with each is settled once for all.
        self._first: dict[str, tuple[str, _Question]] = {}
        self._question: _Question | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def process_item(self, item: Tokenized) -> Tokenized:
        if not item.digest:
            return item
        if item.digest not in self._first:
            self._first[item.digest] = item.article.id, self._asked(item.digest)
        came_first, question = self._first[item.digest]
        try:
            first = (await question.answer).get(item.digest, came_first)
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

    def _asked(self, digest: str) -> _Question:
        if self._question is None or not self._question.open:
            self._question = _Question(self._storage)
        self._question.add(digest)
        return self._question
