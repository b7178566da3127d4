"""Ways into a source, each a pure function: bytes of a feed, sitemap, reply or list to links."""

from __future__ import annotations

from datetime import datetime

from crawler.source import Source
from crawler.way import DataBlocks, Feed, Fixed, JsonApi, Listing, Reports, Sitemap, Way
from crawler.ways import blocks, feed, json_api, listing, reports, sitemap
from crawler.ways.entry import Entry, EntryError
from crawler.ways.select import select
from crawler.ways.xml import MAX_BYTES

__all__ = ["Entry", "EntryError", "addresses", "describe", "most_bytes", "parts", "read_entry"]

_NAMES = {
    Feed: "feed",
    Sitemap: "sitemap",
    JsonApi: "json",
    Listing: "listing",
    Reports: "reports",
    DataBlocks: "blocks",
    Fixed: "fixed",
}

MOST_QUARTERS = 7
"""So far back is asked for; the page of the newest quarter often does not exist yet."""

MOST_BYTES = 20 * 2**20
"""Of a feed, reply or list; the longest that is known, of two thousand items, has a fifth of it."""


def read_entry(way: Way, data: bytes, url: str, row: Source, captured: datetime) -> Entry:
    """What *data*, the reply of *way* at address *url*, leads to: the row's own links, and where to ask further.

    Raises EntryError when the bytes are something else: an error page, a challenge, broken beyond reading.
    """
    match way:
        case Feed():
            entry = feed.read(way, data, url, row, captured)
        case Sitemap():
            entry = sitemap.read(way, data, url, row, captured)
        case JsonApi():
            entry = json_api.read(way, data, url, row, captured)
        case Listing():
            entry = listing.read(way, data, url, row, captured)
        case Reports():
            entry = reports.read(way, data, url, row, captured)
        case DataBlocks():
            entry = blocks.read(way, data, url, row, captured)
        case Fixed():
            entry = Entry(links=list(way.links))
    return select(entry, row, language=getattr(way, "language", ""))


def addresses(way: Way, today: datetime) -> list[str]:
    """Where *way* begins: its one address, or one a year and quarter, newest first."""
    if not isinstance(way, Listing | Reports) or "{year}" not in way.url:
        return [way.url]
    years = range(today.year, today.year - way.years, -1)
    quarters = (4, 3, 2, 1) if "{quarter}" in way.url else (0,)
    last = (today.month - 1) // 3 + 1
    starts = [
        way.url.format(year=year, quarter=quarter)
        for year in years
        for quarter in quarters
        if year < today.year or quarter <= last
    ]
    return starts[:MOST_QUARTERS] if "{quarter}" in way.url else starts


def limit_of(way: Way) -> int:
    """How many replies of *way* are asked for at most, beside those it begins with."""
    match way:
        case Sitemap():
            return way.pages
        case JsonApi() | Listing():
            return way.pages - 1
        case _:
            return 0


def most_bytes(way: Way) -> int:
    """How long a reply of *way* may be; reading takes many times as much memory."""
    return MAX_BYTES if isinstance(way, Sitemap) else MOST_BYTES


def parts(row: Source) -> list[list[Way]]:
    """The ways of *row* that a run may take, those that stand for one another together, in the row's order."""
    grouped: dict[str, list[Way]] = {}
    for way in row.ways:
        grouped.setdefault(way.part, []).append(way)
    return list(grouped.values())


def describe(way: Way) -> str:
    """A name for reports on a run, such as ``sitemap https://…``."""
    return f"{_NAMES[type(way)]} {way.url}"
