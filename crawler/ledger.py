"""What becomes of every link of a run, from the entry that shows it to the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawler.way import Link
from store.article import Kind, canonical_address

STORED = frozenset({"new", "changed", "unchanged", "not_modified", "duplicate"})
"""Outcomes after which the article of a link lies in the store."""

SETTLED = STORED | {"known", "quarantined", "gone", "barred", "ignored"}
"""Outcomes that the same link would have again if it were tried at once; after any other it must be tried again."""

OUTCOMES = (
    *("new", "changed", "unchanged", "not_modified", "known", "duplicate", "quarantined", "gone"),
    *("barred", "ignored", "older", "blocked", "failed", "lost", "unfinished"),
)


@dataclass(slots=True)
class Fate:
    """One link that was taken, and what has become of it; ``outcome`` is "" while that is open."""

    key: str
    link: Link
    address: str
    """What the page is remembered by."""
    outcome: str = ""
    reason: str = ""
    fetched: bool = False
    stored: bool = False
    """Its article was in the store before this run."""
    why: str = ""
    """Why it was asked for once more, where it was."""
    article: str = ""
    published: datetime | None = None
    kind: Kind = "news"
    due: datetime | None = None
    """When it is to be asked for again."""


@dataclass(slots=True)
class Shown:
    """An entry that was read: its links by their keys, and the entries that it leads to."""

    way: str
    keys: frozenset[str]
    further: list[str]
    alone: bool
    """No other entry is found by way of this one alone, except those of ``further``."""
    complete: bool
    """What it no longer shows is no longer there."""


@dataclass
class Ledger:
    """Found links are dropped for a reason or taken, and every taken one comes to an outcome."""

    count: Callable[[str, int], None]
    """Told of every name and number, for Scrapy's own stats."""
    found: int = 0
    taken: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    fates: dict[str, Fate] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    spoiled: set[str] = field(default_factory=set)
    """Ways of which some entry could not be read."""
    partial: bool = False
    """Only some of what the entries show was wanted."""
    validators: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """ETag, Last-Modified and for entries the digest of the bytes, by address."""
    mishaps: list[tuple[str, str, str]] = field(default_factory=list)
    """Address, outcome and reason of what went wrong, in order."""
    _urls: dict[str, Fate] = field(default_factory=dict)
    _led: dict[str, list[Fate]] = field(default_factory=dict)
    _results: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    _others: Counter[str] = field(default_factory=Counter)
    _ended: list[Fate] = field(default_factory=list)

    @classmethod
    def of(cls, crawler: Crawler) -> Ledger:
        """The one ledger of *crawler*."""
        stats = crawler.stats
        if crawler not in _ledgers:
            _ledgers[crawler] = cls(lambda name, number: stats.inc_value(f"xinwen/{name}", number))
        return _ledgers[crawler]

    def find(self, number: int) -> None:
        self.found += number
        self.count("links/found", number)

    def drop(self, reason: str, number: int) -> None:
        if number:
            self.dropped[reason] += number
            self.count(f"links/dropped/{reason}", number)

    def take(self, keyed: Iterable[tuple[str, Link]]) -> None:
        """Note the links that are followed, under their keys."""
        for key, link in keyed:
            # A key that is an address stands for all that the page has had, also before this run.
            address = key if key.startswith(("http://", "https://")) else link.url
            fate = Fate(key, link, canonical_address(address))
            self.fates[key] = self._urls[link.url] = fate
            self.taken += 1
            self.count("links/taken", 1)

    def fate(self, link: Link) -> Fate | None:
        return self._urls.get(link.url)

    def led(self, link: Link, key: str, published: datetime | None = None, kind: Kind = "news") -> None:
        """*link* has led to what ``settle`` will tell the outcome of under *key*."""
        fate = self._urls[link.url]
        fate.published, fate.kind = published, kind
        self._led.setdefault(key, []).append(fate)
        if key in self._results:
            self._tell(key, fate)

    def may_be_stored(self, key: str) -> bool:
        """May what *key* stands for be in the store already? Not what a page says that is read for the first time."""
        return not any(fate.fetched and not fate.stored for fate in self._led.get(key, ()))

    def date(self, key: str, published: datetime | None) -> None:
        """What *key* stands for was published then, as is known only now."""
        for fate in self._led[key]:
            fate.published = published

    def settle(self, key: str, outcome: str, article: str = "", reason: str = "") -> None:
        """An article, or a page of which none could be made, has come to its end; *article* now stands for it."""
        if key not in self._led:
            self._others["duplicate" if key in self._results else outcome] += 1
        self._results[key] = outcome, article or key, reason
        for fate in self._led.get(key, ()):
            self._tell(key, fate)

    def end(self, link: Link, outcome: str, reason: str = "") -> None:
        """*link* has come to its end without leading to anything."""
        self._end(self._urls[link.url], outcome, reason)

    def outcomes(self) -> Counter[str]:
        """Outcomes of all links taken; those still open are ``unfinished``."""
        counted = Counter(fate.outcome for fate in self.fates.values() if fate.outcome) + self._others
        counted["unfinished"] = self.taken - counted.total()
        return counted

    def ended(self) -> list[Fate]:
        """The fates that have ended since this was last asked."""
        ended, self._ended = self._ended, []
        return ended

    def _tell(self, key: str, fate: Fate) -> None:
        outcome, article, reason = self._results[key]
        first = self._led[key][0] is fate
        fate.article = article if outcome in STORED else ""
        self._end(fate, outcome if first or outcome not in STORED else "duplicate", reason)

    def _end(self, fate: Fate, outcome: str, reason: str) -> None:
        if fate.outcome:
            return
        fate.outcome, fate.reason = outcome, reason
        self._ended.append(fate)
        if reason and outcome not in ("known", "duplicate"):
            self.mishaps.append((fate.link.url, outcome, reason))


_ledgers: WeakKeyDictionary[Crawler, Ledger] = WeakKeyDictionary()
