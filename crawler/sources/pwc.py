"""PwC: technology, media and telecommunications, from its pages and its library of insights."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from crawler.discovery.methods import JsonApi, Link, Listing, Sitemap
from crawler.extraction.months import start_of_month
from crawler.source import Selectors, Source, Thresholds

_ZONE = "Europe/London"
_LIBRARY = "/content/pwc/gx/en/research-insights/insights-library"


def address_of(url: str) -> str:
    """The query only says where a reader came from, not which page it is."""
    return url.split("?", 1)[0]


def link_of(item: dict[str, Any], link: Link) -> Link | None:
    """Drops videos and files; reads dates without a day."""
    if item.get("isPage") in (False, "false") or item.get("isVideo") in (True, "true"):
        return None
    month = start_of_month(str(item.get("publishDate") or ""), _ZONE, datetime.now(UTC))
    return replace(link, published=link.published or month)


_QUERY = (
    "currentPagePath={}&list=%7B%7D&page=0&searchText="
    "&defaultImagePath=/content/dam/pwc/network/collection-fallback-images"
)
_ELEMENTS: dict[str, Any] = {
    "items": "elements",
    "fields": {
        "url": "href || relativeHref || itemUrl",
        "title": "title",
        "published": "publishDate",
        "summary": "text || thumbnailText",
        "tags": "tags || filterTags",
    },
    # Its "page" counts elements: with 1 it gives nearly the same elements as with 0.
    "page": "page",
    "first": 0,
    "by_offset": True,
    "date_order": "DMY",
}
_COLLECTION = JsonApi(
    f"https://www.pwc.com{_LIBRARY}/jcr:content/root/container/content-free-container-1/section_2137231403"
    f"/collection_v2.rebrand-filter-dynamic.html?{_QUERY.format(_LIBRARY)}",
    pages=5,
    part="library",
    **_ELEMENTS,
)
# The same for this page, which contains the address of its JSON.
_COLLECTION_OF_TMT = JsonApi(
    "https://www.pwc.com/gx/en/industries/tmt/publications.html",
    reply_url=r"/content/pwc/gx/en/industries/tmt/[^\s\"'<>]{0,500}?collection_v2\.rebrand-filter-dynamic\.html[^\s\"'<>]{0,999}",
    reply_query=_QUERY.format("/content/pwc/gx/en/industries/tmt/publications"),
    pages=4,
    verified=False,
    part="collection",
    **_ELEMENTS,
)
_LIST: dict[str, Any] = {
    "item": 'a.collection__item-link[href], a[href*="/gx/en/industries/tmt/"]',
    "link": "::attr(href)",
    "title": "h4 || ::text",
    "published": "time::attr(datetime) || time",
    "summary": ".paragraph",
    "date_order": "DMY",
    "part": "tmt",
}

SOURCE = Source(
    number=10,
    key="pwc",
    name="PwC",
    name_zh="普华永道",
    category="咨询",
    address="https://www.pwc.com/gx/en/industries/tmt.html",
    note="不定期更新",
    language="en",
    timezone=_ZONE,
    discovery=(
        Listing("https://www.pwc.com/gx/en/industries/tmt/publications.html", **_LIST),
        Listing("https://www.pwc.com/gx/en/industries/tmt.html", **_LIST),
        # The names of the child sitemaps are unknown: where none is of the global site, all are read.
        Sitemap("https://www.pwc.com/sitemap.xml", follow=r"/gx/en|gx[-_]en", verified=False, part="tmt"),
        Sitemap("https://www.pwc.com/sitemap.xml", verified=False, part="tmt"),
        _COLLECTION,
        _COLLECTION_OF_TMT,
    ),
    keep="abstract",
    enabled=True,
    forbidden_by_terms=True,
    why="Public pages that a plain client was given. PwC's terms forbid robots in their text, though robots.txt lets "
    "them in.",
    # Without pages that are lists.
    include=r"^https?://[^/]+/gx/en/(?!industries/tmt(/publications|/media|/contacts)?\.html).+\.html$",
    words=r"semiconductor|\bchips?\b|/industries/tmt/|\btmt\b|半导体",
    selectors=Selectors(
        published="meta[name=pwcReleaseDate]::attr(content)", summary="meta[name=description]::attr(content)"
    ),
    site_names=("PwC",),
    address_of=address_of,
    link_of=link_of,
    # Some articles have a date neither on their page nor in a list.
    thresholds=Thresholds(published=0),
    delay=5.0,
)
