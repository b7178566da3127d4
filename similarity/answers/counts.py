"""How many of the best hits each filter would leave: the counts beside the filters of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from similarity.answers.answer import search_options
from similarity.answers.question import Question
from similarity.index import SimilarityIndex
from similarity.option_values import moment_of
from store.connection import Document
from store.documents.sources import source_rows

COUNTED = 1_000
"""Hits that are counted, the best ones."""

SPANS = {"1": 1, "7": 7, "30": 30, "90": 90, "365": 365}
"""Spans of days up to now that are counted."""

WEEKS = 26


@dataclass(frozen=True)
class FilterCounts:
    """Of ``hits`` articles, those of each value of a filter, as if this filter were not given and the others were.

    ``is_all``: no more articles are hits than these. ``spans``: by number of days. ``weeks``: the hits of each of the
    last 26 weeks, the oldest first.
    """

    values: Mapping[str, Mapping[str, int]]
    spans: Mapping[str, int]
    weeks: tuple[int, ...]
    hits: int
    is_all: bool


def counts(index: SimilarityIndex, question: Question, now: datetime) -> FilterCounts:
    """The counts beside the filters of *question*. Raises QueryError."""
    open_question = replace(question, source=(), category=(), kind=(), language=(), since=None, until=None, cursor="")
    options = replace(search_options(index, open_question), k=COUNTED, explain=False)
    ids, total, at_least = index.hit_ids(options, question.passage or question.q, question.like)
    fields = dict.fromkeys(("source", "kind", "language", "published"), 1)
    rows = list(index.database.articles.find({"_id": {"$in": ids}}, fields))
    categories = {key: row.category for key, row in source_rows(index.database).items()}
    for row in rows:
        row["category"] = categories.get(row["source"], "")
    dimensions = ("source", "category", "kind", "language")
    tests = {name: _among(name, getattr(question, name)) for name in dimensions}
    dated = _between(question)
    found: dict[str, Counter[str]] = {}
    for name in dimensions:
        others = [test for other, test in tests.items() if other != name]
        found[name] = Counter(row[name] for row in rows if dated(row) and all(test(row) for test in others))
    passing = [row["published"] for row in rows if all(test(row) for test in tests.values())]
    moments = [moment for moment in passing if moment is not None]
    spans = {name: sum(now - moment <= timedelta(days=days) for moment in moments) for name, days in SPANS.items()}
    ages = Counter((now - moment) // timedelta(weeks=1) for moment in moments)
    weeks = tuple(ages[age] for age in reversed(range(WEEKS)))
    return FilterCounts(found, spans, weeks, len(ids), total <= len(ids) and not at_least)


def _among(name: str, values: tuple[str, ...]) -> Callable[[Document], bool]:
    return lambda row: not values or row[name] in values


def _between(question: Question) -> Callable[[Document], bool]:
    first, last = moments_of(question)
    return lambda row: (
        (first is None or (row["published"] is not None and row["published"] >= first))
        and (last is None or (row["published"] is not None and row["published"] < last))
    )


def moments_of(question: Question) -> tuple[datetime | None, datetime | None]:
    """The moments from which on, and before which, an article must be published; None for no such limit."""
    from_day, to_day = question.since, question.until
    first = None if from_day is None else moment_of(from_day)
    if to_day is None:
        return first, None
    # In UTC: in Shanghai the day after 9999-12-31 does not exist.
    return first, moment_of(to_day).astimezone(UTC) + timedelta(days=0 if isinstance(to_day, datetime) else 1)
