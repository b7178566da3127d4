"""How often a topic appears over time, per source, in both languages together: counted in the index in memory.

A term of the glossary counts under all its names. Of a text with several terms and words all have to come together in
an article. Periods are days, weeks from Monday, or months in Shanghai.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from similarity.block import Flags, Held
from similarity.collection import Collection
from similarity.errors import QueryError
from similarity.naming import Ids, naming, parts_of, with_ids
from similarity.query import Filter
from similarity.words import Words
from store.segments import NEVER
from store.vectors import Ints
from text.analyzer import Analyzer
from text.glossary import Term

PEOPLES_TIME = ZoneInfo("Asia/Shanghai")
"""The zone in which a date given without a time is meant, and in which days begin."""

PERIODS = ("day", "week", "month")
MOST_PERIODS = 5000


@dataclass(frozen=True, slots=True)
class Period:
    """From the day *start* to the day *end*, both included.

    ``sources``: articles with the topic by source, most first; ``articles``: with it, ``of``: all, ``share``: of
    them, None of none.
    """

    start: date
    end: date
    sources: Mapping[str, int]
    articles: int
    of: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """The *periods* one after the other, those without the topic too: from its first one to the last with an article.

    ``terms``: of the glossary, whose names all count; ``words``: others, as tokens. ``articles``: with the topic and a
    date; ``undated``: with the topic and none.
    """

    text: str
    by: str
    terms: tuple[Term, ...]
    words: tuple[str, ...]
    periods: tuple[Period, ...]
    articles: int
    undated: int


class _Found(NamedTuple):
    """Of all articles that pass the filter: seconds since 1970, whether they have the topic, places in the sources."""

    published: Ints
    has: Flags
    sources: Ints
    names: tuple[str, ...]


def trend(collection: Collection, words: Words, analyzer: Analyzer, text: str, by: str, asked: Filter) -> Trend:
    """How often articles that *asked* lets pass name *text*. Raises QueryError."""
    if by not in PERIODS:
        raise QueryError(f"no period {by!r}; there are {', '.join(PERIODS)}")
    parts = parts_of(analyzer, text)
    found = _found(collection, with_ids(words, parts), asked)
    dated = found.published != NEVER
    periods = _periods(found, dated, by, asked)
    return Trend(
        text,
        by,
        tuple(part.term for part in parts if part.term),
        tuple(" ".join(name) for part in parts if not part.term for name in part.all_names),
        tuple(periods),
        int(np.count_nonzero(found.has & dated)),
        int(np.count_nonzero(found.has & ~dated)),
    )


def _found(collection: Collection, parts: Sequence[tuple[Ids, ...]], asked: Filter) -> _Found:
    names = tuple(sorted({name for held in collection.blocks for name in held.block.segment.source_names}))
    published, has, sources = [np.zeros(0, np.int64)], [np.zeros(0, bool)], [np.zeros(0, np.int64)]
    for held in collection.blocks:
        rows, _ = asked.allowed(held)
        segment = held.block.segment
        numbers = np.array([names.index(name) for name in segment.source_names], np.int64)
        published.append(segment.published[rows])
        has.append(_with_all(held, parts)[rows])
        sources.append(numbers[segment.sources[rows]])
    return _Found(np.concatenate(published), np.concatenate(has), np.concatenate(sources), names)


def _with_all(held: Held, parts: Sequence[tuple[Ids, ...]]) -> Flags:
    every = np.ones(held.block.rows, bool)
    for names in parts:
        every &= naming(held.block, names)
    return every


def _periods(found: _Found, dated: Flags, by: str, asked: Filter) -> Iterator[Period]:
    hits = found.published[found.has & dated]
    if not len(hits):
        return
    first = _day(int(hits.min()) if asked.since is None else asked.since)
    last = _day(int(found.published[dated].max()) if asked.until is None else asked.until)
    starts = _starts(first, last, by)
    # Bounds are moments, not days of 24 hours: Shanghai had summer time until 1991.
    bounds = np.array([_midnight(start) for start in starts], np.int64)
    inside = dated & (found.published >= bounds[0]) & (found.published < bounds[-1])
    place = np.searchsorted(bounds, found.published[inside], side="right") - 1
    with_topic, sources = found.has[inside], found.sources[inside]
    number = len(starts) - 1
    totals = np.bincount(place, minlength=number).tolist()
    cells = Counter(zip(place[with_topic].tolist(), sources[with_topic].tolist(), strict=True))
    by_period: list[dict[str, int]] = [{} for _ in range(number)]
    for (period, source), articles in sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])):
        by_period[period][found.names[source]] = articles
    for start, following, own, total in zip(starts, starts[1:], by_period, totals, strict=False):
        articles = sum(own.values())
        share = articles / total if total else None
        yield Period(start, following - timedelta(days=1), own, articles, total, share)


def _starts(first: date, last: date, by: str) -> list[date]:
    """The first days of the periods from that of *first* to that of *last*, and of the one after."""
    start = {"day": first, "week": first - timedelta(days=first.weekday()), "month": first.replace(day=1)}[by]
    found = [start]
    while found[-1] <= last:
        if len(found) > MOST_PERIODS:
            raise QueryError(
                f"more than {MOST_PERIODS:,} periods from {first} to {last}: ask for longer ones, or since a later day"
            )
        days = {"day": 1, "week": 7}.get(by)
        found.append(found[-1] + timedelta(days=days) if days else _next_month(found[-1]))
    return found


def _next_month(day: date) -> date:
    return day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1, day=1)


def _day(seconds: int) -> date:
    # Not fromtimestamp, which refuses years that a datetime can hold.
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(PEOPLES_TIME).date()


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time.min, PEOPLES_TIME).timestamp())
