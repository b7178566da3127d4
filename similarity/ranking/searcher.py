"""Searches one snapshot of the index for the articles that match texts or a stored article best."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TypeVar

import numpy as np
from pymongo.database import Database

from similarity.errors import NotTrained, QueryError
from similarity.option_values import HYBRID, MAX_HITS, ORDERS, PUBLISHED
from similarity.query.builder import QueryBuilder
from similarity.query.concepts import Kind
from similarity.query.hybrid_query import HybridQuery
from similarity.ranking import all_hits
from similarity.ranking.all_hits import AllHits
from similarity.ranking.hybrid import two_stage
from similarity.ranking.models import BagOfWords
from similarity.ranking.newest import newest
from similarity.ranking.passages import PassageReader
from similarity.ranking.request.options import SearchOptions
from similarity.ranking.request.request_reader import Request, RequestReader
from similarity.ranking.results.hit_reader import HitReader
from similarity.ranking.results.hits import Hit, with_phrases
from similarity.ranking.selection import Ranked, Selector
from similarity.ranking.state import Query, State
from store.connection import Document
from store.documents import articles
from store.index import segment_format
from store.index.projections import COMMAND, NoProjection
from store.vectors import unpack

AnyQuery = TypeVar("AnyQuery")
Answer = TypeVar("Answer")

ScoredIds = list[tuple[str, float]]
"""Ids of articles and their scores, best first; equal scores by id."""


_DEPTHS = 1_000, MAX_HITS
"""So many articles are ranked to count the hits above a threshold, if as many as were ranked before are above it."""


@dataclass(frozen=True)
class Ranking:
    """A question as it was ranked: the best ``k`` articles with their scores, and how many hits there are.

    ``total`` counts what scores at least ``min_score``, or is ``at_least`` that many. ``unknown``: the names of the
    question that no article has. ``hits`` reads those of the articles whose ids it is given, best first.
    """

    scored: ScoredIds
    total: int
    at_least: bool
    hits: Callable[[Collection[str]], list[Hit]]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Searcher:
    """Searches ``state``, one immutable snapshot of the index, as Lucene's ``IndexSearcher`` does.

    A searcher holds no other data, so each call of the API makes a new one. The articles of hits are read from
    ``database``; one that was deleted after the snapshot was taken is left out.
    """

    state: State
    builder: QueryBuilder
    passages: PassageReader
    database: Database[Document]
    requests: RequestReader

    def hits(self, texts: Sequence[str], options: SearchOptions) -> list[list[Hit]]:
        """The best articles for each of *texts*, which may have operators, read from the database."""
        requests = [self.requests.read(self.state, text, options) for text in texts]
        requests = [self.selector.checked_before(request) for request in requests]
        if options.model == HYBRID:
            found = self._hybrid(requests, options)
            hits = [self._reader.explained(query, ranked.best, options.explain) for query, ranked in found]
        else:
            queries, best = self._weighted(requests, options)
            hits = self._reader.of_model(options.model, queries, [ranked.best for ranked in best])
        return [with_phrases(request.phrases, own) for request, own in zip(requests, hits, strict=True)]

    @property
    def selector(self) -> Selector:
        """Selects hits from this snapshot."""
        return Selector(self.state, self.database, self.builder.analyzer)

    @property
    def _reader(self) -> HitReader:
        return HitReader(self.state, self.builder, self.passages, self.database)

    def scored_ids(self, texts: Sequence[str], options: SearchOptions) -> list[ScoredIds]:
        """The ids and scores of the best articles for each of *texts*, in which nothing is an operator.

        The database is not read.
        """
        requests = [self.requests.plain(self.state, text, options) for text in texts]
        if options.model == HYBRID:
            return [
                [(document.article_id, document.score) for document in ranked.best]
                for _, ranked in self._hybrid(requests, options)
            ]
        return [list(ranked.best) for ranked in self._weighted(requests, options)[1]]

    def ranking(self, text: str, options: SearchOptions) -> Ranking:
        """The best articles for *text*, which may have operators, and how many hits there are."""
        request = self.selector.checked_before(self.requests.read(self.state, text, options))
        if options.model == HYBRID:
            ((query, ranked),) = self._hybrid([request], options)
            return self._ranking_of(query, request, ranked)
        (query_of_model,), (found,) = self._weighted([request], options)
        return self._ranking_of_model(query_of_model, request, found)

    def similar(self, article_id: str, options: SearchOptions) -> list[Hit]:
        """The articles most similar to the stored article *article_id*, itself left out."""
        ranking = self.ranking_like(article_id, options)
        return ranking.hits([article_id for article_id, _ in ranking.scored])

    def ranking_like(self, article_id: str, options: SearchOptions) -> Ranking:
        """The articles most similar to the stored article *article_id*, itself left out, and how many there are."""
        if options.model == HYBRID:
            query, request, place = self._query_like(article_id, options)
            return self._ranking_of(query, request, self._best(query, request, place), place)
        row = self.vectors_of(article_id)
        request = self.selector.checked_before(self.requests.read(self.state, "", options))
        place = self.state.collection.place_of(article_id)
        (weights,) = self._model_queries(options.model, [unpack(row["vector"])])
        return self._ranking_of_model(weights, request, self._best_of_model(weights, request, place), place)

    def _query_like(
        self, article_id: str, options: SearchOptions
    ) -> tuple[HybridQuery, Request, tuple[int, int] | None]:
        """The query of the default model that the stored article *article_id* is, and the article's place."""
        row = self.vectors_of(article_id)
        request = self.selector.checked_before(self.requests.read(self.state, "", options))
        query = self.builder.from_article(self.state.collection, row, options.across)
        return query, request, self.state.collection.place_of(article_id)

    def _query_of(self, text: str, options: SearchOptions) -> tuple[HybridQuery, Request, None]:
        """The query of the default model that *text* is, which may have operators."""
        request = self.selector.checked_before(self.requests.read(self.state, text, options))
        (query,) = self._queries([request], options)
        return query, request, None

    def vectors_of(self, article_id: str) -> Document:
        """What the query that the stored article is is made of. Raises QueryError where there is none."""
        fields = dict.fromkeys(("language", *segment_format.FIELDS.values()), 1)
        row = self.database.articles.find_one({"_id": article_id}, fields)
        if row is None:
            raise QueryError(f"no article {article_id!r} is stored", "like", f"没有存有文章 {article_id!r}")
        return row

    def hit_ids(self, text: str, like: str, options: SearchOptions) -> Ranked[str]:
        """The ids of the ``k`` best hits of *text*, of the stored article *like*, or of the newest; in any order.

        Of more hits than that they are the best by the scores of the first step of the default model.
        """
        if options.model == HYBRID and (text or like) and options.min_score <= 0:
            query, request, place = self._query_like(like, options) if like else self._query_of(text, options)
            if not request.unchecked:
                ids, total = two_stage.hit_ids(self.state, query, options.k, request.article_filter, place)
                if total > len(ids):
                    return Ranked(ids, total, False)
        ranking = (
            self.ranking_like(like, options) if like else self.ranking(text, options) if text else self.latest(options)
        )
        return Ranked([article_id for article_id, _ in ranking.scored], ranking.total, ranking.at_least)

    def all_hits(self, text: str, like: str, options: SearchOptions) -> AllHits:
        """All hits of *text*, of the stored article *like*, or of neither; ``k`` means nothing here."""
        state, selector = self.state, self.selector
        if options.model == HYBRID and (text or like):
            query, request, place = self._query_like(like, options) if like else self._query_of(text, options)
            reading = self._reader, self.passages
            return all_hits.of_default_model(state, request, selector, query, reading, place)
        request = selector.checked_before(self.requests.read(state, text, options))
        if not text and not like:
            return all_hits.newest_first(state, request, selector)
        if like:
            bag = unpack(self.vectors_of(like)["vector"])
        else:
            ((words, bag),) = self.builder.bags_of_words([request.text])
            check_words(request.text, words > 0)
        (weights,) = self._model_queries(options.model, [bag])
        place = state.collection.place_of(like) if like else None
        return all_hits.of_model(state, request, selector, weights, self._reader, place)

    def latest(self, options: SearchOptions) -> Ranking:
        """The newest articles first, those without a date last; their scores are 0."""
        request = self.selector.checked_before(self.requests.read(self.state, "", options))
        found = self.selector.checking(partial(newest, self.state, request.article_filter), lambda one: one, request)
        scored, total, at_least = found(options.k)

        def hits(ids: Collection[str]) -> list[Hit]:
            stored = articles.read(self.database, ids)
            read = [Hit(stored[article_id].article, 0.0) for article_id, _ in scored if article_id in stored]
            return with_phrases(request.phrases, read)

        return Ranking(list(scored), total, at_least, hits)

    def _ranking_of(
        self,
        query: HybridQuery,
        request: Request,
        ranked: Ranked[two_stage.ScoredDocument],
        without: tuple[int, int] | None = None,
    ) -> Ranking:
        total, at_least = ranked.total, ranked.at_least
        if at_least and _is_counted_deeper(request):
            for depth in _DEPTHS:
                if at_least and depth > request.options.k:
                    _, total, at_least = self._reranked(query, request, without, depth)

        def hits(ids: Collection[str]) -> list[Hit]:
            documents = [document for document in ranked.best if document.article_id in ids]
            return with_phrases(request.phrases, self._reader.explained(query, documents, request.options.explain))

        scored = [(document.article_id, document.score) for document in ranked.best]
        return Ranking(scored, total, at_least, hits, self._unknown(query))

    def _ranking_of_model(
        self,
        query: Query,
        request: Request,
        ranked: Ranked[tuple[str, float]],
        without: tuple[int, int] | None = None,
    ) -> Ranking:
        total, at_least = ranked.total, ranked.at_least
        if at_least and _is_counted_deeper(request):
            total, at_least = self._count(query, request, without), False

        def hits(ids: Collection[str]) -> list[Hit]:
            (read,) = self._reader.of_model(
                request.options.model, [query], [[scored for scored in ranked.best if scored[0] in ids]]
            )
            return with_phrases(request.phrases, read)

        return Ranking(list(ranked.best), total, at_least, hits)

    def _count(self, query: Query, request: Request, without: tuple[int, int] | None) -> int:
        """How many articles one of the other models gives a score above 0 and of at least ``min_score``."""
        total = 0
        for number, (segment, scores) in enumerate(self.state.scores(request.options.model, query)):
            allowed, _ = self.state.allowed(request.article_filter, number, segment)
            found = allowed & (scores > 0) & (scores >= request.options.min_score)
            total += int(np.count_nonzero(found)) - int(
                without is not None and without[0] == number and found[without[1]]
            )
        return total

    def scores(self, text: str, options: SearchOptions) -> Mapping[str, float]:
        """By article id, the score of every article that shares a word with *text*; of the default model the k best."""
        options.check()
        if options.model == HYBRID:
            (query,) = self.builder.from_texts(self.state.collection, [text], cross_lingual=True)
            best = self._best(query, Request(text, options)).best
            return {document.article_id: document.score for document in best}
        ((_, bag),) = self.builder.bags_of_words([text])
        (weights,) = self._model_queries(options.model, [bag])
        by_id: dict[str, float] = {}
        for segment, scores in self.state.scores(options.model, weights):
            ids = segment.reader.segment.ids
            for row in np.flatnonzero((scores != 0) & segment.live).tolist():
                by_id[ids[row].tobytes().hex()] = float(scores[row])
        return by_id

    def score(self, text: str, article_id: str) -> float:
        """The score that a search for *text* gives the article; 0 where it would be no hit, and for an unknown one."""
        request = self.requests.read(self.state, text, SearchOptions())
        if not self.selector.passes(request, article_id):
            return 0.0
        (query,) = self.builder.from_texts(self.state.collection, [request.text], True, [request.any_of])
        place = self.state.collection.place_of(article_id)
        scored = self._at([(query, article_id, place)])[0] if place else None
        return scored.score if scored else 0.0

    def unknown_names(self, text: str) -> tuple[str, ...]:
        """The names in *text* that no article of the snapshot has."""
        request = self.requests.read(self.state, text, SearchOptions())
        (query,) = self.builder.from_texts(self.state.collection, [request.text], cross_lingual=True)
        return self._unknown(query)

    def _unknown(self, query: HybridQuery) -> tuple[str, ...]:
        ids = {token: token_id for token_id, token in query.names.items()}
        names = [concept.concept for concept in query.concepts if concept.concept.kind is Kind.NAME]
        frequencies = self.state.collection.bigram_frequencies
        return tuple(
            name.surface
            for name in names
            if not frequencies(np.array([ids[token] for token, _ in name.tokens if token in ids], np.int32)).any()
        )

    def pair_scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each of *pairs* of a text and an article id the sum of the article's score before calibration."""
        texts = list(dict.fromkeys(text for text, _ in pairs))
        queries = self.builder.from_texts(self.state.collection, texts, cross_lingual=True)
        by_text = dict(zip(texts, queries, strict=True))
        known = [(by_text[text], key, self.state.collection.place_of(key)) for text, key in pairs]
        return [sum(document.parts.values()) if document else 0.0 for document in self._at(known)]

    def _at(
        self, wanted: Sequence[tuple[HybridQuery, str, tuple[int, int] | None]]
    ) -> list[two_stage.ScoredDocument | None]:
        """The scored document of each query and article at a place; None without a place."""
        revisions = {key: two_stage.revision_of(self.state, place) for _, key, place in wanted if place}
        passages = self.passages.begin(list(revisions.items()))()
        numbers_by_query: dict[int, list[int]] = {}
        for number, (query, _, place) in enumerate(wanted):
            if place:
                numbers_by_query.setdefault(id(query), []).append(number)
        results: list[two_stage.ScoredDocument | None] = [None] * len(wanted)
        for numbers in numbers_by_query.values():
            places = [place for number in numbers if (place := wanted[number][2])]
            keys = [wanted[number][1] for number in numbers]
            scored = two_stage.score_places(self.state, wanted[numbers[0]][0], places, keys, lambda _: lambda: passages)
            for number, document in zip(numbers, scored, strict=True):
                results[number] = document
        return results

    def _hybrid(
        self, requests: Sequence[Request], options: SearchOptions
    ) -> list[tuple[HybridQuery, Ranked[two_stage.ScoredDocument]]]:
        """For each of *requests* its query and the best documents by the default model."""
        queries = self._queries(requests, options)
        pairs = list(zip(queries, requests, strict=True))
        best = _for_each(lambda pair: self._best(*pair), pairs)
        return list(zip(queries, best, strict=True))

    def _queries(self, requests: Sequence[Request], options: SearchOptions) -> list[HybridQuery]:
        """The queries of the default model for *requests*. Raises QueryError where one has no words."""
        # The encoder raises on half a surrogate pair, which a command line that is not UTF-8 can contain.
        texts = [request.text.encode("utf-8", "replace").decode() for request in requests]
        any_of = [request.any_of for request in requests]
        queries = self.builder.from_texts(self.state.collection, texts, options.across, any_of)
        for text, query in zip(texts, queries, strict=True):
            check_words(text, query.has_words)
        return queries

    def _best(
        self, query: HybridQuery, request: Request, without: tuple[int, int] | None = None
    ) -> Ranked[two_stage.ScoredDocument]:
        return self.selector.best(
            partial(self._reranked, query, request, without), attrgetter("article_id", "score"), request
        )

    def _reranked(
        self, query: HybridQuery, request: Request, without: tuple[int, int] | None, number: int
    ) -> Ranked[two_stage.ScoredDocument]:
        """The best *number* articles that pass the filter of *request* and score at least ``min_score``."""
        found = two_stage.best(self.state, query, number, self.passages.begin, request.article_filter, without)
        passing = [document for document in found.documents if document.score >= request.options.min_score]
        if found.is_all:
            return Ranked(passing[:number], len(passing), False)
        if request.options.min_score <= 0:
            return Ranked(passing[:number], found.total, False)
        return Ranked(passing[:number], len(passing), len(passing) == len(found.documents))

    def _weighted(
        self, requests: Sequence[Request], options: SearchOptions
    ) -> tuple[list[Query], list[Ranked[tuple[str, float]]]]:
        """For each of *requests* its query and the best articles by one of the other models."""
        texts = [request.text for request in requests]
        bags = self.builder.bags_of_words(texts)
        for text, (words, _) in zip(texts, bags, strict=True):
            check_words(text, words > 0)
        queries = self._model_queries(options.model, [bag for _, bag in bags])
        pairs = list(zip(queries, requests, strict=True))
        return queries, _for_each(lambda pair: self._best_of_model(*pair), pairs)

    def _best_of_model(
        self, query: Query, request: Request, without: tuple[int, int] | None = None
    ) -> Ranked[tuple[str, float]]:
        options = request.options

        def find(number: int) -> Ranked[tuple[str, float]]:
            found = self.state.best(options.model, query, number, request.article_filter, without)
            passing = _at_least(options.min_score, found)
            return Ranked(passing, len(passing), len(passing) == number)

        return self.selector.best(find, lambda scored: scored, request)

    def _model_queries(self, model: str, bags: Sequence[BagOfWords]) -> list[Query]:
        try:
            return self.state.queries(model, bags)
        except NoProjection as error:
            raise NotTrained(str(error), "model", f"模型 {model} 须先训练：{COMMAND}") from None


def _at_least(min_score: float, scored: ScoredIds) -> ScoredIds:
    return [(article_id, score) for article_id, score in scored if score >= min_score]


def _is_counted_deeper(request: Request) -> bool:
    """Whether more hits are ranked to count them: not where their texts must be read, nor of one pool of good ones."""
    return not request.unchecked and not request.without and ORDERS[request.options.sort] != PUBLISHED


def check_words(text: str, has_words: bool) -> None:
    """Raise QueryError for the query *text* without words."""
    if not text.strip():
        raise QueryError("the query is empty", "q", "没有给出要找的文字")
    if not has_words:
        shown = text if len(text) <= 40 else text[:39] + "…"
        message = f"the query {shown!r} has no words to search for (stop words and signs are left out)"
        raise QueryError(message, "q", f"{shown!r} 中没有可检索的词（停用词和符号不计）")


def _for_each(answer: Callable[[AnyQuery], Answer], queries: Sequence[AnyQuery]) -> list[Answer]:
    """*answer* to each of *queries*, on all cores: compiled code lets other threads run."""
    if len(queries) == 1:
        return [answer(queries[0])]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(answer, queries))
