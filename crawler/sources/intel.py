"""Intel: filings by accession number, and press releases, from its investor site."""

import re
from dataclasses import replace
from typing import Any

from crawler.discovery.methods import Feed, Link, ListedDocument, Listing, Reports
from crawler.source import Selectors, Source

_SITE = "https://www.intc.com"
_FILES = "d1io3yog0oux5.cloudfront.net"
_FILING = r"/content/(\d{10}-\d\d-\d{6})/\1\.pdf$"
# The first folder changes with every build of the site.
_RESULTS = rf"^https?://{re.escape(_FILES)}/_\w+(/intel/db/.+\.pdf)$"

_FILED: dict[str, Any] = {
    "file": _FILING,
    "kind": "filing",
    # By the ending of the address: the icon next to it may say PDF.
    "attachments": r"-xbrl\.zip$|/Financial_Report\.xlsx?$",
}
_WITH_RESULTS = _FILED | {"file": rf"{_FILING}|{_RESULTS}"}


def address_of(url: str) -> str:
    """A filing is listed in several sections, always with its accession number."""
    if filing := re.search(_FILING, url):
        return f"{_SITE}/filings-reports/all-sec-filings/content/{filing[1]}/{filing[1]}.pdf"
    return url


def same_page(url: str) -> str:
    """The number of a release or filing; the words after it may be cut."""
    release = re.search(r"/press-releases/detail/\d+", url)
    results = re.search(_RESULTS, url)
    return release[0] if release else f"https://{_FILES}{results[1]}" if results else address_of(url)


def document_of(document: ListedDocument, link: Link) -> Link:
    """Quarterly results for the press are reports, not filings."""
    return replace(link, kind="report") if re.search(_RESULTS, document.url) else link


_RELEASES = Listing(
    f"{_SITE}/news-events/press-releases",
    item="article.media-container",
    link="div.media-title a::attr(href)",
    title="div.media-title a",
    published="div.date time::attr(datetime) || div.date",
    page_url=f"{_SITE}/news-events/press-releases?page={{page}}",
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
    # The site writes the time of New York, "4:15 pm EDT", and a "datetime" without a zone.
    timezone="America/New_York",
    discovery=(
        Reports(f"{_SITE}/filings-reports/annual-reports", part="annual", **_WITH_RESULTS),
        Reports(f"{_SITE}/filings-reports/quarterly-reports", part="quarterly", **_WITH_RESULTS),
        Reports(f"{_SITE}/filings-reports/all-sec-filings", part="filings", **_FILED),
        Feed(f"{_SITE}/news-events/press-releases/rss", verified=False, part="press"),
        _RELEASES,
    ),
    keep="full",
    enabled=True,
    why="Public filings and releases, and no blocking is known.",
    hosts=(_FILES,),
    include=rf"{_FILING}|{_RESULTS}|/press-releases/detail/\d+",
    selectors=Selectors(
        title="h1.article-heading",
        published="div.related-documents-line time::attr(datetime)",
        body="article.full-news-article",
        drop="h1.article-heading, div.related-documents-line, div.related-documents",
        files='div.related-documents a[href$=".pdf"]::attr(href)',
    ),
    site_names=("Investor Relations :: Intel Corporation (INTC)",),
    address_of=address_of,
    same_page=same_page,
    document_of=document_of,
    from_link=("title",),
    reporting=tuple((f"{month:02}-18", f"{month:02}-31") for month in (1, 4, 7, 10)),
)
