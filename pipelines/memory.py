"""What a crawl remembers of earlier ones: loaded at its first page, written as its links come to their ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawler.ledger import STORED, Fate, Ledger
from pipelines.coverage import Coverage
from pipelines.revisit import entries_to_remember, next_time, page_of
from pipelines.storage import Storage, storage_of
from store import pages
from store.pages import Page

_WRITTEN = STORED | {"quarantined", "gone", "ignored"}


class Memory:
    """Of one crawl: what is known of the links it has taken, and what it has learnt."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self.ledger = Ledger.of(crawler)
        self.coverage = Coverage()
        self.missing = 0
        self._crawler, self._storage = crawler, storage
        self._known: asyncio.Task[dict[str, Page]] | None = None

    async def page(self, fate: Fate) -> Page | None:
        """What is remembered of the page of *fate*. Raises StoreError."""
        # All at once: one question for each page would double what a page costs.
        if self._known is None:
            addresses = [fate.address for fate in self.ledger.fates.values()]
            self._known = asyncio.ensure_future(self._storage.call(pages.find, addresses))
        return (await self._known).get(fate.address)

    async def entry(self, url: str) -> Page | None:
        """What is remembered of the entry at *url*. Raises StoreError."""
        return (await self._storage.call(pages.find, [url])).get(url)

    async def write(self) -> None:
        """Write down what has come to an end. Raises StoreError."""
        now = datetime.now(UTC)
        learnt = []
        for fate in self.ledger.ended():
            old = await self.page(fate) if fate.fetched else None
            if fate.outcome == "not_modified" and not (old and old.article):
                fate.outcome, fate.reason = "failed", "not modified, though nothing was known of it"
            if fate.fetched or fate.outcome not in STORED:
                fate.due = fate.due or next_time(fate, (old and old.first) or now, now)
            listed_at = self._listed_at(fate)
            # A refusal is written down only so that it is no news next time: what was known of the page still holds.
            written = fate.outcome in _WRITTEN or (fate.outcome == "blocked" and not old)
            if written and (fate.fetched or listed_at):
                learnt.append(page_of(fate, self._source, self.ledger, old, listed_at, now))
        if learnt:
            await self._storage.call(pages.write, learnt)

    async def close(self, whole: bool) -> None:
        """The last of it; of a crawl that went through (*whole*) also its entries and what they miss."""
        await self.write()
        if not whole:
            return
        now = datetime.now(UTC)
        await self._storage.call(pages.write, entries_to_remember(self.ledger, self._source, now))
        for url, shown in self.ledger.shown.items():
            if shown.complete and not self.ledger.partial:
                addresses = [self.ledger.fates[key].address for key in shown.keys]
                self.missing += await self._storage.call(pages.mark_missing, url, addresses, now)

    def _listed_at(self, fate: Fate) -> list[str]:
        return [url for url, shown in self.ledger.shown.items() if shown.complete and fate.key in shown.keys]

    @property
    def _source(self) -> str:
        assert self._crawler.spider
        return self._crawler.spider.name


_memories: WeakKeyDictionary[Crawler, Memory] = WeakKeyDictionary()


def memory_of(crawler: Crawler) -> Memory:
    """The one ``Memory`` of *crawler*."""
    if crawler not in _memories:
        _memories[crawler] = Memory(crawler, storage_of(crawler))
    return _memories[crawler]
