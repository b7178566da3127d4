"""The query API: open the index in MongoDB, search it, find articles like a stored one."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np
from pymongo.database import Database

from similarity.cache import Cache
from similarity.errors import QueryError as QueryError
from similarity.keywords import Keyword, keywords
from similarity.live import Live
from similarity.loading import Loader
from similarity.lsi import Lsi
from similarity.models import DEFAULT_MODEL, MODEL_NAMES
from similarity.pages import best_pages
from similarity.query import Filter, Query, State
from similarity.related import Related, related_terms
from similarity.trend import PEOPLES_TIME as PEOPLES_TIME
from similarity.trend import Trend, trend
from similarity.vanished import all_vanished, vanished_among
from similarity.words import Words
from store import articles, schema
from store.article import Article
from store.connection import Document, connect, database_address, store_errors
from store.projections import NoProjection
from store.settings import settings
from store.vectors import unpack
from text.analyzer import Analyzer

_MOST_HITS = 10_000


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found, its score under the model asked for, and the page (from 1) of a report that matches best."""

    article: Article
    score: float
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How an open index is: ``version`` of the manifest; ``pending`` articles are in no segment yet.

    ``live``: changes come in by themselves. ``fault``: why they do not at present, or why segments are not cached.
    ``lost``: segments that cannot be read; their articles are found all the same.
    """

    articles: int
    pending: int
    segments: int
    version: int
    live: bool
    fault: str
    lost: tuple[str, ...]


class SimilarityIndex:
    """A reader of the index. Cheap to query, safe to use from threads; ``refresh`` brings in what has changed since.

    *live*: a thread does that by itself, within a second of any change.
    """

    def __init__(self, database: Database[Document], analyzer: Analyzer | None = None, live: bool = False) -> None:
        self._database = database
        self._analyzer = analyzer or Analyzer(settings().data / "cache")
        schema.check(database, self._analyzer.version)
        self._cache = Cache(settings().data / "cache" / "segments")
        self._loader = Loader(database, self._cache)
        self._words = Words(database)
        self._refreshing = Lock()
        self._vanished: dict[str, int] = {}
        self._difference = self._explained = 0
        self._lsi = Lsi(database, settings().data / "cache" / "topics", self._analyzer.version)
        self._state = State(self._lsi.over)
        self.refresh()
        self._live = Live(database, self.refresh, self._gone, self._count) if live else None
        if self._live:
            self._live.start()

    @classmethod
    def open(cls, uri: str | None = None, analyzer: Analyzer | None = None, live: bool = True) -> Self:
        """The index at *uri*, else MONGODB_URI, else in the embedded MongoDB.

        Raises StoreError when MongoDB cannot be used, IndexMismatch when another analyzer made the index,
        DamagedManifest.
        """
        address = database_address(uri)
        database = connect(address)
        try:
            with store_errors(address):
                return cls(database, analyzer, live)
        except BaseException:
            database.client.close()
            raise

    def close(self) -> None:
        """End the thread and let go of the connection."""
        if self._live:
            self._live.stop()
        self._database.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        """The number of articles that can be found."""
        return len(self._state.collection)

    @property
    def status(self) -> Status:
        """How the index is just now."""
        held = self._state.collection
        live = self._live is not None and self._live.is_alive()
        fault = (self._live.fault if self._live else "") or self._cache.fault
        if self._live and not live:
            fault = "the thread that brings in changes has ended"
        packed = len(held.packed)
        return Status(len(held), len(held.revisions), packed, held.manifest.version, live, fault, held.lost)

    def refresh(self) -> int:
        """Bring in what was stored, changed or deleted since the last time; how many articles are new or changed.

        What is loaded already is not loaded again.
        """
        with self._refreshing:
            return self._advance()

    def search(
        self,
        text: str,
        k: int = 10,
        model: str = DEFAULT_MODEL,
        *,
        source: str | None = None,
        language: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> list[Hit]:
        """The *k* articles most similar to *text*, best first; only those with a score above 0.

        A *since* or *until* without a time means the whole day in Asia/Shanghai; articles without a date are then
        left out. Raises QueryError for a query without words and for a model or source that there is none of.
        """
        (hits,) = self.search_many([text], k, model, source=source, language=language, since=since, until=until)
        return hits

    def search_many(
        self,
        texts: Sequence[str],
        k: int = 10,
        model: str = DEFAULT_MODEL,
        *,
        source: str | None = None,
        language: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> list[list[Hit]]:
        """What ``search`` gives for each of *texts*, all from one state of the index, on all cores."""
        state = self._state
        asked = _filter(state, source, language, since, until)
        queries = self._weights(state, texts, k, model)
        best = _each(lambda weights: state.best(model, weights, k, asked), queries)
        return self._hits(state, model, queries, best)

    def ranked(self, texts: Sequence[str], k: int = 10, model: str = DEFAULT_MODEL) -> list[list[tuple[str, float]]]:
        """As ``search_many``, but ids of articles and their scores alone: no article is read from the database."""
        state = self._state
        return _each(lambda weights: state.best(model, weights, k), self._weights(state, texts, k, model))

    def similar(self, article_id: str, k: int = 10, model: str = DEFAULT_MODEL) -> list[Hit]:
        """The *k* stored articles most similar to the stored article *article_id*, itself left out."""
        row = self._database.articles.find_one({"_id": article_id}, {"vector": 1})
        if row is None:
            raise QueryError(f"no article {article_id!r} is stored")
        _check(k, model)
        state = self._state
        weights = _query(state, model, unpack(row["vector"]))
        best = state.best(model, weights, k, without=state.collection.place_of(article_id))
        (hits,) = self._hits(state, model, [weights], [best])
        return hits

    def scores(self, text: str, model: str = DEFAULT_MODEL) -> Mapping[str, float]:
        """The score of every article that shares a word with *text*, by article id."""
        state = self._state
        _check(1, model)
        counts = Counter(self._analyzer.tokens(text))
        bag = [(key, counts[word]) for word, key in self._words.ids(counts).items()]
        weights = _query(state, model, bag)
        found: dict[str, float] = {}
        for held, scores in state.scores(model, weights):
            ids = held.block.segment.ids
            for row in np.flatnonzero((scores != 0) & held.alive).tolist():
                found[ids[row].tobytes().hex()] = float(scores[row])
        return found

    def keywords(self, article_id: str, k: int = 10) -> list[Keyword]:
        """The *k* terms that make the stored article *article_id* what it is: see ``similarity.keywords``."""
        _check(k, DEFAULT_MODEL)
        return keywords(self._database, self._state.collection, self._words, self._analyzer, article_id, k)

    def trend(
        self,
        text: str,
        by: str = "week",
        source: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> Trend:
        """How often articles name the topic *text*, by "day", "week" or "month": see ``similarity.trend``."""
        state = self._state
        return trend(
            state.collection, self._words, self._analyzer, text, by, _filter(state, source, None, since, until)
        )

    def related_terms(self, text: str, k: int = 10) -> list[Related]:
        """The *k* terms that are used most like *text*: see ``similarity.related``."""
        _check(k, DEFAULT_MODEL)
        state = self._state
        return related_terms(self._database, state, self._words, self._analyzer, text, k)

    def _weights(self, state: State, texts: Sequence[str], k: int, model: str) -> list[Query]:
        _check(k, model)
        counts = [Counter(self._analyzer.tokens(text)) for text in texts]
        for text, found in zip(texts, counts, strict=True):
            if not text.strip():
                raise QueryError("the query is empty")
            if not found:
                raise QueryError(
                    f"the query {_shortened(text)!r} has no words to search for (stop words and signs are left out)"
                )
        ids = self._words.ids({word for found in counts for word in found})
        bags = [[(ids[word], count) for word, count in found.items() if word in ids] for found in counts]
        return [_query(state, model, bag) for bag in bags]

    def _hits(
        self, state: State, model: str, queries: Sequence[Query], best: Sequence[list[tuple[str, float]]]
    ) -> list[list[Hit]]:
        found = articles.read(self._database, {key for ranked in best for key, _ in ranked})
        pages = best_pages(self._database, state, model, queries, best)
        # An article deleted since the last refresh is in the state but not in the database any more.
        return [
            [Hit(found[key], score, pages.get((number, key))) for key, score in ranked if key in found]
            for number, ranked in enumerate(best)
        ]

    def _advance(self) -> int:
        before = self._state.collection
        after = self._loader.next(before, self._vanished)
        if after is before:
            return 0
        self._state = State(self._lsi.over, after)
        self._words.ask_again()
        return after.newer_than(before.newest)

    def _gone(self, ids: Iterable[str]) -> None:
        """Take note of articles that are not stored any more, whoever deleted them."""
        with self._refreshing:
            self._vanished |= vanished_among(self._database, self._state.collection, ids)

    def _count(self) -> None:
        """Look for articles deleted behind our back if the number of those stored is not ours, twice the same."""
        with self._refreshing:
            stored = self._database.articles.estimated_document_count()
            difference = stored - len(self._state.collection)
            again, self._difference = difference == self._difference, difference
            if difference == self._explained or not again:
                return
            self._vanished = all_vanished(self._database, self._state.collection, self._vanished)
            self._advance()
            # The estimate may be wrong after a crash of the server; the walk was not.
            self._explained = stored - len(self._state.collection)


def _check(k: int, model: str) -> None:
    if not 1 <= k <= _MOST_HITS:
        raise QueryError(f"k is {k}; 1 to {_MOST_HITS} articles can be asked for")
    if model not in MODEL_NAMES:
        raise QueryError(f"no model {model!r}; there are {', '.join(MODEL_NAMES)}")


def _query(state: State, model: str, bow: list[tuple[int, int]]) -> Query:
    try:
        return state.query(model, bow)
    except NoProjection as error:
        raise QueryError(str(error)) from None


def _filter(state: State, source: str | None, language: str | None, since: date | None, until: date | None) -> Filter:
    blocks = state.collection.blocks
    if source is not None and not any(source in held.sources for held in blocks):
        present = sorted(frozenset[str]().union(*(held.sources for held in blocks)))
        close = get_close_matches(source, present, n=1) or present
        hint = f"; there are {', '.join(close)}" if close else ""
        raise QueryError(f"no article of source {source!r} is indexed{hint}")
    return Filter(
        source,
        language,
        None if since is None else math.ceil(_moment(since, time.min).timestamp()),
        None if until is None else math.floor(_moment(until, time.max).timestamp()),
    )


def _each(
    answer: Callable[[Query], list[tuple[str, float]]], queries: Sequence[Query]
) -> list[list[tuple[str, float]]]:
    """*answer* to each of *queries*, several at a time: the kernel lets other threads run."""
    if len(queries) == 1:
        return [answer(queries[0])]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(answer, queries))


def _moment(day: date, of_day: time) -> datetime:
    if not isinstance(day, datetime):
        return datetime.combine(day, of_day, PEOPLES_TIME)
    return day if day.tzinfo else day.replace(tzinfo=PEOPLES_TIME)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
