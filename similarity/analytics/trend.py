"""How often articles name a topic over time, per source, in both languages together; counted in the index in memory.

A glossary term counts under all its names, a series or class with its members, a member as itself alone. If a text
has several terms and words, an article must have all of them.
Periods are days, weeks from Monday on, or months, in Shanghai time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np

from similarity.analytics.concepts import ConceptIds, concepts_of, rows_naming_all, with_ids
from similarity.analytics.trend_plot import draw_trend
from similarity.arrays import Flags
from similarity.errors import QueryError
from similarity.option_values import TIME_ZONE
from similarity.query.term_ids import TermIds
from similarity.ranking.filter import Filter
from similarity.reader.collection import Collection
from store.index.segment_format import NO_DATE
from store.vectors import Ints
from text.analysis.analyzer import Analyzer
from text.analysis.glossary import Term

PERIODS = ("day", "week", "month")
MAX_PERIODS = 5000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = int((datetime.min.replace(tzinfo=UTC) - _EPOCH).total_seconds())
# The day after it is one too.
_LAST = int((datetime(9999, 12, 30, 15, tzinfo=UTC) - _EPOCH).total_seconds())


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``start`` to ``end``, both included.

    ``sources``: number of articles with the topic by source, largest first. ``articles``: all with the topic. ``of``:
    all articles, ``share``: articles / of, None if there are none.
    """

    start: date
    end: date
    sources: Mapping[str, int]
    articles: int
    of: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """The topic ``text`` over time.

    ``periods`` follow one another without gaps, from the first with the topic to the last with any article. ``terms``
    are the glossary terms of the text, of which all names and all members count; ``words`` its other words, as tokens.
    ``articles``: how many have the topic and a date; ``undated``: how many have the topic and no date.
    """

    text: str
    by: str
    terms: tuple[Term, ...]
    words: tuple[str, ...]
    periods: tuple[Period, ...]
    articles: int
    undated: int

    def _repr_svg_(self) -> str:
        """The drawing that Jupyter shows."""
        return draw_trend(f"{self.text} ({self.articles:,} articles by {self.by})", self.periods)


class _TopicArticles(NamedTuple):
    """All articles that pass the filter, in arrays of shape (articles,).

    ``published``: int64, seconds since 1970, ``NO_DATE`` without a date. ``has_topic``: bool. ``sources``: int64,
    indices in ``source_names``.
    """

    published: Ints
    has_topic: Flags
    sources: Ints
    source_names: tuple[str, ...]


def trend(collection: Collection, words: TermIds, analyzer: Analyzer, text: str, by: str, allowed: Filter) -> Trend:
    """How often the articles in *allowed* name *text*, by period: "day", "week" or "month". Raises QueryError."""
    if by not in PERIODS:
        every = ", ".join(PERIODS)
        raise QueryError(f"no period {by!r}; there are {every}", "by", f"没有周期 {by!r}；有 {every}")
    concepts = concepts_of(analyzer, text)
    articles = _topic_articles(collection, with_ids(words, concepts), allowed)
    dated = articles.published != NO_DATE
    periods = _periods(articles, dated, by, allowed)
    return Trend(
        text,
        by,
        tuple(concept.term for concept in concepts if concept.term),
        tuple(concept.word for concept in concepts if not concept.term),
        tuple(periods),
        int(np.count_nonzero(articles.has_topic & dated)),
        int(np.count_nonzero(articles.has_topic & ~dated)),
    )


def _topic_articles(collection: Collection, concepts: Sequence[ConceptIds], allowed: Filter) -> _TopicArticles:
    names = tuple(sorted({name for live in collection.segments for name in live.reader.segment.source_names}))
    published, has_topic, sources = [np.zeros(0, np.int64)], [np.zeros(0, bool)], [np.zeros(0, np.int64)]
    for live in collection.segments:
        rows, _ = allowed.allowed(live)
        segment = live.reader.segment
        indices = np.array([names.index(name) for name in segment.source_names], np.int64)
        published.append(segment.published[rows])
        has_topic.append(rows_naming_all(live.reader, concepts)[rows])
        sources.append(indices[segment.sources[rows]])
    return _TopicArticles(np.concatenate(published), np.concatenate(has_topic), np.concatenate(sources), names)


def _periods(articles: _TopicArticles, dated: Flags, by: str, allowed: Filter) -> Iterator[Period]:
    with_topic = articles.published[articles.has_topic & dated]
    if not len(with_topic):
        return
    first = _day(int(with_topic.min()) if allowed.since is None else allowed.since)
    last = _day(int(articles.published[dated].max()) if allowed.until is None else allowed.until)
    starts = _starts(first, last, by)
    # Bounds are moments, not multiples of 24 hours: Shanghai had summer time until 1991.
    bounds = np.array([_midnight(start) for start in starts], np.int64)
    inside = dated & (articles.published >= bounds[0]) & (articles.published < bounds[-1])
    period_numbers = np.searchsorted(bounds, articles.published[inside], side="right") - 1
    has_topic, sources = articles.has_topic[inside], articles.sources[inside]
    number = len(starts) - 1
    totals = np.bincount(period_numbers, minlength=number).tolist()
    cells = Counter(zip(period_numbers[has_topic].tolist(), sources[has_topic].tolist(), strict=True))
    by_period: list[dict[str, int]] = [{} for _ in range(number)]
    for (period, source), count in sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])):
        by_period[period][articles.source_names[source]] = count
    for start, following, by_source, total in zip(starts, starts[1:], by_period, totals, strict=False):
        count = sum(by_source.values())
        share = count / total if total else None
        yield Period(start, following - timedelta(days=1), by_source, count, total, share)


def _starts(first: date, last: date, by: str) -> list[date]:
    """The first days of the periods from that with *first* to that with *last*, and of the one after."""
    start = {"day": first, "week": first - timedelta(days=first.weekday()), "month": first.replace(day=1)}[by]
    starts = [start]
    while starts[-1] <= last:
        if len(starts) > MAX_PERIODS:
            raise QueryError(
                f"more than {MAX_PERIODS:,} periods from {first} to {last}: ask for longer ones, or since a later day",
                "by",
                f"从 {first} 到 {last} 有 {MAX_PERIODS:,} 个以上的周期，请用更长的周期或更晚的起始日",
            )
        starts.append(_following(starts[-1], by))
    return starts


def _following(day: date, by: str) -> date:
    try:
        if days := {"day": 1, "week": 7}.get(by):
            return day + timedelta(days=days)
        return day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1, day=1)
    except (OverflowError, ValueError):  # of the last period that there is
        return date.max


def _day(seconds: int) -> date:
    # Not fromtimestamp: it refuses some of the years that a datetime can hold.
    return (_EPOCH + timedelta(seconds=min(max(seconds, _FIRST), _LAST))).astimezone(TIME_ZONE).date()


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time.min, TIME_ZONE).timestamp())
