"""Keeps Python's collector of garbage away from what stays as long as the process does."""

from __future__ import annotations

import gc
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

LOADED = object()
"""Signal of whoever has loaded what the rest of the crawl will need, without arguments."""


class FreezeLoaded:
    """Modules, dictionaries and tables that are loaded when a crawl begins are no garbage while it lasts.

    Walking through all of them again and again would hold up the reactor for 100 ms each time, and take a tenth of
    the time that a page costs.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        crawler.signals.connect(self.begin, signals.spider_opened)
        crawler.signals.connect(self.read_one, signals.item_scraped)
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

    def read_one(self) -> None:
        """Reading the first page has loaded the rest."""
        self._crawler.signals.disconnect(self.read_one, signals.item_scraped)
        self.freeze()

    def end(self) -> None:
        gc.unfreeze()
