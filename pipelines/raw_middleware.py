"""Lay aside the bytes that an article was read from, until the article is stored and they with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Self
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.refused import Refused
from crawler.spider import SourceSpider
from crawler.way import Link
from store.archive import Raw
from store.article import Article, article_id, canonical_address

Shelf = dict[str, Raw]
"""By article id."""

_shelves: WeakKeyDictionary[Crawler, Shelf] = WeakKeyDictionary()


def shelf_of(crawler: Crawler) -> Shelf:
    """The one shelf of *crawler*."""
    return _shelves.setdefault(crawler, {})


class Archive:
    """A spider middleware: it sees each response beside the articles that are read from it.

    Only what may be kept whole is laid aside. Of an abstract or a headline the text is not ours to keep, so neither
    are the bytes that hold it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler, self._shelf = crawler, shelf_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        archive = cls(crawler)
        crawler.signals.connect(archive.forget, signals.item_dropped)
        crawler.signals.connect(archive.forget, signals.item_error)
        return archive

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for item in result:
            if isinstance(item, Article | Refused) and self._may_be_kept(item, response):
                self._shelf[_key(item)] = _raw(item, response)
            yield item

    def _may_be_kept(self, item: Article | Refused, response: Response) -> bool:
        """Is *item* read from a page or document of its own, of which everything may be kept?"""
        if response.meta.get("xinwen") != "page":
            return False
        if isinstance(item, Article):
            return item.access == "full"
        # Nobody has read the page, so only the row and the entry can tell.
        assert isinstance(self._crawler.spider, SourceSpider)
        row = self._crawler.spider.row
        return row.access_of is None and (response.cb_kwargs["link"].access or row.keep) == "full"

    def forget(self, item: Any) -> None:
        """What is dropped on the way is not stored."""
        if isinstance(item, Article | Refused):
            self._shelf.pop(_key(item), None)


def _key(item: Article | Refused) -> str:
    return item.id if isinstance(item, Article) else article_id(canonical_address(item.url))


def _raw(item: Article | Refused, response: Response) -> Raw:
    headers = {
        name.decode("latin-1"): b", ".join(values).decode("latin-1") for name, values in response.headers.items()
    }
    told = response.cb_kwargs["link"]
    link = {name: value for name in Link.__dataclass_fields__ if (value := getattr(told, name))}
    captured = item.fetched
    assert captured
    return Raw(response.body, response.url, captured, headers.get("Content-Type", ""), headers, link)
