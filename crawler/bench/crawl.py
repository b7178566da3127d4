"""One crawl of the benchmark, in a process of its own: ``python -m crawler.bench.crawl KIND ADDRESS``."""

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

from crawler.bench.generated_site import HOST, resolve_here
from crawler.bench.loop_monitor import MONITOR
from crawler.discovery.methods import Sitemap
from crawler.source import Selectors, Source
from crawler.spider.source_spider import SourceSpider

WARM_UP = 100
"""Pages before the measurement starts: loading modules and dictionaries and connecting are no cost of a page."""

_WITHOUT_ENCODER = {"pipelines.encode.Encode": None}
_SELECTORS = Selectors(title="h1.headline", published="article > time::attr(datetime)", body="div.body")


class BareSpider(scrapy.Spider):
    """The baseline: fetches the pages of the sitemap and yields their addresses."""

    name = "bare"

    def __init__(self, address: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.address = address

    async def start(self) -> AsyncIterator[Request]:
        yield Request(f"{self.address}/sitemap.xml", callback=self.parse_sitemap)

    def parse_sitemap(self, response: Response) -> Iterator[Request]:
        """Requests for the pages of the sitemap."""
        for location in etree.fromstring(response.body).iter("{*}loc"):
            yield Request(location.text or "", callback=self.parse_page)

    def parse_page(self, response: Response) -> dict[str, Any]:
        """The address and size of a page, as an item."""
        return {"url": response.url, "size": len(response.body)}


class CrawlClock:
    """Measures CPU time of this process and holds of its event loop, from the end of the warm-up to that of the crawl.

    CPU time is that of all threads without the monitor's own.

    After the warm-up pages the crawl pauses until all of them have passed the pipelines and are stored. Otherwise work
    on them, and loading at the first write, would count for the measured pages.
    """

    def __init__(self, crawler: Crawler, *, stores: bool) -> None:
        self.crawler, self.stores = crawler, stores
        self.pages = self.items = self.warm_up_pages = self.bytes = 0
        self.started = self.ended = 0.0
        self._pause: asyncio.Task[None] | None = None
        crawler.signals.connect(self.page_fetched, signals.response_received)
        crawler.signals.connect(self.item_scraped, signals.item_scraped)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    def page_fetched(self, response: Response) -> None:
        """Count a page, and pause the crawl after the warm-up."""
        if not response.url.endswith(".html"):
            return
        self.pages += 1
        if self._pause is None and self.pages >= WARM_UP:
            assert self.crawler.engine
            self.crawler.engine.pause()
            self._pause = asyncio.create_task(self._start_when_stored())

    def item_scraped(self, response: Response) -> None:
        """Count an item that has passed the pipelines, and the bytes of its page."""
        self.items += 1
        if self.started:
            self.bytes += len(response.body)

    def spider_closed(self) -> None:
        """End the measurement."""
        self.ended = time.process_time()
        MONITOR.stop()

    def stored(self) -> int:
        """The number of articles that are stored."""
        assert self.crawler.stats
        number: int = self.crawler.stats.get_value("xinwen/store/new", 0)
        return number

    async def _start_when_stored(self) -> None:
        """Wait for the warm-up pages, then start the measurement and continue the crawl."""
        engine = self.crawler.engine
        assert engine
        while engine.downloader.active or (self.stored() if self.stores else self.items) < self.pages:
            await asyncio.sleep(0.05)
        self.warm_up_pages = self.pages
        self.started = time.process_time()
        MONITOR.start()
        engine.unpause()

    def report(self) -> dict[str, Any]:
        """The figures of this crawl as JSON; ``cpu_ms_per_page`` is over the pages after the warm-up."""
        measured = self.items - self.warm_up_pages
        return {
            "all": self.pages,
            "pages": measured,
            "bytes": self.bytes,
            "cpu_ms_per_page": 1000 * (self.ended - self.started - MONITOR.own_seconds) / measured,
            "holds": MONITOR.report(),
            "stored": self.stored() if self.stores else None,
        }


def bench_source(address: str, selectors: Selectors) -> Source:
    """A source whose site is the generated one at *address*."""
    return Source(
        number=1, key="bench", name="Bench", category="媒体", address=address, note="-", language="en", timezone="UTC",
        discovery=(Sitemap(f"{address}/sitemap.xml"),), keep="full", enabled=True, why="-", include=r"\.html$",
        selectors=selectors,
    )  # fmt: skip


def main(kind: str, address: str) -> None:
    """Crawl the pages at *address* as *kind* says (see ``crawler.bench.KINDS``) and print the figures as JSON."""
    quiet = {
        "TWISTED_DNS_RESOLVER": "crawler.resolver.PublicResolver",
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "ASYNCIO_EVENT_LOOP": "crawler.bench.loop_monitor.MonitoredLoop",
    }
    if kind == "bare":
        process = AsyncCrawlerProcess(quiet)
        crawler = process.create_crawler(BareSpider)
    else:
        settings = get_project_settings()
        # The server is this machine, and waiting between requests costs no CPU time.
        settings.setdict({**quiet, "XINWEN_POLITE": False, "AUTOTHROTTLE_ENABLED": False}, "cmdline")
        if kind != "meaning":
            settings.set("ITEM_PIPELINES", _WITHOUT_ENCODER, "cmdline")
        process = AsyncCrawlerProcess(settings)
        source = bench_source(address, Selectors() if kind == "generic" else _SELECTORS)
        crawler = process.create_crawler(type("BenchSpider", (SourceSpider,), {"name": "bench", "source": source}))
    clock = CrawlClock(crawler, stores=kind != "bare")
    process.crawl(crawler, **({"address": address} if kind == "bare" else {}))
    process.start()
    sys.stdout.write(json.dumps(clock.report()) + "\n")


if __name__ == "__main__":
    assert urlsplit(sys.argv[2]).hostname == HOST
    resolve_here()
    main(sys.argv[1], sys.argv[2])
