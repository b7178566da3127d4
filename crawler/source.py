"""What a source is: a value that says where its articles are found, how they read and what may be kept.

One file per source in ``crawler/sources/`` holds one ``Source``. A wrong row is refused at import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
from cssselect import SelectorError
from parsel.csstranslator import HTMLTranslator

from store.article import Access, Article, Kind

_LINK_FACTS = ("title", "published", "summary", "authors", "tags", "kind")

Category = Literal["行业协会", "半导体科技", "咨询", "金融财务", "媒体"]
Read = Literal["page", "entry"]


OR = " || "
"""Between selectors of a list that stand in for one another: the first that finds a text is taken."""


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
    modified: datetime | None = None
    """When the page was last built; says nothing of when it was published."""
    language: str = ""
    access: Access | None = None
    """How much of this one may be kept, where the entry tells and it is not what the row says."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as its list shows it, for ``Source.document_of`` to name."""

    url: str
    text: str
    """What the link itself says; often no more than "PDF"."""
    context: str
    """What the line or block around the link says beside it."""
    label: str
    """The panel of the list that holds it, as the row calls it."""
    kind: Kind
    listed_at: str
    place: int
    """How many of its panel's ``of`` documents with the same file name stand before it."""
    of: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a workbook says, for ``Source.workbook_of`` to tell."""

    title: str
    summary: str
    """The key figures; what is left of it where no more may be kept."""
    pages: tuple[str, ...]


Sheets = dict[str, list[tuple[Any, ...]]]
"""The rows of a workbook by the name of the sheet."""


@dataclass(frozen=True)
class Credential:
    """A key or session of the user's own, given in the environment: without it none of the row's addresses is asked.

    Its value goes into the header or the cookie of that name and nowhere else: not into logs, records or archives.
    """

    variable: str
    header: str = ""
    cookie: str = ""


@dataclass(frozen=True)
class Feed:
    """RSS or Atom. ``verified``: seen to answer by someone; a guessed address is tried all the same."""

    url: str
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Sitemap:
    """A sitemap or sitemap index; ``follow`` picks children of an index, ``language`` entries of a news sitemap.

    ``pages`` is the most children that are asked for.
    """

    url: str
    follow: str = ""
    language: str = ""
    pages: int = 20
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class JsonApi:
    """A JSON reply: ``items`` is the JMESPath of the list, ``@`` for a list at the top.

    ``fields`` maps fields of ``Link`` to JMESPath expressions inside an item; ``page`` is the query
    parameter that counts pages (empty: everything comes at once), ``first`` the number of the page that
    ``url`` itself gives, ``pages`` the most to ask for. ``body`` makes the request a POST. ``ok`` and ``login``
    are JMESPath expressions that tell a reply that holds what was asked for, and one that asks for a login,
    for interfaces that say HTTP 200 to everything. ``leave``: asked only where a robots.txt has been read and
    does not bar it; a missing one is no leave. ``inside`` is the pattern in front of the JSON, where
    the reply is an HTML page with the JSON in one of its scripts.
    """

    url: str
    fields: dict[str, str]
    items: str = "@"
    page: str = ""
    first: int = 1
    pages: int = 1
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    ok: str = ""
    login: str = ""
    leave: bool = False
    date_order: Literal["YMD", "MDY", "DMY"] = "YMD"
    inside: str = ""
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Listing:
    """An HTML page that lists articles. CSS selectors; ``link`` and the others look inside ``item``.

    An empty ``link`` means that the page itself holds the article, the places ``body`` its text.

    Further pages are led to by the link ``next``, or lie at ``more``, an address with ``{page}`` counted from 2.
    ``day`` is a heading between the items: of those under it ``published`` tells the time of day at most.
    """

    url: str
    item: str
    link: str = "a::attr(href)"
    title: str = "a::text"
    published: str = ""
    summary: str = ""
    authors: str = ""
    tags: str = ""
    body: str = ""
    date_order: Literal["YMD", "MDY", "DMY"] = "YMD"
    day: str = ""
    next: str = ""
    more: str = ""
    pages: int = 1
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Reports:
    """An HTML page that links documents (PDF, workbooks); every link matching ``file`` is one.

    ``url`` may hold ``{year}`` (the current year and ``years - 1`` before it are asked for) and ``{quarter}``
    (each of 4 to 1). ``panels`` maps CSS selectors of parts of the page to what they are called and hold;
    ``keep`` is how much of the documents may be kept, where that differs from the row's articles.
    """

    url: str
    file: str = r"\.pdf($|\?)"
    years: int = 1
    kind: Kind = "report"
    panels: dict[str, tuple[str, Kind]] = field(default_factory=dict)
    keep: Access | None = None
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class DataBlocks:
    """A page that carries its data in calls of ``AF_initDataCallback``: a quote, and news of other publishers."""

    url: str
    verified: bool = True
    part: str = ""


@dataclass(frozen=True)
class Fixed:
    """Addresses and titles that stand here, of a site that may not be asked; ``url`` is where they were found."""

    url: str
    links: tuple[Link, ...]
    part: str = ""


Way = Feed | Sitemap | JsonApi | Listing | Reports | DataBlocks | Fixed
"""Ways of the same ``part`` stand for one another: the first that yields links wins. Every part is asked.

A ``complete`` way shows everything it ever led to: what is missing from it has gone from the site.
"""


@dataclass(frozen=True)
class Selectors:
    """CSS selectors for an article page, tried before anything generic; ``body`` may name several places.

    ``drop`` removes elements before reading; ``stop`` is a pattern: the body ends before the paragraph it matches;
    ``skip`` one of paragraphs that are left out. ``files`` finds links to documents, which are kept as links.
    """

    title: str = ""
    published: str = ""
    authors: str = ""
    tags: str = ""
    summary: str = ""
    body: str = ""
    files: str = ""
    drop: str = ""
    stop: str = ""
    skip: str = ""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is worse than this is ``degraded``: the shares of a run's articles that have a date and a text, and the
    median length of their bodies in characters.

    Dates of reports and filings do not count, nor texts where only a headline may be kept.
    """

    published: float = 0.5
    text: float = 0.8
    length: int = 150


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
    captured: tuple[Way, ...] = ()
    """Ways that read files which people already have, of markup that is gone or must not be asked for; never asked."""
    read: Read = "page"
    """``page``: every link is fetched and read; ``entry``: what the feed or list says is all we take."""
    hosts: tuple[str, ...] = ()
    """Hosts that may be asked; further ones (files on a CDN) beside those of the ways in."""
    elsewhere: bool = False
    """Links lead to pages of others, which are named and never asked for."""
    credential: Credential | None = None
    include: str = ""
    """Only addresses that match this pattern are articles."""
    words: str = ""
    """Only articles whose address, title, summary or tags match this pattern, in any case, are of the trade."""
    kind: Kind = "news"
    selectors: Selectors = Selectors()
    site_names: tuple[str, ...] = ()
    """Tails and heads that the site glues to its titles (``… | McKinsey``)."""
    address_of: Callable[[str], str] | None = None
    """Maps an address of this site to the one that stands for the page (dead hosts, twins)."""
    address_with: Callable[[str, str], str] | None = None
    """Address and title to what stands for the article, where one address holds several articles in turn."""
    same_page: Callable[[str], str] | None = None
    """What is equal for all addresses of one page, where a site gives it several; None: the address itself."""
    link_of: Callable[[dict[str, Any], Link], Link | None] | None = None
    """Makes better what was read of one item of a feed or JSON reply, from the item itself; None drops it."""
    document_of: Callable[[Document, Link], Link | None] | None = None
    """Makes better what was read of one document of a list of reports; None drops it."""
    article_of: Callable[[bytes, Article], Article] | None = None
    """Makes better what was read of a page, from its bytes."""
    workbook_of: Callable[[Sheets, str], Figures] | None = None
    """Reads a workbook, from its sheets and the name of the file; None: workbooks are linked, not read."""
    link_of_address: Callable[[str], Link | None] | None = None
    """What an address alone tells of an article, for addresses that people bring."""
    access_of: Callable[[bytes], Access] | None = None
    """Decides from a page's bytes how much of it may be kept, where that differs from page to page."""
    dated_by_files: bool = False
    """The site's pages have no date; the document of an article tells it, by its name or on its first pages."""
    from_link: tuple[str, ...] = ()
    """Fields that the entry knows better than the page; all others are the page's where it has them."""
    delay: float = 2.0
    """Seconds between two requests to one host."""
    at_once: int = 1
    """Requests under way at the same time; a site is asked for one thing at a time unless it is known not to mind."""
    minimum_links: int = 1
    """A list with fewer links than this is broken, not quiet."""
    thresholds: Thresholds = Thresholds()
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
    for url in (row.address, *(way.url for way in _all_ways(row))):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            reasons.append(f"{url!r} is not an http address")
    for name in row.from_link:
        if name not in _LINK_FACTS:
            reasons.append(f"from_link {name!r} is none of {', '.join(_LINK_FACTS)}")
    if row.elsewhere and row.read != "entry":
        reasons.append("elsewhere: pages of others are named, not read")
    if row.credential and bool(row.credential.header) == bool(row.credential.cookie):
        reasons.append("credential goes into a header or into a cookie")
    if row.credential and not re.fullmatch(r"XINWEN_[A-Z_]+", row.credential.variable):
        reasons.append(f"credential {row.credential.variable!r} is no variable of ours")
    if row.at_once < 1:
        reasons.append(f"{row.at_once} requests at once; 1 is the least")
    for name in ("published", "text"):
        if not 0 <= getattr(row.thresholds, name) <= 1:
            reasons.append(f"threshold {name} of {getattr(row.thresholds, name)} is no share")
    if row.delay < 0.5:
        reasons.append(f"delay of {row.delay} s is impolite; 0.5 s is the least")
    reasons += [f"pattern {pattern!r}: {error}" for pattern, error in _bad_patterns(row)]
    reasons += [f"selector {css!r}: {error}" for css, error in _bad_selectors(row)]
    reasons += [f"path {path!r}: {error}" for path, error in _bad_paths(row)]
    return reasons


def _all_ways(row: Source) -> tuple[Way, ...]:
    return row.ways + row.captured


def _bad_patterns(row: Source) -> list[tuple[str, str]]:
    patterns = [row.include, row.words, row.selectors.stop, row.selectors.skip]
    patterns += [way.follow for way in _all_ways(row) if isinstance(way, Sitemap)]
    patterns += [way.file for way in _all_ways(row) if isinstance(way, Reports)]
    patterns += [way.inside for way in _all_ways(row) if isinstance(way, JsonApi)]
    bad = []
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            bad.append((pattern, str(error)))
    return bad


def _bad_selectors(row: Source) -> list[tuple[str, str]]:
    given = [
        getattr(row.selectors, name)
        for name in ("title", "published", "authors", "tags", "summary", "body", "drop", "files")
    ]
    for way in _all_ways(row):
        if isinstance(way, Listing):
            given += [way.item, way.link, way.title, way.published, way.summary, way.authors, way.tags, way.next]
            given += [way.day, way.body]
        if isinstance(way, Reports):
            given += way.panels
    bad = []
    for css in (one for several in given for one in several.split(OR)):
        try:
            HTMLTranslator().css_to_xpath(css or "*")
        except SelectorError as error:
            bad.append((css, str(error)))
    return bad


def _bad_paths(row: Source) -> list[tuple[str, str]]:
    bad = []
    for way in _all_ways(row):
        if not isinstance(way, JsonApi):
            continue
        known = {field.name for field in fields(Link)}
        bad += [(name, "is no field of a link") for name in way.fields if name not in known]
        for path in (way.items, way.ok or "@", way.login or "@", *way.fields.values()):
            try:
                jmespath.compile(path)
            except jmespath.exceptions.JMESPathError as error:
                bad.append((path, str(error).splitlines()[0]))
    return bad
