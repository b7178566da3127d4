"""Goldman Sachs: articles and reports on semiconductors from the insights feed, which is JSON."""

from dataclasses import replace
from typing import Any

from crawler.source import Selectors, Source
from crawler.way import JsonApi, Link, Sitemap
from crawler.ways.entry import absolute
from crawler.ways.words import SEMICONDUCTORS

_SITE = "https://www.goldmansachs.com"
_MENU = (
    *("What We Do", "Insights", "Our Firm", "Careers", "Sustainability", "Newsroom", "Client Solutions", "Sign In"),
    *("Subscribe", "Related Tags", "You can unsubscribe"),
)


def link_of(item: dict[str, Any], link: Link) -> Link | None:
    """Articles and reports only: podcasts and videos have no text. A report's text is not ours to keep."""
    kinds = (item.get("cmsPageProps") or {}).get("contentType") or []
    kinds = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, dict)]
    ids = {str(kind.get("id") or kind.get("title")).rsplit("/", 1)[-1].lower() for kind in kinds}
    # A path, with or without a slash before it, and so is what is called a slug.
    place = str(item.get("path") or item.get("slug") or "")
    link = replace(link, url=absolute(_SITE, place if place.startswith(("http", "/")) else f"/{place}"))
    if "report" in ids:
        return replace(link, kind="report", access="abstract")
    return replace(link, kind="news", access="full") if "article" in ids else None


_FEED = JsonApi(
    f"{_SITE}/feeds/insights.json",
    # lastModifiedDate is when the site was rebuilt, of no article's own.
    fields={
        "url": "path",
        "title": "title",
        "published": "cmsPageProps.publishDate",
        "summary": "description",
        "tags": "[cmsPageProps.primaryTopic[].title, cmsPageProps.series[].title][] | [?@]",
    },
)

SOURCE = Source(
    number=12,
    key="goldman_sachs",
    name="Goldman Sachs",
    name_zh="高盛",
    category="金融财务",
    address="https://www.goldmansachs.com/insights/index.html",
    note="公司研究的报告不免费",
    language="en",
    timezone="America/New_York",
    ways=(
        _FEED,
        Sitemap(f"{_SITE}/sitemap.xml"),
    ),
    keep="full",
    enabled=True,
    why="The feed is open and robots.txt of 2026 bars only /materials/.",
    include=r"/insights/(articles|goldman-sachs-research|top-of-mind|reports)/[^/]",
    words=SEMICONDUCTORS,
    # Menus stand in paragraphs as the text does.
    selectors=Selectors(skip=rf"^({'|'.join(_MENU)})\b"),
    site_names=("Goldman Sachs",),
    same_page=str.lower,
    link_of=link_of,
    from_link=("title", "published", "summary", "tags"),
)
