"""Records what becomes of every link of a run, from the entry page that lists it to the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawler.discovery.methods import Link
from store.article import Kind, canonical_address

STORED = frozenset({"new", "changed", "unchanged", "not_modified", "duplicate"})
"""Outcomes after which the article of a link is in the store."""

SETTLED = STORED | {"known", "quarantined", "gone", "barred", "ignored"}
"""Outcomes that the link would have again if it were requested again now. After any other it has to be retried."""

OUTCOMES = (
    *("new", "changed", "unchanged", "not_modified", "known", "duplicate", "quarantined", "gone"),
    *("barred", "ignored", "older", "blocked", "failed", "lost", "left_over", "unfinished"),
)


@dataclass(slots=True)
class LinkOutcome:
    """A link that the run follows, and what has become of it; ``outcome`` is "" as long as that is open."""

    key: str
    link: Link
    address: str
    """The canonical address under which visits to the page are stored."""
    outcome: str = ""
    reason: str = ""
    fetched: bool = False
    """Its page was requested in this run."""
    stored: bool = False
    """Its article was in the store before this run."""
    why: str = ""
    """Why its page is requested: ``new``, ``due``, ``back``, ``modified`` or ``title``; "" when it is not."""
    article: str = ""
    """Id of the stored article that the link has led to; "" where there is none."""
    published: datetime | None = None
    kind: Kind = "news"
    dated_by: str = ""
    """The document that was read for the date of the article; "" for none."""
    due: datetime | None = None
    """When the page is to be visited next."""


@dataclass(slots=True)
class SeenEntryPage:
    """An entry page that was read in this run: the keys of its links, and the further entry pages that it names."""

    method: str
    """Label of its discovery method."""
    keys: frozenset[str]
    further: list[str]
    independent: bool
    """All entry pages that are reached through this one are in ``further``, unlike those of a list with next pages."""
    complete: bool
    """It lists every article that the site still has: what is missing from it is gone."""


@dataclass
class LinkLedger:
    """Counts the links of a run: a found link is either dropped for a reason or taken, and a taken one has one outcome.

    A taken link ends by one of two calls. ``end`` sets its outcome directly. Or ``leads_to`` connects it with the key
    of an article, and the pipelines set the outcome of that key with ``settle``; these two may come in any order.
    Several links may lead to one article: the first has the outcome of the article, the others are duplicates.
    """

    count: Callable[[str, int], None]
    """Called with the name and the increment of each count, for Scrapy's stats."""
    found: int = 0
    taken: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Number of links dropped, by reason."""
    results: dict[str, LinkOutcome] = field(default_factory=dict)
    """The links taken, by key."""
    entry_pages: dict[str, SeenEntryPage] = field(default_factory=dict)
    """The entry pages read, by the name under which visits to them are stored."""
    incomplete: set[str] = field(default_factory=set)
    """Labels of the discovery methods of which some entry page could not be read."""
    partial: bool = False
    """The run was restricted by ``limit`` or ``since``, so not all links of the entry pages were followed."""
    validators: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """By address: ETag, Last-Modified (RFC 9110, 8.8), and for entry pages the SHA-256 digest of the bytes."""
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    """Address, outcome and reason of everything that went wrong, in order."""
    _by_url: dict[str, LinkOutcome] = field(default_factory=dict)
    _by_article: dict[str, list[LinkOutcome]] = field(default_factory=dict)
    _settled: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """By key of an article: its outcome, the id under which it is stored, and the reason."""
    _without_link: Counter[str] = field(default_factory=Counter)
    """Outcomes of articles that came from no link, such as ingested files."""
    _ended: list[LinkOutcome] = field(default_factory=list)

    @classmethod
    def of(cls, crawler: Crawler) -> LinkLedger:
        """The one ledger of *crawler*."""
        stats = crawler.stats
        if crawler not in _ledgers:
            _ledgers[crawler] = cls(lambda name, number: stats.inc_value(f"xinwen/{name}", number))
        return _ledgers[crawler]

    def count_found(self, number: int) -> None:
        """Adds *number* to the links found."""
        self.found += number
        self.count("links/found", number)

    def drop(self, reason: str, number: int) -> None:
        """Adds *number* to the links dropped for *reason*."""
        if number:
            self.dropped[reason] += number
            self.count(f"links/dropped/{reason}", number)

    def take(self, keyed: Iterable[tuple[str, Link]]) -> None:
        """Adds the links that the run follows, given as pairs of key and link."""
        for key, link in keyed:
            # A key that is an address is common to all addresses of the page, also to those of earlier runs.
            address = key if key.startswith(("http://", "https://")) else link.url
            result = LinkOutcome(key, link, canonical_address(address))
            self.results[key] = self._by_url[link.url] = result
            self.taken += 1
            self.count("links/taken", 1)

    def result(self, link: Link) -> LinkOutcome | None:
        """What is recorded of *link*; None when it was not taken."""
        return self._by_url.get(link.url)

    def leads_to(self, link: Link, key: str, published: datetime | None = None, kind: Kind = "news") -> None:
        """Connects *link* with the article *key*, whose outcome ``settle`` sets; that may have happened already."""
        result = self._by_url[link.url]
        result.published, result.kind = published, kind
        self._by_article.setdefault(key, []).append(result)
        if key in self._settled:
            self._pass_on(key, result)

    def may_be_stored(self, key: str) -> bool:
        """Whether the article *key* may be in the store already; False when its page is read for the first time."""
        return not any(result.fetched and not result.stored for result in self._by_article.get(key, ()))

    def set_published(self, key: str, published: datetime | None) -> None:
        """Sets the date of the article *key*, where it was found only after ``leads_to``."""
        for result in self._by_article[key]:
            result.published = published

    def set_dated_by(self, key: str, document: str) -> None:
        """Notes that *document* was read for the date of the article *key*, whether it has one or not."""
        for result in self._by_article[key]:
            result.dated_by = document

    def settle(self, key: str, outcome: str, article: str = "", reason: str = "") -> None:
        """Sets the outcome of the article or unreadable page *key*; *article* is its id in the store, if not *key*."""
        if key not in self._by_article:
            self._without_link["duplicate" if key in self._settled else outcome] += 1
        self._settled[key] = outcome, article or key, reason
        for result in self._by_article.get(key, ()):
            self._pass_on(key, result)

    def end(self, link: Link, outcome: str, reason: str = "") -> None:
        """Sets the outcome of a *link* that has led to no article."""
        self._end(self._by_url[link.url], outcome, reason)

    def outcomes(self) -> Counter[str]:
        """The number of links by outcome; links still open count as ``unfinished``."""
        counted = Counter(result.outcome for result in self.results.values() if result.outcome) + self._without_link
        counted["unfinished"] = self.taken - counted.total()
        return counted

    def ended(self) -> list[LinkOutcome]:
        """The links that have ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def _pass_on(self, key: str, result: LinkOutcome) -> None:
        """Gives *result* the outcome of its article *key*."""
        outcome, article, reason = self._settled[key]
        first = self._by_article[key][0] is result
        result.article = article if outcome in STORED else ""
        self._end(result, outcome if first or outcome not in STORED else "duplicate", reason)

    def _end(self, result: LinkOutcome, outcome: str, reason: str) -> None:
        if result.outcome:
            return
        result.outcome, result.reason = outcome, reason
        self._ended.append(result)
        if reason and outcome not in ("known", "duplicate"):
            self.errors.append((result.link.url, outcome, reason))


_ledgers: WeakKeyDictionary[Crawler, LinkLedger] = WeakKeyDictionary()
