"""Objects loaded at the start of a crawl are exempt from garbage collection until the crawl ends."""

from __future__ import annotations

import gc

from scrapy import Spider, signals
from scrapy.utils.test import get_crawler

from crawler.gc_freeze import LOADED, FreezeLoaded


def test_loaded_objects_are_frozen_until_the_crawl_ends() -> None:
    crawler = get_crawler(Spider, {"EXTENSIONS_BASE": {}})
    extension = FreezeLoaded.from_crawler(crawler)
    assert extension
    send = crawler.signals.send_catch_log
    gc.unfreeze()  # Python 3.12 begins with something frozen
    assert gc.get_freeze_count() == 0
    try:
        send(signals.spider_opened, spider=None)
        first = gc.get_freeze_count()
        assert first > 10_000
        loaded = [[number] for number in range(100_000)]
        send(signals.item_scraped, item=None, response=None, spider=None)
        second = gc.get_freeze_count()
        assert second > first + len(loaded) // 2, "half, since some objects that were frozen before may have been freed"
        later = [[number] for number in range(1000)]
        send(signals.item_scraped, item=None, response=None, spider=None)
        assert gc.get_freeze_count() <= second, "only the first item freezes"
        assert later
        send(LOADED)
        assert gc.get_freeze_count() >= second + len(later) // 2, "the signal freezes what was loaded since"
        send(signals.spider_closed, spider=None, reason="finished")
        assert gc.get_freeze_count() == 0
    finally:
        gc.unfreeze()
