"""Chooses the hits of a search from its ranking: articles whose text passes, in the order that is asked for.

What the index can decide was decided before the ranking, by the filter. Here, articles are read to see whether they
have the phrases: from the best on, in growing batches, until k passed or there are no more. So any k is right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from pymongo.database import Database

from similarity.option_values import ORDERS, PUBLISHED
from similarity.ranking.request.phrases import Phrase
from similarity.ranking.request.request_reader import Request
from similarity.ranking.state import State
from store.article import Article
from store.connection import Document
from store.documents import articles
from store.index.segment_format import NO_DATE, id_strings
from text.analysis.analyzer import Analyzer

Found = TypeVar("Found")

FEW = 1_000
"""If at most so many articles can have the phrases, all are read before the ranking."""

MIN_SHARE = 0.5
"""Where newer articles come first, one comes before another only if it has more than this share of its score."""

_POOL = 1_000
"""At most so many articles are put in the order of their days."""

_FIRST_BATCH = 50


class Ranked(NamedTuple, Generic[Found]):
    """The ``best`` hits, best first, and how many hits there are in all, or are ``at_least``."""

    best: Sequence[Found]
    total: int
    at_least: bool


@dataclass(frozen=True)
class Selector:
    """Selects the hits of requests from one snapshot of the index; articles are read from ``database``."""

    state: State
    database: Database[Document]
    analyzer: Analyzer

    def checked_before(self, request: Request) -> Request:
        """*request* with its phrases checked, and so only in its filter, if few articles can have them."""
        if not request.unchecked:
            return request
        ids: list[str] = []
        rows = 0
        for number, segment in enumerate(self.state.collection.segments):
            allowed, count = self.state.allowed(request.article_filter, number, segment)
            rows += count
            if rows > FEW:
                return request
            ids += id_strings(segment.reader.segment.ids[np.flatnonzero(allowed)])
        passing = self._checks(request).passing(ids)
        article_filter = replace(request.article_filter, ids=frozenset(passing))
        return replace(request, article_filter=article_filter, unchecked=(), without=())

    def best(
        self,
        find: Callable[[int], Ranked[Found]],
        id_and_score: Callable[[Found], tuple[str, float]],
        request: Request,
    ) -> Ranked[Found]:
        """The hits of *request*, at most ``k``. *find* gives the best n articles that pass its filter, best first."""
        k, half_life = request.options.k, request.options.half_life
        find = self.checking(find, id_and_score, request)
        if ORDERS[request.options.sort] == PUBLISHED:
            found, total, at_least = find(max(k, _POOL))
            good = [one for one in found if id_and_score(one)[1] > MIN_SHARE * id_and_score(found[0])[1]]
            good.sort(key=lambda one: -self._published(id_and_score(one)[0]))
            all_good = len(good) == len(found)
            return Ranked(good[:k], len(good), all_good and (at_least or total > len(found)))
        if half_life is None:
            return find(k)
        now, number = time.time(), max(_FIRST_BATCH, 2 * k)
        while True:
            found, total, at_least = find(number)
            values = []
            for one in found:
                article_id, score = id_and_score(one)
                values.append(score * recency(now - self._published(article_id), half_life.total_seconds()))
            order = sorted(range(len(found)), key=lambda place: -values[place])[:k]
            # What was not found scores at most what the last one does, and recency only takes away.
            if len(found) < number or values[order[-1]] > id_and_score(found[-1])[1]:
                return Ranked([found[place] for place in order], total, at_least)
            number *= 4

    def passes(self, request: Request, article_id: str) -> bool:
        """Whether the article may be a hit of *request*."""
        return bool(self.allowed_among(request, [article_id]))

    def allowed_among(self, request: Request, ids: Collection[str]) -> Collection[str]:
        """Those of the articles *ids* that may be hits of *request*."""
        segments, allowed = self.state.collection.segments, []
        for article_id in ids:
            place = self.state.collection.place_of(article_id)
            if place and self.state.allowed(request.article_filter, place[0], segments[place[0]])[0][place[1]]:
                allowed.append(article_id)
        return self._checks(request).passing(allowed)

    def passing(self, request: Request, ids: Collection[str]) -> Collection[str]:
        """Those of *ids*, articles that pass the filter of *request*, whose texts pass as well."""
        return self._checks(request).passing(ids) if request.unchecked or request.without else ids

    def _checks(self, request: Request) -> _Checks:
        return _Checks(self.state, self.database, self.analyzer, request)

    def checking(
        self,
        find: Callable[[int], Ranked[Found]],
        id_and_score: Callable[[Found], tuple[str, float]],
        request: Request,
    ) -> Callable[[int], Ranked[Found]]:
        """*find* for articles that pass the checks of their texts."""
        if not request.unchecked and not request.without:
            return find
        checks = self._checks(request)

        def find_passing(wanted: int) -> Ranked[Found]:
            number = max(_FIRST_BATCH, 2 * wanted)
            while True:
                found = find(number).best
                passing = checks.passing([id_and_score(one)[0] for one in found])
                result = [one for one in found if id_and_score(one)[0] in passing]
                if len(result) >= wanted or len(found) < number:
                    return Ranked(result[:wanted], len(result), len(found) == number)
                number *= 4

        return find_passing

    def _published(self, article_id: str) -> float:
        """When the article was published, in seconds since 1970; without a date long ago."""
        place = self.state.collection.place_of(article_id)
        if place is None:
            return float(NO_DATE)
        return float(self.state.collection.segments[place[0]].reader.segment.published[place[1]])


@dataclass
class _Checks:
    """Which articles have the phrases of a request and none that it excludes; each article is read once."""

    state: State
    database: Database[Document]
    analyzer: Analyzer
    request: Request
    _verdicts: dict[str, bool] = field(default_factory=dict)

    def passing(self, ids: Collection[str]) -> set[str]:
        """Those of the articles *ids* that pass."""
        new = [article_id for article_id in ids if article_id not in self._verdicts]
        wanted = self.request.unchecked
        suspects = {article_id: self._excluded_in(article_id) for article_id in new}
        reading = new if wanted else [article_id for article_id in new if suspects[article_id]]
        self._verdicts |= dict.fromkeys(new, not wanted)
        for article_id, stored in articles.read(self.database, reading).items():
            has = partial(self._may_have, stored.article)
            self._verdicts[article_id] = all(map(has, wanted)) and not any(map(has, suspects[article_id]))
        return {article_id for article_id in ids if self._verdicts[article_id]}

    def _may_have(self, article: Article, phrase: Phrase) -> bool:
        """Whether the article has the phrase, all of whose words it has by the index."""
        return phrase.is_in(article) or not self._is_whole(article)

    def _is_whole(self, article: Article) -> bool:
        """Whether all of the article is stored that was indexed, so that it can be said that a phrase is not in it."""
        if article.access == "full":
            return True
        place = self.state.collection.place_of(article.id)
        if place is None:
            return False
        indexed = int(self.state.collection.segments[place[0]].reader.segment.lengths[place[1]])
        return sum(len(self.analyzer.tokens(text)) for text in (article.title, *article.texts)) >= indexed

    def _excluded_in(self, article_id: str) -> list[Phrase]:
        """The excluded phrases that the article may have, by the index."""
        place = self.state.collection.place_of(article_id) if self.request.without else None
        if place is None:
            return []
        number, row = place
        segment = self.state.collection.segments[number]
        return [
            phrase for phrase, may_have in self.request.without if self.state.allowed(may_have, number, segment)[0][row]
        ]


def recency(age: float, half_life: float) -> float:
    """What the score of an article of this *age* counts (both in seconds): 1 when new, at last ``MIN_SHARE``.

    What is above ``MIN_SHARE`` halves with each half-life. A plain exponential would put anything new before whatever
    is a few half-lives old, however well that answers.
    """
    return float(MIN_SHARE + (1 - MIN_SHARE) * 0.5 ** (max(age, 0.0) / half_life))
