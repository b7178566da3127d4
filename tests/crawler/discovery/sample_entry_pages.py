"""A row and feeds written for the tests of the ways in, and the reading of an entry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crawler.source import Source
from crawler.way import Feed, Way
from crawler.ways import Entry, read_entry

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SITE = "https://sample.example"
NEWS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def row(**facts: Any) -> Source:
    given: dict[str, Any] = {
        "number": 1,
        "key": "sample",
        "name": "Sample",
        "category": "媒体",
        "address": SITE,
        "note": "样本",
        "language": "en",
        "timezone": "Asia/Shanghai",
        "ways": (Feed(f"{SITE}/feed"),),
        "keep": "full",
        "enabled": True,
        "why": "It is a sample.",
    }
    return Source(**(given | facts))


def read(way: Way, data: str | bytes, **facts: Any) -> Entry:
    return read_entry(way, data.encode() if isinstance(data, str) else data, way.url, row(**facts), NOW)


def rss(*items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{"".join(items)}</channel></rss>'
