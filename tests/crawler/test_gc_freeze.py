"""What is loaded when a crawl begins is kept from Python's collector until the crawl ends."""

from __future__ import annotations

import gc

from scrapy import Spider, signals
from scrapy.utils.test import get_crawler

from crawler.collector import LOADED, FreezeLoaded


def test_frozen_while_the_crawl_lasts() -> None:
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
        assert second > first + len(loaded) // 2, "some of what was frozen before may have ended"
        later = [[number] for number in range(1000)]
        send(signals.item_scraped, item=None, response=None, spider=None)
        assert gc.get_freeze_count() <= second, "only the first page loads anything"
        assert later
        send(LOADED)
        assert gc.get_freeze_count() >= second + len(later) // 2, "who writes has loaded the rest"
        send(signals.spider_closed, spider=None, reason="finished")
        assert gc.get_freeze_count() == 0
    finally:
        gc.unfreeze()
