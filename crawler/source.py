"""What a source is: a value that says where its articles are found, how they read and what may be kept.

One file per source in ``crawler/sources/`` holds one ``Source``. A wrong row is refused at import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cssselect import HTMLTranslator, SelectorError

from store.article import Access, Kind

Category = Literal["行业协会", "半导体科技", "咨询", "金融财务", "媒体"]
Read = Literal["page", "entry"]


class SourceError(ValueError):
    """A row of the source table is wrong; the message names its key and the reason."""


@dataclass(frozen=True, slots=True)
class Link:
    """What an entry (feed, sitemap, reply, list) says of one article."""

    url: str
    title: str = ""
    published: datetime | None = None
    summary: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: Kind | None = None
    body: str = ""
    """HTML of the article, where the entry carries it whole."""


@dataclass(frozen=True)
class Feed:
    """RSS or Atom. ``verified``: seen to answer by someone; a guessed address is tried all the same."""

    url: str
    verified: bool = True


@dataclass(frozen=True)
class Sitemap:
    """A sitemap or sitemap index; ``follow`` picks children of an index, ``language`` entries of a news sitemap."""

    url: str
    follow: str = ""
    language: str = ""
    verified: bool = True


@dataclass(frozen=True)
class JsonApi:
    """A JSON reply: ``items`` is the JMESPath of the list, ``@`` for a list at the top.

    ``fields`` maps fields of ``Link`` to JMESPath expressions inside an item; ``page`` is the query
    parameter that counts pages from 1 (empty: everything comes at once), ``pages`` the most to ask for.
    """

    url: str
    fields: dict[str, str]
    items: str = "@"
    page: str = ""
    pages: int = 1
    verified: bool = True


@dataclass(frozen=True)
class Listing:
    """An HTML page that lists articles. CSS selectors; ``link`` and the others look inside ``item``."""

    url: str
    item: str
    link: str = "a::attr(href)"
    title: str = "a::text"
    published: str = ""
    summary: str = ""
    authors: str = ""
    tags: str = ""
    date_order: Literal["YMD", "MDY", "DMY"] = "YMD"
    next: str = ""
    pages: int = 1
    verified: bool = True


@dataclass(frozen=True)
class Reports:
    """An HTML page that links documents (PDF, workbooks); every link matching ``file`` is one.

    ``url`` may hold ``{year}``: the current year and ``years - 1`` before it are asked for.
    """

    url: str
    file: str = r"\.pdf($|\?)"
    years: int = 1
    kind: Kind = "report"
    verified: bool = True


Way = Feed | Sitemap | JsonApi | Listing | Reports


@dataclass(frozen=True)
class Selectors:
    """CSS selectors for an article page, tried before anything generic; ``body`` may name several places.

    ``drop`` removes elements before reading; ``stop`` is a pattern: the body ends before the first paragraph it matches.
    """

    title: str = ""
    published: str = ""
    authors: str = ""
    tags: str = ""
    summary: str = ""
    body: str = ""
    drop: str = ""
    stop: str = ""


@dataclass(frozen=True)
class Source:
    """One row of the source table."""

    number: int
    key: str
    name: str
    category: Category
    address: str
    note: str
    language: Literal["zh", "en"]
    timezone: str
    ways: tuple[Way, ...]
    keep: Access
    enabled: bool
    why: str
    name_zh: str = ""
    read: Read = "page"
    """``page``: every link is fetched and read; ``entry``: what the feed or list says is all we take."""
    hosts: tuple[str, ...] = ()
    """Hosts that may be asked; further ones (files on a CDN) beside those of the ways in."""
    include: str = ""
    """Only addresses that match this pattern are articles."""
    words: str = ""
    """Only articles whose address, title, summary or tags match this pattern (case does not matter) are of the trade."""
    kind: Kind = "news"
    selectors: Selectors = Selectors()
    site_names: tuple[str, ...] = ()
    """Tails and heads that the site glues to its titles (``… | McKinsey``)."""
    address_of: Callable[[str], str] | None = None
    """Maps an address of this site to the one that stands for the page (dead hosts, twins)."""
    link_of: Callable[[dict[str, Any]], Link | None] | None = None
    """Reads one JSON item where paths are not enough; None drops the item."""
    access_of: Callable[[bytes], Access] | None = None
    """Decides from a page's bytes how much of it may be kept, where that differs from page to page."""
    delay: float = 2.0
    """Seconds between two requests to one host."""
    minimum_links: int = 1
    """A list with fewer links than this is broken, not quiet."""
    allowed: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        hosts = {urlsplit(way.url).hostname or "" for way in self.ways} | set(self.hosts)
        object.__setattr__(self, "allowed", frozenset(hosts))
        for reason in _reasons_against(self):
            raise SourceError(f"source {self.key or self.number}: {reason}")


def _reasons_against(row: Source) -> list[str]:
    reasons = []
    if not re.fullmatch(r"[a-z][a-z0-9_]*", row.key):
        reasons.append(f"key {row.key!r} is not lower case letters, digits and _")
    if row.number < 1:
        reasons.append(f"number {row.number} is not positive")
    for name in ("name", "note", "why"):
        if not getattr(row, name).strip():
            reasons.append(f"{name} is empty")
    for name, allowed in (("category", Category), ("keep", Access), ("read", Read), ("kind", Kind)):
        if getattr(row, name) not in get_args(allowed):
            reasons.append(f"{name} {getattr(row, name)!r} is none of {', '.join(get_args(allowed))}")
    if row.language not in ("zh", "en"):
        reasons.append(f"language {row.language!r} is neither zh nor en")
    try:
        ZoneInfo(row.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        reasons.append(f"time zone {row.timezone!r} is unknown")
    if not row.ways and row.enabled:
        reasons.append("enabled, but has no way in")
    for url in (row.address, *(way.url for way in row.ways)):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            reasons.append(f"{url!r} is not an http address")
    if row.delay < 0.5:
        reasons.append(f"delay of {row.delay} s is impolite; 0.5 s is the least")
    reasons += [f"pattern {pattern!r}: {error}" for pattern, error in _bad_patterns(row)]
    reasons += [f"selector {css!r}: {error}" for css, error in _bad_selectors(row)]
    return reasons


def _bad_patterns(row: Source) -> list[tuple[str, str]]:
    patterns = [row.include, row.words, row.selectors.stop]
    patterns += [way.follow for way in row.ways if isinstance(way, Sitemap)]
    patterns += [way.file for way in row.ways if isinstance(way, Reports)]
    bad = []
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            bad.append((pattern, str(error)))
    return bad


def _bad_selectors(row: Source) -> list[tuple[str, str]]:
    given = [getattr(row.selectors, name) for name in ("title", "published", "authors", "tags", "summary", "body", "drop")]
    for way in row.ways:
        if isinstance(way, Listing):
            given += [way.item, way.link, way.title, way.published, way.summary, way.authors, way.tags, way.next]
    bad = []
    for css in given:
        plain = re.sub(r"::(text|attr\([^)]*\))", "", css)
        try:
            HTMLTranslator().css_to_xpath(plain or "*")
        except SelectorError as error:
            bad.append((css, str(error)))
    return bad
