"""The query API: open the index in MongoDB, search it, find articles like a stored one."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from pymongo.database import Database

from similarity import hybrid
from similarity.asking import Asker
from similarity.cache import Cache
from similarity.errors import QueryError as QueryError
from similarity.explain import Word, passage_text, words_of
from similarity.keywords import Keyword, keywords
from similarity.live import Live
from similarity.loading import Loader
from similarity.lsi import Lsi
from similarity.models import DEFAULT_MODEL, HYBRID, MODEL_NAMES, BagOfWords
from similarity.pages import best_pages
from similarity.query import ALL, Filter, Query, State
from similarity.question import Question
from similarity.related import Related, related_terms
from similarity.thresholds import score_reaching
from similarity.trend import PEOPLES_TIME as PEOPLES_TIME
from similarity.trend import Trend, trend
from similarity.vanished import all_vanished, vanished_among
from similarity.words import Words
from store import articles, schema, segments
from store.article import Article
from store.connection import Document, connect, database_address, store_errors
from store.projections import NoProjection
from store.settings import settings
from store.stories import Also, also
from store.vectors import unpack
from text.analyzer import Analyzer
from text.encoder import Encoder, find_encoder

_MOST_HITS = 10_000


Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found, its score under the model asked for, and the page (from 1) of a report that matches best.

    The default model says more: the ``route`` (``same`` language as the query, or ``across``), the ``parts`` that the
    evidence behind the score is the sum of, the ``words`` that carried it, and the ``passage`` that matches best.
    ``more``: the other articles of its story, where hits were folded (``similarity.stories``).
    """

    article: Article
    score: float
    page: int | None = None
    route: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    words: tuple[Word, ...] = ()
    passage: str = ""
    more: tuple[Also, ...] = ()


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

    def __init__(
        self,
        database: Database[Document],
        analyzer: Analyzer | None = None,
        live: bool = False,
        encoder: Callable[[], Encoder | None] = find_encoder,
    ) -> None:
        self._database = database
        self._analyzer = analyzer or Analyzer(settings().data / "cache")
        schema.check(database, self._analyzer.version)
        self._cache = Cache(settings().data / "cache" / "segments")
        self._loader = Loader(database, self._cache, self._analyzer.version)
        self._words = Words(database)
        self._asker = Asker(database, self._analyzer, self._words, settings().data / "cache", encoder)
        self._refreshing = Lock()
        self._vanished: dict[str, int] = {}
        self._difference = self._explained = 0
        self._lsi = Lsi(database, settings().data / "cache" / "topics", self._analyzer.version)
        self._state = State(topics=self._lsi.over)
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

    @property
    def off(self) -> tuple[str, ...]:
        """Which parts of the default model do not take part in its answers, each in one line."""
        return self._asker.off(self._state.collection)

    def score_reaching(self, precision: float, model: str = DEFAULT_MODEL) -> float:
        """The ``min_score`` from which on *model* reached *precision* on the test sets (``similarity.thresholds``).

        Raises QueryError where that was not measured for this model, analyzer and encoder.
        """
        return score_reaching(precision, model, self._analyzer.version, self._asker.encoder_name)

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
        across: bool = True,
        min_score: float = 0.0,
    ) -> list[Hit]:
        """The *k* articles most similar to *text*, best first; only those with a score above 0, and of *min_score*.

        A *since* or *until* without a time means the whole day in Asia/Shanghai; articles without a date are then
        left out. *across*: the default model finds articles in the other language too. Raises QueryError for a query
        without words and for a model or source that there is none of.
        """
        (hits,) = self.search_many(
            [text],
            k,
            model,
            source=source,
            language=language,
            since=since,
            until=until,
            across=across,
            min_score=min_score,
        )
        return hits

    def stories_of(self, ids: Sequence[str]) -> dict[str, tuple[str, list[Also]]]:
        """The story of each of the articles *ids* with its other articles."""
        return also(self._database, ids)

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
        across: bool = True,
        min_score: float = 0.0,
    ) -> list[list[Hit]]:
        """What ``search`` gives for each of *texts*, all from one state of the index, on all cores."""
        state = self._state
        asked = _filter(state, source, language, since, until)
        if model == HYBRID:
            questions = self._questions(state, texts, k, across)
            found = [
                [one for one in ranked if one.score >= min_score]
                for ranked in self._best(state, questions, k, asked, across)
            ]
            return [self._explained_hits(state, *answered) for answered in zip(questions, found, strict=True)]
        queries = self._weights(state, texts, k, model)
        best = _each(lambda weights: state.best(model, weights, k, asked), queries)
        return self._hits(state, model, queries, [_from(min_score, ranked) for ranked in best])

    def ranked(
        self, texts: Sequence[str], k: int = 10, model: str = DEFAULT_MODEL, *, source: str | None = None
    ) -> list[list[tuple[str, float]]]:
        """As ``search_many``, but ids of articles and their scores alone: no article is read from the database."""
        state = self._state
        asked = _filter(state, source, None, None, None)
        if model == HYBRID:
            found = self._best(state, self._questions(state, texts, k), k, asked)
            return [[(one.key, one.score) for one in ranked] for ranked in found]
        return _each(lambda weights: state.best(model, weights, k, asked), self._weights(state, texts, k, model))

    def similar(
        self,
        article_id: str,
        k: int = 10,
        model: str = DEFAULT_MODEL,
        *,
        across: bool = True,
        min_score: float = 0.0,
    ) -> list[Hit]:
        """The *k* stored articles most similar to the stored article *article_id*, itself left out."""
        row = self._database.articles.find_one(
            {"_id": article_id}, dict.fromkeys(("language", *segments.FIELDS.values()), 1)
        )
        if row is None:
            raise QueryError(f"no article {article_id!r} is stored")
        _check(k, model)
        state = self._state
        if model == HYBRID:
            question = self._asker.of_article(state.collection, row, across)
            place = state.collection.place_of(article_id)
            found = hybrid.best(state, question, self._asker.mark, k, self._asker.passages, ALL, place, across)
            return self._explained_hits(state, question, [one for one in found if one.score >= min_score])
        (weights,) = _queries(state, model, [unpack(row["vector"])])
        best = state.best(model, weights, k, without=state.collection.place_of(article_id))
        (hits,) = self._hits(state, model, [weights], [_from(min_score, best)])
        return hits

    def scores(self, text: str, model: str = DEFAULT_MODEL, most: int = _MOST_HITS) -> Mapping[str, float]:
        """The score of every article that shares a word with *text*, by article id.

        By the default model the scores of the *most* best articles.
        """
        state = self._state
        _check(most, model)
        if model == HYBRID:
            questions = self._asker.of_texts(state.collection, [text], across=True)
            return {one.key: one.score for one in self._best(state, questions, most)[0]}
        counts = Counter(self._analyzer.tokens(text))
        bag = [(key, counts[word]) for word, key in self._words.ids(counts).items()]
        (weights,) = _queries(state, model, [bag])
        found: dict[str, float] = {}
        for held, scores in state.scores(model, weights):
            ids = held.block.segment.ids
            for row in np.flatnonzero((scores != 0) & held.alive).tolist():
                found[ids[row].tobytes().hex()] = float(scores[row])
        return found

    def pair_evidence(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each of *pairs* of a text and a stored article's id, what speaks for their likeness by itself.

        That is the default model's evidence without neighbours, about 1 for the same words.
        """
        state = self._state
        texts = list(dict.fromkeys(text for text, _ in pairs))
        questions = dict(zip(texts, self._asker.of_texts(state.collection, texts, across=True), strict=True))
        places = [state.collection.place_of(key) for _, key in pairs]
        passages = self._asker.passages({key for _, key in pairs})
        return [
            hybrid.evidence_for(state, questions[text], self._asker.mark, place, passages.get(key)) if place else 0.0
            for (text, key), place in zip(pairs, places, strict=True)
        ]

    def _questions(self, state: State, texts: Sequence[str], k: int, across: bool = True) -> list[Question]:
        _check(k, HYBRID)
        # Half a character, from a command line that is no UTF-8, is a fault to the encoder.
        texts = [text.encode("utf-8", "replace").decode() for text in texts]
        questions = self._asker.of_texts(state.collection, texts, across)
        for text, question in zip(texts, questions, strict=True):
            if not text.strip():
                raise QueryError("the query is empty")
            if not question.asks:
                raise QueryError(_without_words(text))
        return questions

    def _best(
        self, state: State, questions: Sequence[Question], k: int, asked: Filter = ALL, across: bool = True
    ) -> list[list[hybrid.Found]]:
        mark, passages = self._asker.mark, self._asker.passages
        return _each(lambda one: hybrid.best(state, one, mark, k, passages, asked, None, across), questions)

    def _explained_hits(self, state: State, question: Question, found: Sequence[hybrid.Found]) -> list[Hit]:
        stored = articles.read(self._database, {one.key for one in found})
        weights = state.model("bm25").query([(token, 1) for token in question.words.tokens.tolist()])
        best = [[(one.key, one.score) for one in found]]
        pages = best_pages(self._database, state, "bm25", [weights], best)
        return [
            Hit(
                stored[one.key],
                one.score,
                pages.get((0, one.key)),
                one.route,
                one.parts,
                words_of(state, question, one),
                passage_text(stored[one.key], one.passage),
            )
            for one in found
            if one.key in stored
        ]

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
                raise QueryError(_without_words(text))
        ids = self._words.ids({word for found in counts for word in found})
        bags = [[(ids[word], count) for word, count in found.items() if word in ids] for found in counts]
        return _queries(state, model, bags)

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
        self._state = State(after, self._lsi.over)
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


def _from(min_score: float, ranked: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(key, score) for key, score in ranked if score >= min_score]


def _check(k: int, model: str) -> None:
    if not 1 <= k <= _MOST_HITS:
        raise QueryError(f"k is {k}; 1 to {_MOST_HITS} articles can be asked for")
    if model not in MODEL_NAMES:
        raise QueryError(f"no model {model!r}; there are {', '.join(MODEL_NAMES)}")


def _queries(state: State, model: str, bags: Sequence[BagOfWords]) -> list[Query]:
    try:
        return state.queries(model, bags)
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


def _without_words(text: str) -> str:
    return f"the query {_shortened(text)!r} has no words to search for (stop words and signs are left out)"


def _each(answer: Callable[[Asked], Answer], queries: Sequence[Asked]) -> list[Answer]:
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
