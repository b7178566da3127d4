"""Reads an entry page by its discovery method: the bytes of a feed, sitemap, listing or JSON reply to links.

To add a method: declare it as a frozen dataclass in ``methods.py`` and add it to ``DiscoveryMethod`` there; write a
file here with a pure function ``read(method, data, url, source, captured) -> EntryPage`` that raises
``EntryPageError`` for bytes it cannot read; add a case to ``read_entry_page`` and a name to ``NAMES``. If it has
further pages, add it to ``max_further_pages``. If it has patterns or selectors, check them in ``crawler/source.py``.
"""

from __future__ import annotations

from datetime import datetime

from crawler.discovery import feed, google_finance, json_api, listing, reports, sitemap
from crawler.discovery.entry_page import EntryPage, EntryPageError
from crawler.discovery.methods import DataBlocks, DiscoveryMethod, Feed, FixedLinks, JsonApi, Listing, Reports, Sitemap
from crawler.discovery.select import select
from crawler.discovery.xml import MAX_BYTES, as_utf8
from crawler.extraction.unreadable import one_reply
from crawler.source import Source

NAMES: dict[type[DiscoveryMethod], str] = {
    Feed: "feed",
    Sitemap: "sitemap",
    JsonApi: "json",
    Listing: "listing",
    Reports: "reports",
    DataBlocks: "blocks",
    FixedLinks: "fixed",
}

MAX_QUARTERS = 7
"""Quarters to request, newest first; the page of the newest one often does not exist yet."""

MAX_REPLY_BYTES = 20 * 2**20
"""Limit for a feed, JSON reply or listing. The longest known one, with two thousand items, is a fifth as long."""


def read_entry_page(
    method: DiscoveryMethod, data: bytes, url: str, source: Source, captured: datetime, charset: str = ""
) -> EntryPage:
    """The links in *data*, which *url* replied with, that are articles of *source*, and the further entry pages.

    *captured* is when the reply was taken; relative dates need it. *charset*: the Content-Type of its HTTP header.
    Raises EntryPageError when the bytes are something else: an error page, a challenge page, or too broken to read;
    and nothing else.
    """
    with one_reply(url, EntryPageError):
        data = as_utf8(data, charset) if isinstance(method, Feed | Sitemap) else data
        page = _read(method, data, url, source, captured)
        return select(page, source, language=getattr(method, "language", ""))


def _read(method: DiscoveryMethod, data: bytes, url: str, source: Source, captured: datetime) -> EntryPage:
    match method:
        case Feed():
            return feed.read(method, data, url, source, captured)
        case Sitemap():
            return sitemap.read(method, data, url, source, captured)
        case JsonApi():
            return json_api.read(method, data, url, source, captured)
        case Listing():
            return listing.read(method, data, url, source, captured)
        case Reports():
            return reports.read(method, data, url, source, captured)
        case DataBlocks():
            return google_finance.read(method, data, url, source, captured)
        case FixedLinks():
            return EntryPage(links=list(method.links))


def start_urls(method: DiscoveryMethod, today: datetime) -> list[str]:
    """The first entry pages of *method*: its one address, or one for each year and quarter, newest first."""
    if not isinstance(method, Listing | Reports) or "{year}" not in method.url:
        return [method.url]
    years = range(today.year, today.year - method.years, -1)
    quarters = (4, 3, 2, 1) if "{quarter}" in method.url else (0,)
    last = (today.month - 1) // 3 + 1
    starts = [
        method.url.format(year=year, quarter=quarter)
        for year in years
        for quarter in quarters
        if year < today.year or quarter <= last
    ]
    return starts[:MAX_QUARTERS] if "{quarter}" in method.url else starts


def max_further_pages(method: DiscoveryMethod) -> int:
    """How many entry pages of *method* are requested at most after its start URLs."""
    match method:
        case Sitemap():
            return method.pages
        case JsonApi() | Listing():
            return method.pages - 1
        case _:
            return 0


def max_bytes(method: DiscoveryMethod) -> int:
    """How many bytes a reply of *method* may have; parsing takes many times as much memory."""
    return MAX_BYTES if isinstance(method, Sitemap) else MAX_REPLY_BYTES


def methods_by_part(source: Source) -> list[list[DiscoveryMethod]]:
    """The methods of *source* grouped by ``part``, in its order; the methods of one part are alternatives."""
    grouped: dict[str, list[DiscoveryMethod]] = {}
    for method in source.discovery:
        grouped.setdefault(method.part, []).append(method)
    return list(grouped.values())


def method_label(method: DiscoveryMethod) -> str:
    """The name of *method* in run records and logs, such as ``sitemap https://…``."""
    return f"{NAMES[type(method)]} {method.url}"
