"""Gartner: closed to crawlers; headlines are read from files that users bring."""

import re
from datetime import UTC, datetime
from typing import Any

from crawler.discovery.methods import Link, Listing
from crawler.extraction.dateline import date_of_address
from crawler.source import Source

_ZONE = "America/New_York"
_RELEASE = re.compile(r"/newsroom/press-releases/(\d{4}-\d\d?-\d\d?)-([^/?#]+)")
_SLUG_WORDS = 6  # by which a release is recognized; of two addresses of one release one may be cut


def address_of(url: str) -> str:
    """A second copy of a release has "-0" at the end of its address."""
    return re.sub(r"(?<=[a-z\d])-0(?=$|[?#])", "", url) if _RELEASE.search(url) else url


def same_page(url: str) -> str:
    """The day and the first words of the slug; its end may be cut or numbered."""
    release = _RELEASE.search(url)
    return " ".join([release[1], *release[2].split("-")[:_SLUG_WORDS]]) if release else url


def link_of_address(url: str) -> Link | None:
    """Day and headline from the address, without capitals and punctuation; a tag says that the title is derived."""
    release = _RELEASE.search(url)
    if release is None:
        return None
    words = address_of(url).partition(f"{release[1]}-")[2].partition("?")[0].split("-")
    published = date_of_address(url, _ZONE, datetime.now(UTC))
    return Link(url, title=" ".join(words).capitalize(), published=published, tags=("title from address",))


_LIST: dict[str, Any] = {
    "item": 'a[href*="/en/newsroom/press-releases/"]',
    "link": "::attr(href)",
    "title": "h5 || ::attr(data-promo-name) || ::text",
    "published": "p.eye-brow:first-of-type span:last-of-type",
    "tags": "p.eye-brow:last-of-type span",
    "date_order": "MDY",
}
_ARCHIVE = "https://www.gartner.com/en/newsroom/archive"

SOURCE = Source(
    number=8,
    key="gartner",
    name="Gartner",
    name_zh="高德纳",
    category="咨询",
    address="https://www.gartner.com/en/newsroom",
    note="不定期更新",
    language="en",
    timezone=_ZONE,
    discovery=(
        Listing(f"{_ARCHIVE}/{{year}}", years=2, **_LIST),
        Listing(_ARCHIVE, **_LIST),
    ),
    keep="headline",
    enabled=False,
    why="robots.txt and the pages answered 403 to a plain client, which means: do not crawl.",
    read="entry",
    include=r"/newsroom/press-releases/[^/?#]+",
    address_of=address_of,
    same_page=same_page,
    link_of_address=link_of_address,
    delay=10.0,
)
