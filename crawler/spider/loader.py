"""Scrapy's spider loader for the table of sources: one spider class for each source, named by its key."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.settings import BaseSettings

from crawler import sources
from crawler.spider.source_spider import SourceSpider


class SourceLoader:
    """The SPIDER_LOADER_CLASS of this project. ``list`` keeps the order of the table."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> SourceLoader:
        return cls()

    def load(self, spider_name: str) -> type[SourceSpider]:
        """The spider class of a source. Raises UnknownSource, a LookupError, when there is no such key."""
        source = sources.source(spider_name)
        class_name = f"{source.key.title().replace('_', '')}Spider"
        return type(class_name, (SourceSpider,), {"name": source.key, "source": source})

    def find_by_request(self, request: Request) -> Sequence[str]:
        host = urlsplit(request.url).hostname
        return [key for key, source in sources.SOURCES.items() if host in source.allowed]

    def list(self) -> Sequence[str]:
        return [*sources.SOURCES]
