"""A news source as a value: where its articles are listed, how its pages are read, and what may be kept of them.

Each file in ``crawler/sources/`` holds one ``Source``. A source with a mistake is refused at import, with a
``SourceError`` that names its key and the mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
from cssselect import SelectorError
from parsel.csstranslator import HTMLTranslator

from crawler.discovery.methods import (
    OR,
    Credential,
    DiscoveryMethod,
    JsonApi,
    Link,
    ListedDocument,
    Listing,
    Reports,
    Sheets,
    Sitemap,
    WorkbookText,
)
from store.article import Access, Article, Kind

Category = Literal["行业协会", "半导体科技", "咨询", "金融财务", "媒体"]
ReadMode = Literal["page", "entry"]


class SourceError(ValueError):
    """A source has a mistake; the message names its key and the mistake."""


@dataclass(frozen=True)
class Selectors:
    """CSS selectors for article pages, tried before the generic extraction; ``body`` may select several elements.

    ``drop`` selects elements to remove before reading. ``stop`` is a regular expression: the body ends before the
    first paragraph that matches. ``skip`` is a regular expression of paragraphs to leave out. ``files`` selects links
    to documents, which are kept as links.
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
    """Minimum quality of a run; below any of them its verdict is ``degraded``.

    ``published`` and ``text`` are shares (0 to 1) of the run's articles that have a date and a body. ``length`` is the
    median length of the bodies in characters. Reports and filings are not counted for ``published``; articles of
    which only the headline may be kept are not counted for ``text``.
    """

    published: float = 0.5
    text: float = 0.8
    length: int = 150


@dataclass(frozen=True)
class Source:
    """One news source; the table of sources in the README has one row for each."""

    number: int
    key: str
    name: str
    category: Category
    address: str
    note: str
    language: Literal["zh", "en"]
    timezone: str
    discovery: tuple[DiscoveryMethod, ...]
    """Where links are found. Methods of one ``part`` are alternatives, tried in order; every part is tried."""
    keep: Access
    """How much of an article may be kept: the full text, an abstract or the headline."""
    enabled: bool
    why: str
    """Why the source is enabled or disabled: on what the permission to request its pages rests."""
    name_zh: str = ""
    forbidden_by_terms: bool = False
    """The text of its terms forbids programs, although robots.txt allows them; ``why`` says so."""
    captured: tuple[DiscoveryMethod, ...] = ()
    """Methods that read saved files only: of markup that no longer exists, or of sites that must not be requested."""
    read: ReadMode = "page"
    """``page``: each linked page is fetched and read. ``entry``: the article is what the entry page says of it."""
    hosts: tuple[str, ...] = ()
    """Hosts that may be requested in addition to those of ``discovery``, such as a CDN for files."""
    entry_stands_in: bool = False
    """When an article's page or document is refused, store what the entry page says of the article."""
    elsewhere: bool = False
    """Links lead to other publishers: the article names the link, and the page is never requested."""
    credential: Credential | None = None
    include: str = ""
    """Regular expression; only matching addresses are articles."""
    words: str = ""
    """Regular expression, case-insensitive; only articles whose address, title, summary or tags match are on topic."""
    kind: Kind = "news"
    selectors: Selectors = Selectors()
    site_names: tuple[str, ...] = ()
    """Site names that are removed from the end and the start of titles (``… | McKinsey``)."""
    address_of: Callable[[str], str] | None = None
    """Maps an address to the canonical one: an old host to the present one, one of two equal pages to the other."""
    address_with: Callable[[str, str], str] | None = None
    """Maps address and title to a unique address, for sites that reuse one address for several articles."""
    same_page: Callable[[str], str] | None = None
    """Maps all addresses of one page to one key; None: the address is the key.

    Where the key is an http address, the page is remembered under it. Later runs then recognize the page at any of
    its addresses.
    """
    link_of: Callable[[dict[str, Any], Link], Link | None] | None = None
    """Corrects the link read from one item of a feed or JSON reply, given the item; None drops the link."""
    document_of: Callable[[ListedDocument, Link], Link | None] | None = None
    """Corrects the link read from one document of a list of reports, given the document; None drops the link."""
    article_of: Callable[[bytes, Article], Article] | None = None
    """Corrects the article read from a page, given the bytes of the page."""
    workbook_of: Callable[[Sheets, str], WorkbookText] | None = None
    """Reads a workbook, given its sheets and its file name; None: workbooks are linked and not read."""
    link_of_address: Callable[[str], Link | None] | None = None
    """Reads what an address alone says of an article (title, day), for addresses that users ingest."""
    access_of: Callable[[bytes], Access] | None = None
    """Decides from the bytes of a page how much of it may be kept, where that differs between pages."""
    dated_by_files: bool = False
    """Pages have no date: it is read from the linked document, from its name or its first pages."""
    from_link: tuple[str, ...] = ()
    """Fields of the article for which the entry page is preferred; for all others the article's own page is."""
    unverified: str = ""
    """Why the certificates of its hosts are not verified; "" where they are."""
    delay: float = 2.0
    """Seconds between two requests to one host."""
    at_once: int = 1
    """Concurrent requests; more than one only for sites known to accept it."""
    minimum_links: int = 1
    """Discovery that finds fewer links than this has failed; the site is not merely without news."""
    thresholds: Thresholds = Thresholds()

    @property
    def row(self) -> dict[str, str | int | bool]:
        """What people see of the source, as ``store.documents.sources`` keeps it."""
        names = ("number", "key", "name", "name_zh", "category", "address", "note", "language", "keep", "enabled")
        return {name: getattr(self, name) for name in names}

    allowed: frozenset[str] = field(init=False, default=frozenset())
    """All hosts that may be requested: those of ``discovery`` and ``hosts``."""
    ports: frozenset[int] = field(init=False, default=frozenset())
    """Ports that may be requested beside 80 and 443: those that ``discovery`` names."""

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The keys and sessions of the user that its discovery methods need, each once."""
        needed = (credential_of(method, self) for method in self.discovery)
        return tuple(dict.fromkeys(credential for credential in needed if credential))

    def __post_init__(self) -> None:
        hosts = {urlsplit(method.url).hostname or "" for method in self.discovery} | set(self.hosts)
        object.__setattr__(self, "allowed", frozenset(hosts))
        ports = (urlsplit(method.url).port for method in self.discovery)
        object.__setattr__(self, "ports", frozenset(port for port in ports if port))
        for mistake in _mistakes_in(self):
            raise SourceError(f"source {self.key or self.number}: {mistake}")


def credential_of(method: DiscoveryMethod, source: Source) -> Credential | None:
    """The key or session that *method* needs: its own, else that of its source."""
    return getattr(method, "credential", None) or source.credential


_LINK_FIELDS = ("title", "published", "summary", "authors", "tags", "kind")
"""Fields of a link that ``Source.from_link`` may prefer."""


def _mistakes_in(source: Source) -> Iterator[str]:
    """Everything that is wrong with *source*, one message each."""
    yield from _wrong_facts(source)
    yield from _wrong_addresses(source)
    yield from _wrong_permissions(source)
    for pattern, error in _bad_patterns(source):
        yield f"pattern {pattern!r}: {error}"
    for css, error in _bad_selectors(source):
        yield f"selector {css!r}: {error}"
    for path, error in _bad_json_paths(source):
        yield f"path {path!r}: {error}"


def _wrong_facts(source: Source) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", source.key):
        yield f"key {source.key!r} is not lower case letters, digits and _"
    if source.number < 1:
        yield f"number {source.number} is not positive"
    for name in ("name", "note", "why"):
        if not getattr(source, name).strip():
            yield f"{name} is empty"
    for name, allowed in (("category", Category), ("keep", Access), ("read", ReadMode), ("kind", Kind)):
        if getattr(source, name) not in get_args(allowed):
            yield f"{name} {getattr(source, name)!r} is none of {', '.join(get_args(allowed))}"
    if source.language not in ("zh", "en"):
        yield f"language {source.language!r} is neither zh nor en"
    try:
        ZoneInfo(source.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"time zone {source.timezone!r} is unknown"
    for name in ("published", "text"):
        if not 0 <= getattr(source.thresholds, name) <= 1:
            yield f"threshold {name} of {getattr(source.thresholds, name)} is no share"


def _wrong_addresses(source: Source) -> Iterator[str]:
    if not source.discovery and source.enabled:
        yield "enabled, but has no discovery method"
    for url in (source.address, *(method.url for method in _all_methods(source))):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            yield f"{url!r} is not an http address"
    for name in source.from_link:
        if name not in _LINK_FIELDS:
            yield f"from_link {name!r} is none of {', '.join(_LINK_FIELDS)}"
    if source.elsewhere and source.read != "entry":
        yield "elsewhere: pages of other publishers are linked, not read; set read to 'entry'"


def _wrong_permissions(source: Source) -> Iterator[str]:
    """Mistakes in what a run sends to the site: credentials, concurrency and delay."""
    for credential in source.credentials:
        if bool(credential.header) == bool(credential.cookie):
            yield "credential needs either a header or a cookie"
        if not re.fullmatch(r"XINWEN_[A-Z_]+", credential.variable):
            yield f"credential {credential.variable!r} is no setting of this project"
    if source.at_once < 1:
        yield f"{source.at_once} concurrent requests; 1 is the minimum"
    if source.delay < 0.5:
        yield f"delay of {source.delay} s is impolite; 0.5 s is the minimum"


def _all_methods(source: Source) -> tuple[DiscoveryMethod, ...]:
    return source.discovery + source.captured


def _bad_patterns(source: Source) -> Iterator[tuple[str, str]]:
    """Regular expressions that do not compile, with the error."""
    patterns = [source.include, source.words, source.selectors.stop, source.selectors.skip]
    for method in _all_methods(source):
        if isinstance(method, Sitemap):
            patterns.append(method.follow)
        elif isinstance(method, Reports):
            patterns += [method.file, method.attachments]
        elif isinstance(method, JsonApi):
            patterns += [method.embedded_after, method.reply_url]
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            yield pattern, str(error)


def _bad_selectors(source: Source) -> Iterator[tuple[str, str]]:
    """CSS selectors that do not parse, with the error."""
    of_pages = ("title", "published", "authors", "tags", "summary", "body", "drop", "files")
    of_lists = ("item", "link", "title", "published", "summary", "authors", "tags", "next", "day_heading", "body")
    given = [getattr(source.selectors, name) for name in of_pages]
    for method in _all_methods(source):
        if isinstance(method, Listing):
            given += [getattr(method, name) for name in of_lists]
        elif isinstance(method, Reports):
            given += method.panels
    for css in (alternative for alternatives in given for alternative in alternatives.split(OR)):
        try:
            HTMLTranslator().css_to_xpath(css or "*")
        except SelectorError as error:
            yield css, str(error)


def _bad_json_paths(source: Source) -> Iterator[tuple[str, str]]:
    """JMESPath expressions and field names of JSON methods that cannot work, with the error."""
    link_fields = {field.name for field in fields(Link)}
    for method in _all_methods(source):
        if not isinstance(method, JsonApi):
            continue
        for name in method.fields:
            if name not in link_fields:
                yield name, "is no field of a link"
        if method.body and method.page and not isinstance(jmespath.search(method.page, _json(method.body)), int):
            yield method.page, "leads to no number in the body"
        for path in (method.items, method.ok or "@", method.login or "@", *method.fields.values()):
            try:
                jmespath.compile(path)
            except jmespath.exceptions.JMESPathError as error:
                yield path, str(error).splitlines()[0]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
