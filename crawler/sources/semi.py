"""SEMI: the trade association of equipment and materials makers."""

import re
from typing import Any

from crawler.discovery.methods import Feed, JsonApi, Listing
from crawler.source import Selectors, Source

_SITE = "https://www.semi.org/en"
_CHINA = "https://www.semi.org.cn"
_COLUMN = "26595298402893836"
_RELEASES = ("/en/semi-press-release/", "/news-media-press-releases/semi-press-releases/")
_LIST: dict[str, Any] = {
    "item": ", ".join(f'div.view-content a[href*="{path}"]' for path in _RELEASES),
    "link": "::attr(href)",
    "title": "::text",
    "verified": False,
}


def same_page(url: str) -> str:
    """Releases of before 2025 were moved to another folder; the last part of the address is the same."""
    return url.rstrip("/").rsplit("/", 1)[-1]


SOURCE = Source(
    number=1,
    key="semi",
    name="SEMI",
    category="行业协会",
    address="https://www.semi.org/en",
    note="专业，但是需要企业会员",
    language="en",
    timezone="America/Los_Angeles",
    discovery=(
        # SEMI's own Chinese site, which lets programs in where semi.org refuses everything.
        Listing(
            f"{_CHINA}/site/semi/column/{_COLUMN}.html",
            item="div.single-travel.media",
            link="h4 a::attr(href)",
            title="h4 a",
            published="p.columnTime span",
            summary=".media-body p",
            part="china",
        ),
        JsonApi(
            f"{_CHINA}/site/web/api/ja/article/listPage/html?current=1&size=10&columnId={_COLUMN}",
            items="data.records",
            fields={"url": "url", "title": "title", "published": "publishtime", "summary": "description"},
            page="current",
            pages=3,
            verified=False,
            part="china",
        ),
        Feed(f"{_SITE}/rss.xml", verified=False),
        Listing(f"{_SITE}/news-media-press-releases", **_LIST),
        Listing(f"{_SITE}/news-resources/press-releases", **_LIST),
        Listing(
            f"{_SITE}/news-resources/press-releases",
            item="table.cols-0 tbody tr",
            link="a::attr(href)",
            title="a",
            published="time::attr(datetime) || td",
            date_order="MDY",
            verified=False,
        ),
        Feed(f"{_SITE}/news-resources/press/semi/rss.xml", verified=False),
    ),
    keep="abstract",
    enabled=True,
    why="Its releases are open, though Cloudflare's challenge met a plain client in June 2026.",
    include=rf"/semi-press-releases?/[^/]+|^{re.escape(_CHINA)}/site/semi/article/[0-9a-f]{{32}}\.html$",
    selectors=Selectors(
        title='.single-page-post h2, meta[property="og:title"]::attr(content), h1',
        published=".top-wrapper div > span:last-of-type"
        ', meta[property="article:published_time"]::attr(content), time::attr(datetime)',
        summary="meta[name=description]::attr(content)",
        body=".field--name-body, .single-post-content",
    ),
    site_names=("SEMI",),
    same_page=same_page,
    entry_stands_in=True,
    delay=10.0,
)
