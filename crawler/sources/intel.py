"""Intel: filings by accession number, and press releases, from its investor site."""

import re
from typing import Any

from crawler.source import Selectors, Source
from crawler.way import Feed, Listing, Reports

_SITE = "https://www.intc.com"
_FILING = r"/content/(\d{10}-\d\d-\d{6})/\1\.pdf$"


_FILED: dict[str, Any] = {
    "file": _FILING,
    "kind": "filing",
    # The icon beside them may say PDF; the ending is right.
    "beside": r"-xbrl\.zip$|/Financial_Report\.xlsx?$",
}


def address_of(url: str) -> str:
    """One filing appears under several sections: its accession number stays."""
    if filing := re.search(_FILING, url):
        return f"{_SITE}/filings-reports/all-sec-filings/content/{filing[1]}/{filing[1]}.pdf"
    return url


def same_page(url: str) -> str:
    """The words behind a release's number are cut, here or there; one and the same filing has one number."""
    release = re.search(r"/press-releases/detail/\d+", url)
    return release[0] if release else address_of(url)


_RELEASES = Listing(
    f"{_SITE}/news-events/press-releases",
    item="article.media-container",
    link="div.media-title a::attr(href)",
    title="div.media-title a",
    published="div.date time::attr(datetime)",
    more=f"{_SITE}/news-events/press-releases?page={{page}}",
    pages=2,
    part="press",
)

SOURCE = Source(
    number=6,
    key="intel",
    name="Intel",
    name_zh="因特尔",
    category="半导体科技",
    address="https://www.intc.com/filings-reports/annual-reports",
    note="美国龙头，看年报季报",
    language="en",
    timezone="America/Los_Angeles",
    ways=(
        Reports(f"{_SITE}/filings-reports/annual-reports", part="annual", **_FILED),
        Reports(f"{_SITE}/filings-reports/quarterly-reports", part="quarterly", **_FILED),
        Reports(f"{_SITE}/filings-reports/all-sec-filings", part="filings", **_FILED),
        Feed(f"{_SITE}/news-events/press-releases/rss", verified=False, part="press"),
        _RELEASES,
    ),
    keep="full",
    enabled=True,
    why="Public filings and releases, and no blocking is known.",
    include=rf"{_FILING}|/press-releases/detail/\d+/",
    selectors=Selectors(
        title="h1.article-heading",
        published="div.related-documents-line time::attr(datetime)",
        body="article.full-news-article",
        drop="h1.article-heading, div.related-documents-line",
    ),
    site_names=("Investor Relations :: Intel Corporation (INTC)",),
    address_of=address_of,
    same_page=same_page,
)
