"""Spiders from the source table: one class a row, under the row's key."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.settings import BaseSettings

from crawler.sources import SOURCES, source
from crawler.spider import SourceSpider


class SourceLoader:
    """Scrapy's SPIDER_LOADER_CLASS. ``list`` keeps the order of the table."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> SourceLoader:
        return cls()

    def load(self, spider_name: str) -> type[SourceSpider]:
        """The spider of a key; UnknownSource, which is a LookupError, when there is none."""
        row = source(spider_name)
        return type(f"{row.key.title().replace('_', '')}Spider", (SourceSpider,), {"name": row.key, "row": row})

    def find_by_request(self, request: Request) -> Sequence[str]:
        host = urlsplit(request.url).hostname
        return [key for key, row in SOURCES.items() if host in row.allowed]

    def list(self) -> Sequence[str]:
        return [*SOURCES]
