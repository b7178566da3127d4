"""Item pipeline: stores articles with their vectors, in batches and in threads, so that the reactor never waits."""

from __future__ import annotations

import asyncio
import logging
from typing import Self

from pymongo.database import Database
from scrapy.crawler import Crawler

from crawler.gc_freeze import LOADED
from pipelines.compact import compact_at_end
from pipelines.fingerprint_window import FingerprintWindow
from pipelines.raw_middleware import pending_raw
from pipelines.runs.memory import Memory, memory_of
from pipelines.storage import Storage, storage_of
from pipelines.stories import assign_stories
from pipelines.tokenize import Tokenized
from store.article import is_fuller
from store.connection import Document, StoreError
from store.documents.articles import Outcome, VectorizedArticle, access_of, note_grouped, release, write
from store.index.dictionary import SharedDictionary
from store.index.preparation import IndexMismatch, check
from text.analysis.analyzer import VERSION
from text.embedding.encoder import in_one_thread

logger = logging.getLogger(__name__)

BATCH = 50
"""Articles in one write. A pipeline with so many waiting blocks until they are written, which slows the crawl down."""

INTERVAL = 0.5
"""Seconds after which a batch is written although it is not full."""

KEEP_FULLER = "XINWEN_KEEP_FULLER"
"""Setting: an article of which more is stored than was read now (its text, not only its headline) stays as it is."""

_MAX_IN_REACTOR = 5000  # tokens; counting fewer takes a millisecond or two


class Store:
    """Every article that arrives is either stored or reported as lost, with its address."""

    def __init__(self, crawler: Crawler, storage: Storage, memory: Memory) -> None:
        self._crawler, self._storage, self._memory = crawler, storage, memory
        self._pending = pending_raw(crawler)
        self._waiting: list[Tokenized] = []
        self._writing = asyncio.Lock()
        self._closing = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._dictionary: SharedDictionary | None = None
        self._loaded = False
        self._window = FingerprintWindow()
        self._keep_fuller = crawler.settings.getbool(KEEP_FULLER)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler), memory_of(crawler))

    async def open_spider(self) -> None:
        await self._storage.open()
        in_one_thread()
        self._timer = asyncio.create_task(self._write_periodically())

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
            # Not in a pipeline of its own: Scrapy closes all pipelines at once, and the last batch belongs to it, too.
            await compact_at_end(self._storage, self._crawler.stats)

    async def _write_periodically(self) -> None:
        while not self._closing.is_set():
            try:
                await asyncio.wait_for(self._closing.wait(), INTERVAL)
            except TimeoutError:
                await self._write()

    async def _write(self, minimum: int = 1) -> None:
        """Write a batch, if at least *minimum* articles are waiting once the lock is free.

        Several calls may find the same batch full. Without *minimum* those after the first would write batches of the
        few articles that arrived since.
        """
        async with self._writing:
            if len(self._waiting) < minimum:
                return
            batch = self._waiting[:BATCH]
            try:
                await self._storage.write(self._learn, batch)
                analyzed = [await self._with_vectors(item) for item in batch]
                outcomes = await self._storage.write(self._write_batch, batch, analyzed)
            except (StoreError, IndexMismatch) as error:
                self._storage.fail(str(error))  # the batch keeps waiting; ``close_spider`` reports it as lost
                return
            del self._waiting[: len(batch)]
        if not self._loaded:
            self._loaded = True
            self._crawler.signals.send_catch_log(LOADED)  # gensim and its dependencies
        assert self._crawler.stats
        for key, outcome in outcomes.items():
            self._pending.pop(key, None)
            self._crawler.stats.inc_value(f"xinwen/store/{outcome}")
        self._crawler.stats.inc_value("xinwen/store/repeated", len(batch) - len(outcomes))
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

    async def _with_vectors(self, item: Tokenized) -> VectorizedArticle:
        """The article with its vectors. In the reactor unless it is long: a switch to a thread and back costs more."""
        if sum(map(len, item.pages)) > _MAX_IN_REACTOR:
            return await asyncio.to_thread(self._count_tokens, item)
        await asyncio.sleep(0)  # lets the reactor run between two articles
        return self._count_tokens(item)

    def _count_tokens(self, item: Tokenized) -> VectorizedArticle:
        assert self._dictionary
        *bags, bigrams = map(self._dictionary.bag_of_words, (*item.pages, item.bigrams))
        raw = self._pending.get(item.article.id)
        analyzed = VectorizedArticle(item.article, bags, item.digest, raw, bigrams, item.embeddings)
        _ = analyzed.document  # a cached property: computed here, not in the thread that writes
        return analyzed

    def _write_batch(
        self, database: Database[Document], batch: list[Tokenized], analyzed: list[VectorizedArticle]
    ) -> dict[str, Outcome]:
        # Raises IndexMismatch: the index may have been re-tokenized with another analyzer since the crawl began.
        check(database, VERSION)
        chosen = self._one_for_each_address(database, batch)
        outcomes = write(
            database,
            [
                vectorized
                for item, vectorized in zip(batch, analyzed, strict=True)
                if chosen.get(item.article.id) is item
            ],
            grouped_later=True,
            confirm=self._storage.confirm,
        )
        release(database, (item.article.id for item in batch))
        # Once more, since the articles took their time. What is left undone here the process does that took over: it
        # reads the same pages, whose visits are not written yet.
        self._storage.confirm()
        without = [key for key, item in chosen.items() if not item.fingerprint]
        assign_stories(
            database, self._window, [item.fingerprint for item in chosen.values() if item.fingerprint], without
        )
        note_grouped(database, [key for key, outcome in outcomes.items() if outcome != "unchanged"])
        return {item.article.id: outcomes.get(item.article.id, "unchanged") for item in batch}

    def _one_for_each_address(self, database: Database[Document], batch: list[Tokenized]) -> dict[str, Tokenized]:
        """The items to write, by article id: of several with one address the last.

        With ``KEEP_FULLER`` it is the last of the fullest, and none where more of the article is stored already. A
        crawl does without: the policy of a source decides how much may be stored, also when it becomes less.
        """
        chosen: dict[str, Tokenized] = {}
        for item in batch:
            earlier = chosen.get(item.article.id)
            if not (self._keep_fuller and earlier and is_fuller(earlier.article.access, item.article.access)):
                chosen[item.article.id] = item
        partial = [key for key, item in chosen.items() if self._keep_fuller and item.article.access != "full"]
        for key, access in (access_of(database, partial) if partial else {}).items():
            if is_fuller(access, chosen[key].article.access):
                del chosen[key]
        return chosen

    def _report_lost(self) -> None:
        assert self._crawler.stats
        for item in self._waiting:
            self._crawler.stats.inc_value("xinwen/store/lost")
            logger.error("lost, not stored: %s", item.article.url)
            self._memory.ledger.settle(item.article.id, "lost", reason="not stored")
        self._waiting.clear()
