"""A misbehaving site with the expected record of its crawl, and functions that make pages, lists and feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from crawler.discovery.methods import DiscoveryMethod, Feed, Listing, Sitemap
from crawler.source import Source
from store.public_addresses import refusal
from tests.pipelines.bad_web import Reply, Site

CHALLENGE = "<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


RECENT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)


def article(slug: str, text: str = "", head: str = "", date: str = "", title: str = "") -> str:
    """The page of an article; the text depends on *slug*."""
    words = text or " ".join(f"Sales of chips {slug}@site@{number} rose by a half." for number in range(12))
    moment = date or f"{RECENT:%Y-%m-%dT%H:%M:%SZ}"
    title = title or f"Title of {slug}"
    return f"""<html><head>{head}<title>{title}</title><meta property="article:published_time" content="{moment}">
        </head><body><article><h1>{title}</h1><p>{words}</p></article></body></html>"""


def listing(*paths: str, head: str = "") -> Reply:
    """A list with links to *paths*."""
    items = "".join(f'<li><a href="{path}">Title of {path.strip("/")}</a></li>' for path in paths)
    return Reply(f"<html><head>{head}<title>News</title></head><body><ul>{items}</ul></body></html>".encode())


def three(page: Reply | str | None = None, **pages: Reply | str) -> Site:
    """A list of the articles a, b and c. Each is *page*, or good without it; *pages* replaces single ones."""
    given = {slug: pages.get(slug, page if page is not None else article(slug)) for slug in "abc"}
    replies = {f"/{slug}/": reply if isinstance(reply, Reply) else html(reply) for slug, reply in given.items()}
    return {"/": listing("/a/", "/b/", "/c/"), **replies}


def html(text: str, charset: str = "utf-8", declared: str = "utf-8") -> Reply:
    return Reply(text.encode(charset), type=f"text/html; charset={declared}")


def moved(to: str) -> Reply:
    return Reply(status=302, headers={"Location": to})


def feed(*items: str, head: str = "") -> Reply:
    body = f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'
    return Reply(body.encode(), type="application/rss+xml")


def item(slug: str, title: str = "", date: str = "") -> str:
    date = date or format_datetime(RECENT)
    return f"<item><title>{title or f'Title of {slug}'}</title><link>/{slug}/</link><pubDate>{date}</pubDate></item>"


def sitemap(*paths: str, name: str = "urlset", head: str = "") -> Reply:
    entries = "".join(f"<x><loc>{path}</loc></x>" for path in paths)
    return Reply(f'<?xml version="1.0"?>{head}<{name}>{entries}</{name}>'.encode(), type="application/xml")


LIST = Listing("/", item="li")


FEED = Feed("/feed/")


MAP = Sitemap("/sitemap.xml")


@dataclass(frozen=True)
class Case:
    """A site and what the record of its crawl must have.

    ``outcomes``: all that are not 0. ``reasons``: for each error its path and a part of its reason; ``refused``: the same
    for pages in quarantine. ``requests``: how often each path was requested. ``titles``: those of the stored articles.
    ``discovery``: the discovery methods, with paths in place of addresses. ``others``: sites of other hosts. ``facts``:
    further fields of the source.
    """

    site: Site
    verdict: str
    outcomes: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, int] | None = None
    titles: frozenset[str] | None = None
    discovery: tuple[DiscoveryMethod, ...] = (LIST,)
    others: Mapping[str, Site] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def source(self, key: str) -> Source:
        """The source of the case, whose host is named after *key*."""
        site = f"http://{host_of(key)}"
        ways = tuple(replace(way, url=way.url if "://" in way.url else site + way.url) for way in self.discovery)
        given = {"number": 1, "name": "Chips Daily", "category": "媒体", "note": "news", "language": "en"}
        given |= {"timezone": "UTC", "keep": "full", "enabled": True, "why": "It lies on this machine."}
        hosts = tuple(host for host in self.others if not refusal(f"http://{host}/"))  # a row may name no other
        return Source(key=key, address=f"{site}/", discovery=ways, hosts=hosts, **given | dict(self.facts))


def host_of(key: str) -> str:
    """The host of the site of *key*."""
    return f"{key.replace('_', '-')}.example"


NO_RETRY = {"RETRY_TIMES": 0}


HASTY = {"RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 3}


GOOD = frozenset({"Title of a", "Title of b", "Title of c"})
