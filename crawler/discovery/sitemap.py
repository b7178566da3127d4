"""Sitemaps: an index of further sitemaps, a list of addresses, or one with news."""

from __future__ import annotations

import re
from datetime import datetime

from lxml import etree

from crawler.read.dates import parse_date
from crawler.source import Source
from crawler.way import Link, Sitemap
from crawler.ways.entry import Entry, EntryError, absolute, plain, texts
from crawler.ways.xml import name, parse

MAX_ENTRIES = 50_000  # what the sitemap protocol allows one file


def read(way: Sitemap, data: bytes, url: str, row: Source, captured: datetime) -> Entry:
    """The addresses of a sitemap, or the children of an index. Raises EntryError."""
    root = parse(data)
    if name(root) not in ("sitemapindex", "urlset"):
        raise EntryError(f"neither a sitemap nor an index of sitemaps, but <{name(root)}>")
    entries = [facts for element in root[:MAX_ENTRIES] if (facts := _facts(element)) and facts.get("loc")]
    if name(root) == "sitemapindex":
        children = [absolute(url, facts["loc"]) for facts in entries]
        followed = [child for child in children if child and re.search(way.follow, child)]
        if children and not followed:
            raise EntryError(f"index of {len(children)} sitemaps, none of which matches {way.follow!r}")
        return Entry(further=list(dict.fromkeys(followed))[: way.pages + 1])  # with one to spare for itself
    return Entry(links=[_link(facts, url, row, captured) for facts in entries])


def _facts(element: etree._Element) -> dict[str, str]:
    """Texts of *element* by name; what is inside ``news:news`` stands beside what is outside.

    ``loc`` and ``title`` of an image must not be taken for those of the page.
    """
    facts: dict[str, str] = {}
    for child in element:
        if name(child) == "image":
            continue
        if len(child):
            facts |= {key: text for key, text in _facts(child).items() if key not in facts}
        elif name(child):
            facts.setdefault(name(child), (child.text or "").strip())
    return facts


def _link(facts: dict[str, str], url: str, row: Source, captured: datetime) -> Link:
    def moment(key: str) -> datetime | None:
        return parse_date(facts.get(key, ""), timezone=row.timezone, captured=captured)

    keywords = facts.get("keywords", "").split(",") + facts.get("stock_tickers", "").split(",")
    return Link(
        url=absolute(url, facts["loc"]),
        title=plain(facts.get("title", "")),
        published=moment("publication_date"),
        modified=moment("lastmod"),
        tags=texts(keywords),
        language=facts.get("language", "").lower()[:2],
    )
