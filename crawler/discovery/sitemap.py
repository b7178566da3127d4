"""Reads sitemaps (sitemaps.org/protocol.html): an index of sitemaps, a list of addresses, or a news sitemap."""

from __future__ import annotations

import re
from datetime import datetime

from lxml import etree

from crawler.discovery.entry_page import EntryPage, EntryPageError, absolute_url, plain_text, plain_texts
from crawler.discovery.methods import Link, Sitemap
from crawler.discovery.xml import name, parse
from crawler.extraction.dates import parse_date
from crawler.source import Source

MAX_ENTRIES = 50_000  # the limit of the sitemap protocol for one file


def read(method: Sitemap, data: bytes, url: str, source: Source, captured: datetime) -> EntryPage:
    """The links of a sitemap, or the children of a sitemap index. Raises EntryPageError."""
    root = parse(data)
    if name(root) not in ("sitemapindex", "urlset"):
        raise EntryPageError(f"neither a sitemap nor an index of sitemaps, but <{name(root)}>")
    entries = [facts for element in root[:MAX_ENTRIES] if (facts := _facts(element)) and facts.get("loc")]
    if name(root) == "sitemapindex":
        children = [absolute_url(url, facts["loc"]) for facts in entries]
        followed = [child for child in children if child and re.search(method.follow, child)]
        if children and not followed:
            raise EntryPageError(f"index of {len(children)} sitemaps, none of which matches {method.follow!r}")
        # One more than ``pages``, as an index may list itself.
        return EntryPage(further=list(dict.fromkeys(followed))[: method.pages + 1])
    return EntryPage(links=[_link(facts, url, source, captured) for facts in entries])


def _facts(element: etree._Element) -> dict[str, str]:
    """The texts in *element* by element name, those inside ``news:news`` included.

    Images and videos are skipped: their ``loc``, ``title`` and date are not those of the page.
    """
    facts: dict[str, str] = {}
    for child in element:
        if name(child) in ("image", "video"):
            continue
        if len(child):
            facts |= {key: text for key, text in _facts(child).items() if key not in facts}
        elif name(child):
            facts.setdefault(name(child), (child.text or "").strip())
    return facts


def _link(facts: dict[str, str], url: str, source: Source, captured: datetime) -> Link:
    def moment(key: str) -> datetime | None:
        return parse_date(facts.get(key, ""), timezone=source.timezone, captured=captured)

    keywords = facts.get("keywords", "").split(",") + facts.get("stock_tickers", "").split(",")
    return Link(
        url=absolute_url(url, facts["loc"]),
        title=plain_text(facts.get("title", "")),
        published=moment("publication_date"),
        modified=moment("lastmod"),
        tags=plain_texts(keywords),
        language=facts.get("language", "").lower()[:2],
    )
