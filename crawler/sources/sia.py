"""SIA: the monthly and quarterly sales releases of the US association, from its WordPress REST API."""

from typing import Any

from crawler.discovery.methods import Feed, JsonApi, Listing
from crawler.source import Selectors, Source


def address_of(url: str) -> str:
    """The bare host serves the same pages."""
    return url.replace("://semiconductors.org/", "://www.semiconductors.org/", 1)


_SITE = "https://www.semiconductors.org"
_REST: dict[str, Any] = {
    "fields": {
        "url": "link",
        "title": "title.rendered",
        # date_gmt is UTC, mostly without a zone; date is in the zone of the site.
        "published": "(date_gmt && join('', [date_gmt, '+00:00'])) || date",
        "body": "content.rendered",
    },
}
_WANTED = "per_page=10&_fields=id,date_gmt,slug,link,title,categories,content"
_LIST: dict[str, Any] = {
    "item": "div.col-sm-8",
    "title": "a",
    "published": "div.resource-item-meta",
    "summary": "a + :not([class*=resource-item])",
    "tags": "div.resource-item-category span.ric::text",
    "date_order": "MDY",
}

SOURCE = Source(
    number=2,
    key="sia",
    name="SIA",
    name_zh="美国半导体行业协会",
    category="行业协会",
    address="https://www.semiconductors.org/",
    note="主要关注美国市场",
    language="en",
    timezone="America/New_York",
    discovery=(
        # Sales releases, by the number of their category, which may change.
        JsonApi(f"{_SITE}/wp-json/wp/v2/posts?categories=3&{_WANTED}", **_REST),
        JsonApi(f"{_SITE}/wp-json/wp/v2/posts?{_WANTED}", **_REST),
        Feed(f"{_SITE}/feed/", verified=False),
        Listing(f"{_SITE}/news-events/latest-news/", **_LIST),
        Listing(f"{_SITE}/category/press-releases/", **_LIST),
    ),
    keep="abstract",
    enabled=True,
    why="The REST interface is open and a plain client was served.",
    selectors=Selectors(
        title="main#main > h1",
        published='meta[property="article:published_time"]::attr(content)',
        authors="meta[name=author]::attr(content)",
        body="div.newshr ~ p",
        files='a[href*="/wp-content/uploads/"][href$=".pdf"]::attr(href)',
        stop=r"^\s*#{2,}\s*$",
    ),
    site_names=("Semiconductor Industry Association",),
    address_of=address_of,
)
