"""PwC: technology, media and telecommunications, from its pages and its library of insights."""

from typing import Any

from crawler.source import JsonApi, Link, Listing, Selectors, Sitemap, Source

_LIBRARY = "/content/pwc/gx/en/research-insights/insights-library"


def link_of(item: dict[str, Any], link: Link) -> Link | None:
    """Videos and files stand among the pages."""
    return None if item.get("isPage") in (False, "false") or item.get("isVideo") in (True, "true") else link


_COLLECTION = JsonApi(
    f"https://www.pwc.com{_LIBRARY}/jcr:content/root/container/content-free-container-1/section_2137231403"
    f"/collection_v2.rebrand-filter-dynamic.html?currentPagePath={_LIBRARY}&list=%7B%7D&page=0&searchText="
    "&defaultImagePath=/content/dam/pwc/network/collection-fallback-images",
    items="elements",
    fields={
        "url": "href || relativeHref || itemUrl",
        "title": "title",
        "published": "publishDate",
        "summary": "text || thumbnailText",
        "tags": "tags || filterTags",
    },
    page="page",
    first=0,
    pages=3,
    part="library",
)
_PUBLICATIONS = Listing(
    "https://www.pwc.com/gx/en/industries/tmt/publications.html",
    item='a[href*="/gx/en/industries/tmt/"]',
    link="::attr(href)",
    title="h4, ::text",
    published="time::attr(datetime)",
    summary=".paragraph",
    part="tmt",
)

SOURCE = Source(
    number=10,
    key="pwc",
    name="PwC",
    name_zh="普华永道",
    category="咨询",
    address="https://www.pwc.com/gx/en/industries/tmt.html",
    note="不定期更新",
    language="en",
    timezone="Europe/London",
    ways=(
        _PUBLICATIONS,
        Sitemap("https://www.pwc.com/sitemap.xml", follow=r"/gx/en|gx_en|sitemap", verified=False, part="tmt"),
        _COLLECTION,
    ),
    keep="abstract",
    enabled=True,
    why="Public pages that a plain client was given.",
    include=r"/gx/en/.+\.html",
    words=r"semiconductor|\bchips?\b|/industries/tmt/|\btmt\b|半导体",
    selectors=Selectors(summary="meta[name=description]::attr(content)"),
    site_names=("PwC",),
    link_of=link_of,
    delay=5.0,
)
