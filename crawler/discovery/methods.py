"""The ways into a site: where links to its articles are found and how they are read, as values of a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from store.article import Access, Kind


@dataclass(frozen=True)
class Credential:
    """A key or session of the user's own, given in the environment: without it nothing that wants it is asked.

    Its value goes into the header (behind ``scheme``, such as ``Bearer``) or the cookie of that name and nowhere
    else: not into logs, records or archives.
    """

    variable: str
    header: str = ""
    cookie: str = ""
    scheme: str = ""


OR = " || "
"""Between selectors of a list that stand in for one another: the first that finds a text is taken."""


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
    files: tuple[str, ...] = ()
    """Addresses of further files of the same article, which are kept as links."""


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
    ``url`` itself gives, ``pages`` the most to ask for. ``body`` makes the request a POST, whose ``page`` is the
    place of the number in the body (``page.current``). ``ok`` and ``login``
    are JMESPath expressions that tell a reply that holds what was asked for, and one that asks for a login,
    for interfaces that say HTTP 200 to everything. ``leave``: asked only where a robots.txt has been read and
    does not bar it; a missing one is no leave. ``inside`` is the pattern in front of the JSON, where
    the reply is an HTML page with the JSON in one of its scripts. ``tool`` names a tool of a server that speaks the
    Model Context Protocol, ``body`` holds its arguments; in what it gives, whose shape is the tool's own, articles
    are the objects that have title and address. ``credential`` is what this way wants in place of the row's.
    ``named`` is the pattern of an address in the page at ``url``, where the reply lies; ``asked`` the query it wants.
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
    tool: str = ""
    named: str = ""
    asked: str = ""
    credential: Credential | None = None
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Listing:
    """An HTML page that lists articles. CSS selectors; ``link`` and the others look inside ``item``.

    An empty ``link`` means that the page itself holds the article, the places ``body`` its text.

    Further pages are led to by the link ``next``, or lie at ``more``, an address with ``{page}`` counted from 2.
    ``day`` is a heading between the items: of those under it ``published`` tells the time of day at most.
    ``url`` may hold ``{year}``: the current year and ``years - 1`` before it are asked for.
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
    years: int = 1
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Reports:
    """An HTML page that links documents (PDF, workbooks); every link matching ``file`` is one.

    ``url`` may hold ``{year}`` (the current year and ``years - 1`` before it are asked for) and ``{quarter}``
    (each of 4 to 1). ``panels`` maps CSS selectors of parts of the page to what they are called and hold;
    ``keep`` is how much of the documents may be kept, where that differs from the row's articles. Links that match
    ``beside`` in the line of a document are files of the same article.
    """

    url: str
    file: str = r"\.pdf($|\?)"
    years: int = 1
    kind: Kind = "report"
    panels: dict[str, tuple[str, Kind]] = field(default_factory=dict)
    keep: Access | None = None
    beside: str = ""
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
