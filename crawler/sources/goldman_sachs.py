"""Goldman Sachs: articles and reports on semiconductors from its JSON feed of insights."""

from dataclasses import replace
from typing import Any

from crawler.discovery.entry_page import absolute_url
from crawler.discovery.methods import JsonApi, Link, Sitemap
from crawler.discovery.topic_words import SEMICONDUCTORS
from crawler.source import Selectors, Source

_SITE = "https://www.goldmansachs.com"
_MENU = (
    *("What We Do", "Insights", "Our Firm", "Careers", "Sustainability", "Newsroom", "Client Solutions", "Sign In"),
    *("Subscribe", "Related Tags", "You can unsubscribe"),
)


def link_of(item: dict[str, Any], link: Link) -> Link | None:
    """Keeps articles and reports: podcasts and videos have no text. Of a report the text may not be kept."""
    kinds = (item.get("cmsPageProps") or {}).get("contentType") or []
    kinds = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, dict)]
    ids = {str(kind.get("id") or kind.get("title")).rsplit("/", 1)[-1].lower() for kind in kinds}
    # Both are paths, with or without a slash at the beginning.
    path = str(item.get("path") or item.get("slug") or "")
    link = replace(link, url=absolute_url(_SITE, path if path.startswith(("http", "/")) else f"/{path}"))
    if "report" in ids:
        return replace(link, kind="report", access="abstract")
    return replace(link, kind="news", access="full") if "article" in ids else None


_FEED = JsonApi(
    f"{_SITE}/feeds/insights.json",
    # Not lastModifiedDate: it is when the site was rebuilt.
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
    discovery=(
        _FEED,
        Sitemap(f"{_SITE}/sitemap.xml"),
    ),
    keep="full",
    enabled=True,
    why="The feed is open and robots.txt of 2026 bars only /materials/.",
    include=r"/insights/(articles|goldman-sachs-research|top-of-mind|reports)/[^/]",
    words=SEMICONDUCTORS,
    # Menus are in paragraphs like the text.
    selectors=Selectors(skip=rf"^({'|'.join(_MENU)})\b"),
    site_names=("Goldman Sachs",),
    same_page=str.lower,
    link_of=link_of,
    from_link=("title", "published", "summary", "tags"),
    # Plain clients are refused its pages at times, the feed never.
    entry_stands_in=True,
)
