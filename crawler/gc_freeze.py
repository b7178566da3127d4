"""Scrapy extension that exempts long-lived objects from Python's garbage collection."""

from __future__ import annotations

import gc
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

LOADED = object()
"""Signal without arguments: a component has loaded modules or tables that it needs until the end of the crawl."""


class FreezeLoaded:
    """Calls ``gc.freeze`` whenever modules, dictionaries and tables have been loaded, and ``gc.unfreeze`` at the end.

    Without it, each full collection would traverse all these objects. That would block the reactor for 100 ms each
    time and take a tenth of the time of a page.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        crawler.signals.connect(self.begin, signals.spider_opened)
        crawler.signals.connect(self.freeze_after_first_item, signals.item_scraped)
        crawler.signals.connect(self.freeze, LOADED)
        crawler.signals.connect(self.end, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def begin(self) -> None:
        gc.collect()
        self.freeze()

    def freeze(self) -> None:
        gc.freeze()

    def freeze_after_first_item(self) -> None:
        """Freezes once more after the first item, whose extraction has loaded everything that was still missing."""
        self._crawler.signals.disconnect(self.freeze_after_first_item, signals.item_scraped)
        self.freeze()

    def end(self) -> None:
        gc.unfreeze()
