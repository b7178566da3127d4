"""Discovery methods as values of a source: where the links to its articles are found, and how they are read.

``reader.py`` reads an entry page by its method and says how to add a method.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from store.article import Access, Kind

OR = " || "
"""Separates alternative CSS selectors of a ``Listing``: the first that finds a text is used."""


@dataclass(frozen=True)
class Credential:
    """A key or session of the user, read from the environment variable ``variable``; without it nothing is requested.

    Its value is sent in the header (after ``scheme``, such as ``Bearer``) or in the cookie of the given name. It
    appears nowhere else: not in logs, run records or archives.
    """

    variable: str
    header: str = ""
    cookie: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What an entry page states about one article."""

    url: str
    title: str = ""
    published: datetime | None = None
    summary: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: Kind | None = None
    body: str = ""
    """HTML of the whole article, where the entry page contains it."""
    modified: datetime | None = None
    """When the page was last built, which is no date of publication."""
    language: str = ""
    access: Access | None = None
    """How much of this article may be kept, where that differs from ``Source.keep``."""
    files: tuple[str, ...] = ()
    """Addresses of further files of the article, which are stored as links."""


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document on a ``Reports`` page, from which ``Source.document_of`` makes its link."""

    url: str
    text: str
    """The text of the link, often no more than "PDF"."""
    context: str
    """The text of the line or block around the link."""
    label: str
    """The label that the source gives the panel in which the document is listed."""
    kind: Kind
    listed_at: str
    namesakes_before: int
    """How many documents with the same file name precede it in its panel."""
    namesakes: int
    """How many documents of its panel have this file name, itself included."""


@dataclass(frozen=True, slots=True)
class WorkbookText:
    """A workbook as text, made by ``Source.workbook_of``."""

    title: str
    summary: str
    """The key figures, which are kept where the pages may not be."""
    pages: tuple[str, ...]


Sheets = dict[str, list[tuple[Any, ...]]]
"""The rows of a workbook by the name of the sheet."""


@dataclass(frozen=True)
class Feed:
    """RSS or Atom.

    Every method has ``part`` (see ``DiscoveryMethod``). ``verified``: someone has seen the address reply; a guessed
    address is requested as well. ``complete``: the entry page lists everything it ever listed, so that what is
    missing from it was removed from the site.
    """

    url: str
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Sitemap:
    """A sitemap or a sitemap index.

    ``follow`` is the pattern of the children of an index to request, ``pages`` their maximum number. ``language``
    selects links of a news sitemap.
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
    """A JSON reply.

    Items: ``items`` is the JMESPath expression of the list, ``@`` for a list at the top. ``fields`` maps fields of
    ``Link`` to JMESPath expressions inside an item.

    Pages: ``page`` is the query parameter with the page number (empty: one page holds everything), ``first`` the
    number of the page at ``url``, ``pages`` the maximum to request. With ``by_offset`` it is the number of items before
    the page, and grows by as many as a reply has. ``body`` makes the request a POST; ``page`` is then
    the path of the number in the body (``page.current``).

    Status: ``ok`` and ``login`` are JMESPath expressions that are true for a successful reply and for one that asks for
    a login, for APIs that return HTTP 200 for everything.

    Access: ``credential`` replaces the one of the source. ``requires_robots``: requested only where a robots.txt was
    read and allows it; a missing robots.txt does not.

    JSON in HTML: ``embedded_after`` is the pattern before the JSON in a script of the page. ``reply_url`` is the
    pattern of an address in the page at ``url`` which returns the JSON, ``reply_query`` the query to add to it.

    MCP: ``mcp_tool`` names a tool of a Model Context Protocol server, ``body`` holds its arguments. The shape of its
    output is unknown: items are all objects that have a title and an address.
    """

    url: str
    fields: dict[str, str]
    items: str = "@"
    page: str = ""
    first: int = 1
    by_offset: bool = False
    pages: int = 1
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    ok: str = ""
    login: str = ""
    requires_robots: bool = False
    date_order: Literal["YMD", "MDY", "DMY"] = "YMD"
    embedded_after: str = ""
    mcp_tool: str = ""
    reply_url: str = ""
    reply_query: str = ""
    credential: Credential | None = None
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Listing:
    """An HTML page that lists articles, read by CSS selectors. ``item`` is one article, the others apply inside it.

    An empty ``link`` means that the page itself is the article, and ``body`` selects its text.

    ``day_heading`` selects headings between the items that hold the day; ``published`` then only gives the time.
    Further pages: the link ``next``, or ``page_url``, an address with ``{page}`` counted from 2; ``pages`` is the
    maximum. ``url`` may contain ``{year}``: the current year and the ``years - 1`` before it are requested.
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
    day_heading: str = ""
    next: str = ""
    page_url: str = ""
    pages: int = 1
    years: int = 1
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Reports:
    """An HTML page that links documents (PDF, workbooks); every link that matches ``file`` is one.

    ``url`` may contain ``{year}`` (the current year and the ``years - 1`` before it are requested) and ``{quarter}``
    (each of 4 to 1). ``panels`` maps CSS selectors of sections of the page to their label and the kind of their
    documents. ``keep`` is how much of the documents may be kept, where that differs from ``Source.keep``. Links that
    match ``attachments`` in the line of a document are further files of it.
    """

    url: str
    file: str = r"\.pdf($|\?)"
    years: int = 1
    kind: Kind = "report"
    panels: dict[str, tuple[str, Kind]] = field(default_factory=dict)
    keep: Access | None = None
    attachments: str = ""
    verified: bool = True
    part: str = ""
    complete: bool = False


@dataclass(frozen=True)
class DataBlocks:
    """A Google Finance page: a quote and news of other publishers, in calls of ``AF_initDataCallback``."""

    url: str
    verified: bool = True
    part: str = ""


@dataclass(frozen=True)
class FixedLinks:
    """Links written in the source, of a site that may not be crawled; ``url`` is where they were found."""

    url: str
    links: tuple[Link, ...]
    part: str = ""


DiscoveryMethod = Feed | Sitemap | JsonApi | Listing | Reports | DataBlocks | FixedLinks
"""Methods with the same ``part`` are alternatives: the first that yields links is used. Every part is read."""
