"""One crawl of the bench in a process of its own: ``python -m crawler.bench.crawl WAY ADDRESS``."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import scrapy
from lxml import etree
from scrapy import Request, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from crawler.bench.watch import WATCH
from crawler.source import Selectors, Source
from crawler.spider import SourceSpider
from crawler.way import Sitemap

WARM = 100
"""Pages before the clock starts: imports, dictionaries and connections are not of any page."""

_WITHOUT_MEANING = {"pipelines.encode.Encode": None}
_SELECTORS = Selectors(title="h1.headline", published="article > time::attr(datetime)", body="div.body")


class Bare(scrapy.Spider):
    """As plain as a spider can be: it fetches the pages and yields their addresses."""

    name = "bare"

    def __init__(self, address: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.address = address

    async def start(self) -> AsyncIterator[Request]:
        yield Request(f"{self.address}/sitemap.xml", callback=self.parse_sitemap)

    def parse_sitemap(self, response: Response) -> Iterator[Request]:
        for location in etree.fromstring(response.body).iter("{*}loc"):
            yield Request(location.text or "", callback=self.parse_page)

    def parse_page(self, response: Response) -> dict[str, Any]:
        return {"url": response.url, "size": len(response.body)}


class Clock:
    """CPU time of this process and holds of its reactor, from the page after the warm ones to the end of the crawl.

    All threads are counted but that of the watch.

    The crawl is held after the warm pages until all of them are through, stored where pages are stored: otherwise
    work on them would be laid on the pages that follow, or what loads at the first write left out of neither.
    """

    def __init__(self, crawler: Crawler, *, stores: bool) -> None:
        self.crawler, self.stores = crawler, stores
        self.pages = self.items = self.warm = self.bytes = 0
        self.begun = self.ended = 0.0
        self._holding: asyncio.Task[None] | None = None
        crawler.signals.connect(self.came, signals.response_received)
        crawler.signals.connect(self.done, signals.item_scraped)
        crawler.signals.connect(self.closed, signals.spider_closed)

    def came(self, response: Response) -> None:
        """Count a page; after the last of the warm ones nothing further is asked for until ``_hold`` says so."""
        if not response.url.endswith(".html"):
            return
        self.pages += 1
        if self._holding is None and self.pages >= WARM:
            assert self.crawler.engine
            self.crawler.engine.pause()
            self._holding = asyncio.create_task(self._hold())

    def done(self, response: Response) -> None:
        """One page more is through the pipelines."""
        self.items += 1
        if self.begun:
            self.bytes += len(response.body)

    def closed(self) -> None:
        self.ended = time.process_time()
        WATCH.stop()

    def stored(self) -> int:
        """Pages that are in the database."""
        assert self.crawler.stats
        number: int = self.crawler.stats.get_value("xinwen/store/new", 0)
        return number

    async def _hold(self) -> None:
        engine = self.crawler.engine
        assert engine
        while engine.downloader.active or (self.stored() if self.stores else self.items) < self.pages:
            await asyncio.sleep(0.05)
        self.warm = self.pages
        self.begun = time.process_time()
        WATCH.start()
        engine.unpause()

    def report(self) -> dict[str, Any]:
        """What was measured, over all pages but the warm ones."""
        measured = self.items - self.warm
        return {
            "all": self.pages,
            "pages": measured,
            "bytes": self.bytes,
            "cpu_ms_per_page": 1000 * (self.ended - self.begun - WATCH.looking) / measured,
            "holds": WATCH.report(),
            "stored": self.stored() if self.stores else None,
        }


def row(address: str, selectors: Selectors) -> Source:
    """A source whose pages are those of the bench."""
    return Source(
        number=1, key="bench", name="Bench", category="媒体", address=address, note="-", language="en", timezone="UTC",
        ways=(Sitemap(f"{address}/sitemap.xml"),), keep="full", enabled=True, why="-", include=r"\.html$",
        selectors=selectors,
    )  # fmt: skip


def main(way: str, address: str) -> None:
    """Crawl the pages at *address* and print what it cost."""
    quiet = {
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "ASYNCIO_EVENT_LOOP": "crawler.bench.watch.WatchedLoop",
    }
    if way == "bare":
        process = AsyncCrawlerProcess(quiet)
        crawler = process.create_crawler(Bare)
    else:
        settings = get_project_settings()
        # On this machine there is nobody to be polite to, and the wait costs no CPU time.
        settings.setdict({**quiet, "XINWEN_POLITE": False, "AUTOTHROTTLE_ENABLED": False}, "cmdline")
        if way != "meaning":
            settings.set("ITEM_PIPELINES", _WITHOUT_MEANING, "cmdline")
        process = AsyncCrawlerProcess(settings)
        ours = row(address, Selectors() if way == "generic" else _SELECTORS)
        crawler = process.create_crawler(type("Ours", (SourceSpider,), {"name": "bench", "row": ours}))
    clock = Clock(crawler, stores=way != "bare")
    process.crawl(crawler, **({"address": address} if way == "bare" else {}))
    process.start()
    sys.stdout.write(json.dumps(clock.report()) + "\n")


if __name__ == "__main__":
    assert urlsplit(sys.argv[2]).hostname == "127.0.0.1"
    main(sys.argv[1], sys.argv[2])
