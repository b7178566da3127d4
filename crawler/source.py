"""A news source as a value: where its articles are listed, how its pages are read, and what may be kept of them.

Each file in ``crawler/sources/`` holds one ``Source``. A source with a mistake is refused at import, with a
``SourceError`` that names its key and the mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.discovery.method_checks import (
    Mistake,
    mistake_in_pattern,
    mistake_in_selector,
    mistakes_in_address,
    mistakes_in_method,
)
from crawler.discovery.methods import (
    Credential,
    DiscoveryMethod,
    JsonApi,
    Link,
    ListedDocument,
    Sheets,
    WorkbookText,
)
from store.article import Access, Article, Kind, is_fuller
from store.settings import PREFIX, SECRETS

Category = Literal["行业协会", "半导体科技", "咨询", "金融财务", "媒体"]
ReadMode = Literal["page", "entry"]


class SourceError(ValueError):
    """A source has a mistake; the message names its key and the first mistake, ``mistakes`` has all."""

    def __init__(self, message: str, mistakes: tuple[Mistake, ...] = ()) -> None:
        super().__init__(message)
        self.mistakes = mistakes


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
    every: timedelta | None = None
    """The time from one run to the next; None: that of its category, see ``rhythm``."""
    reporting: tuple[tuple[str, str], ...] = ()
    """Spans of the year (first and last day, ``MM-DD``) in which the company reports: then it is crawled daily."""
    limit: int = 0
    """Maximum number of articles that a run takes, the newest; 0 for no limit."""
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

    keep_at_least: Access | None = None
    """Whatever lists and pages say: this much of each article may be kept, by a right of the user's own."""
    keep_at_most: Access | None = None
    """Whatever lists and pages say: no more than this is kept of any article."""
    allowed: frozenset[str] = field(init=False, default=frozenset())
    """All hosts that may be requested: those of ``discovery`` and ``hosts``."""
    ports: frozenset[int] = field(init=False, default=frozenset())
    """Ports that may be requested beside 80 and 443: those that ``discovery`` names."""

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The keys and sessions of the user that its discovery methods need, each once."""
        needed = (credential_of(method, self) for method in self.discovery)
        return tuple(dict.fromkeys(credential for credential in needed if credential))

    @property
    def rhythm(self) -> timedelta:
        """The time from one run to the next."""
        return self.every or _RHYTHMS[self.category]

    def access(self, stated: Access | None) -> Access:
        """How much of an article may be kept of which list or page says *stated*; None where they say nothing."""
        access = stated or self.keep
        least = self.keep_at_least
        return self.capped(least if least and is_fuller(least, access) else access)

    def capped(self, access: Access) -> Access:
        """*access*, or less where the source keeps less of everything."""
        most = self.keep_at_most
        return most if most and is_fuller(access, most) else access

    def __post_init__(self) -> None:
        mistakes = tuple(_mistakes_in(self))
        for _, reason in mistakes:
            raise SourceError(f"source {self.key or self.number}: {reason}", mistakes)
        hosts = [urlsplit(method.url).hostname or "" for method in self.discovery]
        object.__setattr__(self, "allowed", frozenset(map(_as_requested, (*hosts, *self.hosts))))
        ports = (urlsplit(method.url).port for method in self.discovery)
        object.__setattr__(self, "ports", frozenset(port for port in ports if port))


def credential_of(method: DiscoveryMethod, source: Source) -> Credential | None:
    """The key or session that *method* needs: its own, else that of its source."""
    return getattr(method, "credential", None) or source.credential


_RHYTHMS: dict[Category, timedelta] = {
    "行业协会": timedelta(hours=1),
    "媒体": timedelta(hours=1),
    "咨询": timedelta(days=1),
    "金融财务": timedelta(days=1),
    "半导体科技": timedelta(weeks=1),
}
"""The time between two runs by category: what appears daily is asked for hourly, reports of companies weekly."""

_LINK_FIELDS = ("title", "published", "summary", "authors", "tags", "kind")
"""Fields of a link that ``Source.from_link`` may prefer."""

_DAY_OF_YEAR = r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_MOST_AT_ONCE, _MOST_DELAY = 16, 600
_RHYTHM_LIMITS = timedelta(minutes=10), timedelta(days=31)


def span_text(span: timedelta) -> str:
    """*span* as the user's file writes it: ``30min``, ``6h``, ``1d``, ``1w``."""
    for unit, length in (("w", timedelta(weeks=1)), ("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if span % length == timedelta():
            return f"{span // length}{unit}"
    return f"{span // timedelta(minutes=1)}min"


def _as_requested(host: str) -> str:
    """*host* as a request spells it: in lower case, other letters than English ones encoded."""
    try:
        return host.lower().encode("idna").decode()
    except UnicodeError:
        return host.lower()


def _mistakes_in(source: Source) -> Iterator[Mistake]:
    """Everything that is wrong with *source*."""
    yield from _wrong_facts(source)
    yield from _wrong_addresses(source)
    yield from _wrong_permissions(source)
    patterns: tuple[Mistake, ...] = (
        (("include",), source.include),
        (("words",), source.words),
        (("selectors", "stop"), source.selectors.stop),
        (("selectors", "skip"), source.selectors.skip),
    )
    for where, pattern in patterns:
        if reason := mistake_in_pattern(pattern):
            yield where, f"pattern {pattern!r}: {reason}"
    for selector in fields(Selectors):
        if selector.name not in ("stop", "skip") and (
            reason := mistake_in_selector(getattr(source.selectors, selector.name))
        ):
            yield ("selectors", selector.name), reason
    for name in ("discovery", "captured"):
        for number, method in enumerate(getattr(source, name)):
            for where, reason in mistakes_in_method(method):
                yield (name, number, *where), reason
            is_read_by_fields = isinstance(method, JsonApi) and not (method.mcp_tool or source.link_of)
            if is_read_by_fields and "url" not in method.fields:
                yield (name, number, "fields"), "fields has no url: without an address there is no article"


def _wrong_facts(source: Source) -> Iterator[Mistake]:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", source.key):
        yield ("key",), f"key {source.key!r} is not lower case letters, digits and _, 50 at most"
    if source.number < 1:
        yield ("number",), f"number {source.number} is not positive"
    for name in ("name", "note", "why"):
        if not getattr(source, name).strip():
            yield (name,), f"{name} is empty"
    for name in ("name", "name_zh", "note"):
        if not getattr(source, name).isprintable():
            yield (name,), f"{name} has line breaks or control characters"
    for name, allowed in (("category", Category), ("keep", Access), ("read", ReadMode), ("kind", Kind)):
        if getattr(source, name) not in get_args(allowed):
            yield (name,), f"{name} {getattr(source, name)!r} is none of {', '.join(get_args(allowed))}"
    if source.language not in ("zh", "en"):
        yield ("language",), f"language {source.language!r} is neither zh nor en"
    try:
        ZoneInfo(source.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("timezone",), f"time zone {source.timezone!r} is unknown"
    for name in ("published", "text"):
        if not 0 <= getattr(source.thresholds, name) <= 1:
            yield ("thresholds", name), f"threshold {name} of {getattr(source.thresholds, name)} is no share"
    for name in ("limit", "minimum_links"):
        if getattr(source, name) < 0:
            yield (name,), f"{name} of {getattr(source, name)} is negative"
    for number, (first, last) in enumerate(source.reporting):
        if not (re.fullmatch(_DAY_OF_YEAR, first) and re.fullmatch(_DAY_OF_YEAR, last) and first <= last):
            yield ("reporting", number), f"{first!r} to {last!r} is no span of days in a year, as 01-08 to 01-20"
    if source.every is not None and not _RHYTHM_LIMITS[0] <= source.every <= _RHYTHM_LIMITS[1]:
        yield ("every",), f"a run every {source.every}: between 10 minutes and 31 days is possible"


def _wrong_addresses(source: Source) -> Iterator[Mistake]:
    if not source.discovery and source.enabled:
        yield ("discovery",), "enabled, but has no discovery method"
    for reason in mistakes_in_address(source.address):
        yield ("address",), reason
    for number, host in enumerate(source.hosts):
        if not re.fullmatch(r"[\w.-]+", host):
            yield ("hosts", number), f"{host!r} is no name of a host"
        else:
            yield from ((("hosts", number), reason) for reason in mistakes_in_address(f"https://{host}/"))
    for name in source.from_link:
        if name not in _LINK_FIELDS:
            yield ("from_link",), f"from_link {name!r} is none of {', '.join(_LINK_FIELDS)}"
    if source.elsewhere and source.read != "entry":
        yield ("elsewhere",), "elsewhere: pages of other publishers are linked, not read; set read to 'entry'"


def _wrong_permissions(source: Source) -> Iterator[Mistake]:
    """Mistakes in what a run sends to the site: credentials, concurrency and delay."""
    for credential in source.credentials:
        if bool(credential.header) == bool(credential.cookie):
            yield ("credential",), "credential needs either a header or a cookie"
        if credential.variable.removeprefix(PREFIX).lower() not in SECRETS:
            yield ("credential",), f"credential {credential.variable!r} is no setting of this project that holds a key"
    if not 1 <= source.at_once <= _MOST_AT_ONCE:
        yield ("at_once",), f"{source.at_once} concurrent requests; 1 is the minimum, {_MOST_AT_ONCE} the maximum"
    if source.delay < 0.5:
        yield ("delay",), f"delay of {source.delay} s is impolite; 0.5 s is the minimum"
    elif not source.delay <= _MOST_DELAY:
        yield ("delay",), f"delay of {source.delay} s; {_MOST_DELAY} s is the maximum"
