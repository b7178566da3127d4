"""Store articles with their vectors, many at a time, without the reactor waiting."""

from __future__ import annotations

import asyncio
import logging
from typing import Self

from pymongo.database import Database
from scrapy.crawler import Crawler

from crawler.collector import LOADED
from pipelines.archive import shelf_of
from pipelines.memory import Memory, memory_of
from pipelines.pack import pack_at_end
from pipelines.storage import Storage, storage_of
from pipelines.stories import place
from pipelines.tokenize import Tokenized
from pipelines.window import Window
from store.articles import Entry, Outcome, release, write
from store.connection import Document, StoreError
from store.schema import IndexMismatch, check
from store.terms import SharedDictionary
from text.analyzer import VERSION
from text.encoder import in_one_thread

logger = logging.getLogger(__name__)

BATCH = 50
"""Articles in one write. While so many wait, further ones are held up, and the crawl with them."""

INTERVAL = 0.5
"""Seconds after which a batch that is not full is written all the same."""

_MANY = 5000  # tokens; to count fewer takes a millisecond or two


class Store:
    """An article that comes in is either stored or reported lost by its address, never silently gone."""

    def __init__(self, crawler: Crawler, storage: Storage, memory: Memory) -> None:
        self._crawler, self._storage, self._memory = crawler, storage, memory
        self._shelf = shelf_of(crawler)
        self._waiting: list[Tokenized] = []
        self._writing = asyncio.Lock()
        self._closing = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._dictionary: SharedDictionary | None = None
        self._loaded = False
        self._window = Window()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler), memory_of(crawler))

    async def open_spider(self) -> None:
        await self._storage.open()
        in_one_thread()
        self._timer = asyncio.create_task(self._write_now_and_then())

    async def process_item(self, item: Tokenized) -> Tokenized:
        self._waiting.append(item)
        if len(self._waiting) >= BATCH:
            await self._write(BATCH)
        return item

    async def close_spider(self) -> None:
        self._closing.set()
        if self._timer:
            await self._timer
        await self._write()
        self._report_lost()
        if not self._storage.failed:
            assert self._crawler.stats
            # Here and not in a pipeline of its own: Scrapy closes all pipelines at once, and the last batch counts too.
            await pack_at_end(self._storage, self._crawler.stats)

    async def _write_now_and_then(self) -> None:
        while not self._closing.is_set():
            try:
                await asyncio.wait_for(self._closing.wait(), INTERVAL)
            except TimeoutError:
                await self._write()

    async def _write(self, least: int = 1) -> None:
        """Write what waits, if by its turn there are still *least* of them.

        Several articles find the same batch full and come here; those after the first would write what little came
        since.
        """
        async with self._writing:
            if len(self._waiting) < least:
                return
            batch = self._waiting[:BATCH]
            try:
                await self._storage.call(self._learn, batch)
                entries = [await self._entry(item) for item in batch]
                outcomes = await self._storage.call(self._write_batch, batch, entries)
            except (StoreError, IndexMismatch) as error:
                self._storage.fail(str(error))  # the batch stays, to be reported when the crawl closes
                return
            del self._waiting[: len(batch)]
        if not self._loaded:
            self._loaded = True
            self._crawler.signals.send_catch_log(LOADED)  # gensim, and what it loads
        assert self._crawler.stats
        for key, outcome in outcomes.items():
            self._shelf.pop(key, None)
            self._crawler.stats.inc_value(f"xinwen/store/{outcome}")
        for item in batch:
            self._memory.ledger.settle(item.article.id, outcomes[item.article.id])
        try:
            await self._memory.write()
        except StoreError as error:
            self._storage.fail(str(error))
            return
        if len(self._waiting) >= BATCH or (self._waiting and self._closing.is_set()):
            await self._write()

    def _learn(self, database: Database[Document], batch: list[Tokenized]) -> None:
        if self._dictionary is None:
            self._dictionary = SharedDictionary(database)
        self._dictionary.learn([tokens for item in batch for tokens in (*item.pages, item.bigrams)])

    async def _entry(self, item: Tokenized) -> Entry:
        """Made here: a page of news takes less than a millisecond, and a thread would hold the reactor up longer."""
        if sum(map(len, item.pages)) > _MANY:
            return await asyncio.to_thread(self._made, item)
        await asyncio.sleep(0)  # the reactor goes on between two articles
        return self._made(item)

    def _made(self, item: Tokenized) -> Entry:
        assert self._dictionary
        *bags, bigrams = map(self._dictionary.bag_of_words, (*item.pages, item.bigrams))
        raw = self._shelf.get(item.article.id)
        entry = Entry(item.article, bags, item.digest, raw, bigrams, item.meaning)
        _ = entry.document  # made now, not in the thread that writes
        return entry

    def _write_batch(
        self, database: Database[Document], batch: list[Tokenized], entries: list[Entry]
    ) -> dict[str, Outcome]:
        # The index may have been switched to another analyzer since the crawl began.
        check(database, VERSION)
        outcomes = write(database, entries)
        release(database, outcomes)
        without = [item.article.id for item in batch if not item.portrait]
        place(database, self._window, [item.portrait for item in batch if item.portrait], without)
        return outcomes

    def _report_lost(self) -> None:
        assert self._crawler.stats
        for item in self._waiting:
            self._crawler.stats.inc_value("xinwen/store/lost")
            logger.error("lost, not stored: %s", item.article.url)
            self._memory.ledger.settle(item.article.id, "lost", reason="not stored")
        self._waiting.clear()
