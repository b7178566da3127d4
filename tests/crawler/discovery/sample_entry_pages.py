"""A source and feeds for the tests of discovery methods, and a function to read an entry page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crawler.discovery.entry_page import EntryPage
from crawler.discovery.methods import DiscoveryMethod, Feed
from crawler.discovery.reader import read_entry_page
from crawler.source import Source

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SITE = "https://sample.example"
NEWS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def make_source(**facts: Any) -> Source:
    given: dict[str, Any] = {
        "number": 1,
        "key": "sample",
        "name": "Sample",
        "category": "媒体",
        "address": SITE,
        "note": "样本",
        "language": "en",
        "timezone": "Asia/Shanghai",
        "discovery": (Feed(f"{SITE}/feed"),),
        "keep": "full",
        "enabled": True,
        "why": "It is a sample.",
    }
    return Source(**(given | facts))


def read(method: DiscoveryMethod, data: str | bytes, charset: str = "", **facts: Any) -> EntryPage:
    data = data.encode() if isinstance(data, str) else data
    return read_entry_page(method, data, method.url, make_source(**facts), NOW, charset)


def rss(*items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{"".join(items)}</channel></rss>'
