"""What a site that misbehaves is, what a crawl of it must come to, and pages, lists and feeds to make sites of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from crawler.source import Source
from crawler.way import Feed, Listing, Sitemap, Way
from tests.pipelines.bad_web import Answer, Site

CHALLENGE = "<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


RECENT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)


def article(slug: str, text: str = "", head: str = "", date: str = "", title: str = "") -> str:
    """The page of an article, of which every slug has another text."""
    words = text or " ".join(f"Sales of chips {slug}@site@{number} rose by a half." for number in range(12))
    moment = date or f"{RECENT:%Y-%m-%dT%H:%M:%SZ}"
    title = title or f"Title of {slug}"
    return f"""<html><head>{head}<title>{title}</title><meta property="article:published_time" content="{moment}">
        </head><body><article><h1>{title}</h1><p>{words}</p></article></body></html>"""


def listing(*paths: str, head: str = "") -> Answer:
    """A list that links *paths*."""
    items = "".join(f'<li><a href="{path}">Title of {path.strip("/")}</a></li>' for path in paths)
    return Answer(f"<html><head>{head}<title>News</title></head><body><ul>{items}</ul></body></html>".encode())


def three(page: Answer | str | None = None, **pages: Answer | str) -> Site:
    """A list of the articles a, b and c, all of them *page* or else good; *pages* says which are different."""
    given = {slug: pages.get(slug, page if page is not None else article(slug)) for slug in "abc"}
    answers = {f"/{slug}/": one if isinstance(one, Answer) else html(one) for slug, one in given.items()}
    return {"/": listing("/a/", "/b/", "/c/"), **answers}


def html(text: str, charset: str = "utf-8", declared: str = "utf-8") -> Answer:
    return Answer(text.encode(charset), type=f"text/html; charset={declared}")


def moved(to: str) -> Answer:
    return Answer(status=302, headers={"Location": to})


def feed(*items: str, head: str = "") -> Answer:
    body = f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'
    return Answer(body.encode(), type="application/rss+xml")


def item(slug: str, title: str = "", date: str = "") -> str:
    date = date or format_datetime(RECENT)
    return f"<item><title>{title or f'Title of {slug}'}</title><link>/{slug}/</link><pubDate>{date}</pubDate></item>"


def sitemap(*paths: str, name: str = "urlset", head: str = "") -> Answer:
    entries = "".join(f"<x><loc>{path}</loc></x>" for path in paths)
    return Answer(f'<?xml version="1.0"?>{head}<{name}>{entries}</{name}>'.encode(), type="application/xml")


LIST = Listing("/", item="li")


FEED = Feed("/feed/")


MAP = Sitemap("/sitemap.xml")


@dataclass(frozen=True)
class Case:
    """A site, the ways into it by their paths, and what must be in the record of its crawl.

    ``outcomes`` are all that are not 0; ``reasons`` say of each mishap (path, what its reason holds), ``refused`` the
    same of what is in quarantine; ``asked`` is how often paths were asked for, ``titles`` what was stored.
    """

    site: Site
    verdict: str
    outcomes: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, int] | None = None
    titles: frozenset[str] | None = None
    ways: tuple[Way, ...] = (LIST,)
    others: Mapping[str, Site] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def row(self, key: str) -> Source:
        """The row of the case, whose host is named after *key*."""
        from dataclasses import replace

        site = f"http://{host_of(key)}"
        ways = tuple(replace(way, url=way.url if "://" in way.url else site + way.url) for way in self.ways)
        given = {"number": 1, "name": "Chips Daily", "category": "媒体", "note": "news", "language": "en"}
        given |= {"timezone": "UTC", "keep": "full", "enabled": True, "why": "It lies on this machine."}
        hosts = tuple(self.others)
        return Source(key=key, address=f"{site}/", ways=ways, hosts=hosts, **given | dict(self.facts))


def host_of(key: str) -> str:
    """The host of the site of *key*."""
    return f"{key.replace('_', '-')}.example"


NO_RETRY = {"RETRY_TIMES": 0}


HASTY = {"RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 3}


GOOD = frozenset({"Title of a", "Title of b", "Title of c"})
