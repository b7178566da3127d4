"""What a digest contains: stories, reports, numbers, rising terms, watches and sources with trouble of a span."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pymongo.database import Database

from similarity.analytics.rising_terms import RisingTerm
from similarity.health import health_of
from similarity.index import SimilarityIndex
from store.article import Article
from store.connection import Document
from store.documents import articles, stories
from store.documents.sources import SourceRow, source_rows

BIGGEST, OF_CATEGORY, REPORTS, NUMBERS, RISING = 8, 10, 20, 20, 10
"""How many of each are shown, at most."""

LATE = timedelta(days=7)
"""An article may be stored so long after it was published: the rarest rhythm of a source."""

_Item = TypeVar("_Item")
_BATCH = 500  # articles that are read at once


@dataclass(frozen=True, slots=True)
class DigestStory:
    """A story: title, source and address of its first article of the span, and all ``sources`` that ever had it."""

    id: str
    title: str
    source: str
    url: str
    published: datetime | None
    articles: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DigestReport:
    """A report, filing or table of numbers: of ``company`` on a ``quarter`` (0: the year), where that is known."""

    id: str
    title: str
    source: str
    url: str
    kind: str
    company: str
    year: int
    quarter: int
    summary: str


@dataclass(frozen=True, slots=True)
class WatchCount:
    """How many stories a watch has sent."""

    watch: str
    stories: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source whose latest run was no good one, and why."""

    source: str
    verdict: str
    why: str


@dataclass(frozen=True)
class Digest:
    """What was published from ``since`` until before ``until``, undated articles by when they were first stored.

    ``articles``, ``stories`` and ``sources`` count all of it; the lists hold the first of each, and ``more`` says by
    list (or category) how many were left out. ``names``: of the sources, Chinese and English. ``story_ids``: of all
    stories of the span and of their articles, which name a story also when it has merged or parted since; the next
    digest to the same target leaves them out.
    """

    since: datetime
    until: datetime
    articles: int
    stories: int
    sources: int
    biggest: list[DigestStory]
    categories: Mapping[str, list[DigestStory]]
    reports: list[DigestReport]
    numbers: list[DigestReport]
    rising: list[RisingTerm]
    watches: list[WatchCount]
    troubled: list[Trouble]
    more: Mapping[str, int]
    names: Mapping[str, tuple[str, str]]
    story_ids: tuple[str, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether it is empty."""
        return not self.articles and not self.watches and not self.troubled


def digest(
    index: SimilarityIndex,
    since: datetime,
    until: datetime,
    language: str,
    without: frozenset[str] = frozenset(),
    with_late: bool = False,
) -> Digest:
    """The digest of a span without the stories *without*.

    Where a story has an article in *language*, its title is shown. *with_late*: also of what was published up to
    ``LATE`` before the span and first stored in it, as the digest before could not have it.
    """
    database = index.database
    rows = source_rows(database)
    found = _articles_between(database, since, until, with_late)
    story_of = stories.story_ids(database, [one.id for one in found])
    found = [one for one in found if story_of.get(one.id, one.id) not in without]
    papers = [one for one in found if one.kind in ("report", "filing")]
    numbers = [one for one in found if one.kind == "data"]
    more: dict[str, int] = {}
    news = _stories_of(database, [one for one in found if one.kind == "news"], language)
    several = [story for story in news if len(story.sources) > 1]
    biggest = sorted(several, key=lambda story: (-story.articles, -_seconds(story.published), story.id))[:BIGGEST]
    shown = {story.id for story in biggest}
    categories = _by_category([story for story in news if story.id not in shown], rows, more)
    return Digest(
        since,
        until,
        len(found),
        len({*story_of.values()} - without),
        len({one.source for one in found}),
        biggest,
        categories,
        _first("reports", [_report(one) for one in papers], REPORTS, more),
        _first("numbers", [_report(one) for one in numbers], NUMBERS, more),
        index.rising_terms(until, RISING) if found else [],
        _counts_of_watches(database, since, until),
        _troubled(database, until),
        more,
        {key: (row.name_zh or row.name, row.name) for key, row in rows.items()},
        tuple(sorted({*story_of, *story_of.values()})),
    )


def _articles_between(database: Database[Document], since: datetime, until: datetime, with_late: bool) -> list[Article]:
    """The articles of the span without their texts, the newest first, those without a date last."""
    span = {"$gte": since, "$lt": until}
    late = {"published": {"$gte": since - LATE, "$lt": since}, "first_stored": span}
    of_span = [{"published": span}, {"published": None, "first_stored": span}]
    wanted = {"$or": [*of_span, late] if with_late else of_span}
    ids = [row["_id"] for row in database.articles.find(wanted, {"_id": 1})]
    found: list[Article] = []
    for start in range(0, len(ids), _BATCH):
        for stored in articles.read(database, ids[start : start + _BATCH]).values():
            stored.article.body = ""
            found.append(stored.article)
    return sorted(found, key=lambda one: (-_seconds(one.published), one.id))


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _stories_of(database: Database[Document], news: Sequence[Article], language: str) -> list[DigestStory]:
    """The stories of *news*, in their order."""
    own: dict[str, list[Article]] = defaultdict(list)
    story_of = stories.story_ids(database, [one.id for one in news])
    for one in news:
        own[story_of.get(one.id, one.id)].append(one)
    whole = {story.id: story for story in stories.with_ids(database, list(own))}
    found = []
    for key, of_span in own.items():
        first = min(of_span, key=lambda one: (one.language != language, _seconds(one.published), one.id))
        sources = tuple(whole[key].sources) if key in whole else (first.source,)
        number = len(whole[key].members) if key in whole else len(of_span)
        found.append(DigestStory(key, first.title, first.source, first.url, first.published, number, sources))
    return found


def _by_category(
    news: Sequence[DigestStory], rows: Mapping[str, SourceRow], more: dict[str, int]
) -> dict[str, list[DigestStory]]:
    """The stories *news* by the category of the source, in the order of the source table; others last."""
    found: dict[str, list[DigestStory]] = {row.category: [] for row in rows.values()}
    for story in news:
        found.setdefault(rows[story.source].category if story.source in rows else "", []).append(story)
    return {name: _first(name, of_one, OF_CATEGORY, more) for name, of_one in found.items() if of_one}


def _first(name: str, items: list[_Item], most: int, more: dict[str, int]) -> list[_Item]:
    if len(items) > most:
        more[name] = len(items) - most
    return items[:most]


def _report(article: Article) -> DigestReport:
    file = next((file for file in article.files if file.company), None)
    summary = "" if article.access == "headline" else " ".join(article.summary.split())
    about = (file.company, file.fiscal_year, file.quarter) if file else ("", 0, 0)
    return DigestReport(article.id, article.title, article.source, article.url, article.kind, *about, summary)


def _counts_of_watches(database: Database[Document], since: datetime, until: datetime) -> list[WatchCount]:
    names = {row["_id"]: row["name"] for row in database.watches.find({}, {"name": 1})}
    wanted = {"found": {"$gte": since, "$lt": until}, "notified": True, "kind": {"$ne": "known"}}
    stages: list[Document] = [{"$match": wanted}, {"$group": {"_id": "$watch", "number": {"$sum": 1}}}]
    numbers = {row["_id"]: row["number"] for row in database.outbox.aggregate(stages)}
    counts = [WatchCount(names[key], number) for key, number in numbers.items() if key in names]
    return sorted(counts, key=lambda one: (-one.stories, one.watch))


def _troubled(database: Database[Document], until: datetime) -> list[Trouble]:
    """The sources that were in trouble when the span ended; what their later runs say is of another day."""
    states = health_of(database, min(until, datetime.now(UTC)), [])
    return [
        Trouble(state.source, state.verdict, " ".join((state.why or state.fault).split()))
        for state in states
        if state.fault and state.last and state.last < until
    ]
