"""Of what a watch would have notified in the last 30 days, at its threshold and at two others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from alerts.watches import options_of_watch
from similarity.answers.question import Question
from similarity.index import SimilarityIndex
from similarity.option_values import MAX_HITS, moment_of
from similarity.query.syntax import parse
from similarity.ranking.results.hits import Hit
from store.documents.stories import story_ids

SPAN = timedelta(days=30)
_STEP = 0.1  # between the thresholds
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """How many stories, of how many articles, have at least ``min_score``."""

    min_score: float
    stories: int
    articles: int


@dataclass(frozen=True)
class Preview:
    """What was published from ``since`` to ``until`` and would be sent; ``examples``: the best at the own threshold."""

    since: datetime
    until: datetime
    thresholds: list[AtThreshold]
    examples: list[Hit]


def preview(index: SimilarityIndex, question: Question, min_score: float) -> Preview:
    """The preview of a watch with *question*. The 30 days end with the newest article, at the latest now.

    Raises QueryError.
    """
    now = datetime.now(UTC)
    newest = index.database.articles.find_one({"published": {"$lte": now}}, {"published": 1}, sort=[("published", -1)])
    until = newest["published"] if newest else now
    since = until - SPAN
    options = options_of_watch(index, question)
    others = [score for score in (round(min_score + step * _STEP, 6) for step in (-1, 1, 2, -2)) if 0 < score <= 1]
    thresholds = sorted([min_score, *others[:2]])
    begin, end = _asked_span(question, since, until)
    if begin > end:  # the question is about other days
        return Preview(since, until, [AtThreshold(threshold, 0, 0) for threshold in thresholds], [])
    options = replace(options, k=MAX_HITS, min_score=min(thresholds), since=begin, until=end)
    ranking = index.ranking(options, question.passage or question.q, question.like)
    stories = story_ids(index.database, [article_id for article_id, _ in ranking.scored])
    own = story_ids(index.database, [question.like]).values() if question.like else ()
    notified = [(key, score) for key, score in ranking.scored if key in stories and stories[key] not in own]
    counts = []
    for threshold in thresholds:
        keys = [key for key, score in notified if score >= threshold]
        counts.append(AtThreshold(threshold, len({stories[key] for key in keys}), len(keys)))
    first: dict[str, str] = {}
    for key, score in notified:
        if score >= min_score:
            first.setdefault(stories[key], key)
    return Preview(since, until, counts, ranking.hits([*first.values()][:_EXAMPLES]))


def _asked_span(question: Question, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """What *question* leaves of the time from *since* to *until*; a first moment after the last for nothing."""
    syntax = parse(question.q)
    first = [moment_of(day, time.min) for day in (question.since, syntax.since) if day is not None]
    last = [moment_of(day, time.max) for day in (question.until, syntax.until) if day is not None]
    return max([since, *first]), min([until, *last])
