"""The visits of earlier crawls, read once at the first page, and those of this crawl, written as its links end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawler.spider.link_ledger import STORED, LinkLedger, LinkOutcome
from pipelines.runs.revisit import next_visit, visit_of, visits_of_entry_pages
from pipelines.runs.verdict import Coverage
from pipelines.storage import Storage, storage_of
from store.documents import visits
from store.documents.visits import Visit

_WRITTEN = STORED | {"quarantined", "gone", "ignored"}
"""Outcomes after which a visit is written; after any other the link is tried as if it were new."""


class Memory:
    """What one crawl knows: its link ledger, the earlier visits of its links, and the coverage of its articles."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self.ledger = LinkLedger.of(crawler)
        self.coverage = Coverage()
        self.missing = 0
        """Articles that a complete list no longer shows."""
        self._crawler, self._storage = crawler, storage
        self._earlier: asyncio.Task[dict[str, Visit]] | None = None

    async def visit_of_page(self, result: LinkOutcome) -> Visit | None:
        """The last visit of the page of *result*. Raises StoreError."""
        # One query for all pages: a query for each would double what a page costs.
        if self._earlier is None:
            addresses = [result.address for result in self.ledger.results.values()]
            self._earlier = asyncio.ensure_future(self._storage.call(visits.find, addresses))
        return (await self._earlier).get(result.address)

    async def visit_of_entry_page(self, url: str) -> Visit | None:
        """The last visit of the entry page at *url*. Raises StoreError."""
        return (await self._storage.call(visits.find, [url])).get(url)

    async def write(self) -> None:
        """Write the visits of the links that have ended since the last call. Raises StoreError."""
        now = datetime.now(UTC)
        ended = []
        for result in self.ledger.ended():
            earlier = await self.visit_of_page(result) if result.fetched else None
            if result.outcome == "not_modified" and not (earlier and earlier.article):
                result.outcome, result.reason = "failed", "not modified, though nothing was known of it"
            if result.fetched or result.outcome not in STORED:
                result.due = result.due or next_visit(result, (earlier and earlier.first) or now, now)
            listed_at = self._listed_at(result)
            # A refusal is written only where there is no earlier visit, so that it is not new the next time. Where
            # there is one, what it says of the page still holds.
            written = result.outcome in _WRITTEN or (result.outcome == "blocked" and not earlier)
            if written and (result.fetched or listed_at):
                ended.append(visit_of(result, self._source, self.ledger, earlier, listed_at, now))
        if ended:
            await self._storage.write(visits.write, ended)

    async def close(self, finished: bool) -> None:
        """Write the remaining visits; of a crawl that has *finished* also its entry pages and what they miss."""
        await self.write()
        if not finished:
            return
        now = datetime.now(UTC)
        await self._storage.write(visits.write, visits_of_entry_pages(self.ledger, self._source, now))
        for url, entry_page in self.ledger.entry_pages.items():
            if entry_page.complete and not self.ledger.partial:
                addresses = [self.ledger.results[key].address for key in entry_page.keys]
                self.missing += await self._storage.write(visits.mark_missing, url, addresses, now)

    def _listed_at(self, result: LinkOutcome) -> list[str]:
        return [
            url
            for url, entry_page in self.ledger.entry_pages.items()
            if entry_page.complete and result.key in entry_page.keys
        ]

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
