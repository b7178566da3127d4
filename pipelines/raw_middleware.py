"""Spider middleware: keeps the bytes that an article was extracted from until both are stored together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Self
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.discovery.methods import Link
from crawler.items import UnreadablePage
from crawler.spider.source_spider import SourceSpider
from store.article import Article, article_id, canonical_address
from store.documents.archive import Raw

PendingRaw = dict[str, Raw]
"""Bytes that wait for their article to be stored, by article id."""

_pending: WeakKeyDictionary[Crawler, PendingRaw] = WeakKeyDictionary()


def pending_raw(crawler: Crawler) -> PendingRaw:
    """The one ``PendingRaw`` of *crawler*."""
    return _pending.setdefault(crawler, {})


class RawMiddleware:
    """Keeps the bytes of a response for each article that the spider extracts from it.

    It is a spider middleware because only there response and article are at hand together. Bytes are kept only where
    the full text may be stored: where an abstract or a headline is all that may be stored, the bytes would hold more.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler, self._pending = crawler, pending_raw(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.forget, signals.item_dropped)
        crawler.signals.connect(middleware.forget, signals.item_error)
        return middleware

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass *result* on, having kept the bytes of *response* for its articles."""
        async for item in result:
            if isinstance(item, Article | UnreadablePage) and self._may_be_kept(item, response):
                self._pending[_key(item)] = _raw(item, response)
            yield item

    def _may_be_kept(self, item: Article | UnreadablePage, response: Response) -> bool:
        """Was *item* extracted from a page or document of its own, and may the full text be stored?"""
        if response.meta.get("xinwen") != "page":
            return False
        if isinstance(item, Article):
            return item.access == "full"
        # The page could not be read, so its access follows from the source and the link alone.
        assert isinstance(self._crawler.spider, SourceSpider)
        source = self._crawler.spider.source
        return source.access_of is None and source.access(response.cb_kwargs["link"].access) == "full"

    def forget(self, item: Any) -> None:
        """Drop the bytes of an item that a pipeline has dropped: it will not be stored."""
        if isinstance(item, Article | UnreadablePage):
            self._pending.pop(_key(item), None)


def _key(item: Article | UnreadablePage) -> str:
    return item.id if isinstance(item, Article) else article_id(canonical_address(item.url))


def _raw(item: Article | UnreadablePage, response: Response) -> Raw:
    headers = {
        name.decode("latin-1"): b", ".join(values).decode("latin-1") for name, values in response.headers.items()
    }
    link = response.cb_kwargs["link"]
    fields = {name: value for name in Link.__dataclass_fields__ if (value := getattr(link, name))}
    captured = item.fetched
    assert captured
    return Raw(response.body, response.url, captured, headers.get("Content-Type", ""), headers, fields)
