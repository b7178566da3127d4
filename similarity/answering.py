"""From texts, or a stored article, to the best articles of one state of the index."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from pymongo.database import Database

from similarity import hybrid
from similarity.asking import Asker
from similarity.beside import beside
from similarity.errors import QueryError
from similarity.explain import words_of
from similarity.hits import Hit
from similarity.models import HYBRID, BagOfWords
from similarity.pages import best_pages
from similarity.query import ALL, Filter, Query, State
from similarity.question import Question
from similarity.search_options import SearchOptions
from similarity.words import Words
from store import articles, segments
from store.connection import Document
from store.projections import NoProjection
from store.vectors import unpack
from text.analyzer import Analyzer

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Ranked = list[tuple[str, float]]
"""Ids of articles and their scores, best first."""


@dataclass(frozen=True)
class Answerer:
    """Answers by a state that it is given; knows the words, the dictionary and where the articles' texts are."""

    database: Database[Document]
    analyzer: Analyzer
    words: Words
    asker: Asker

    def hits(self, state: State, texts: Sequence[str], options: SearchOptions) -> list[list[Hit]]:
        """The best articles for each of *texts*, read from the database."""
        if options.model == HYBRID:
            return [self._explained_hits(state, *answered) for answered in self._hybrid(state, texts, options)]
        queries, best = self._by_weights(state, texts, options)
        return self._hits(state, options, queries, best)

    def ranked(self, state: State, texts: Sequence[str], options: SearchOptions) -> list[Ranked]:
        """As ``hits``, ids and scores alone."""
        if options.model == HYBRID:
            return [[(one.key, one.score) for one in found] for _, found in self._hybrid(state, texts, options)]
        return self._by_weights(state, texts, options)[1]

    def similar(self, state: State, article_id: str, options: SearchOptions) -> list[Hit]:
        """The articles most similar to the stored article *article_id*, itself left out."""
        row = self.database.articles.find_one(
            {"_id": article_id}, dict.fromkeys(("language", *segments.FIELDS.values()), 1)
        )
        if row is None:
            raise QueryError(f"no article {article_id!r} is stored")
        options.check()
        place = state.collection.place_of(article_id)
        if options.model == HYBRID:
            question = self.asker.of_article(state.collection, row, options.across)
            return self._explained_hits(state, question, self._best(state, question, options, without=place))
        (query,) = _queries(state, options.model, [unpack(row["vector"])])
        best = _from(options.min_score, state.best(options.model, query, options.k, without=place))
        (hits,) = self._hits(state, options, [query], [best])
        return hits

    def scores(self, state: State, text: str, options: SearchOptions) -> Mapping[str, float]:
        """The score of every article that shares a word with *text*; by the default model of the k best."""
        options.check()
        if options.model == HYBRID:
            (question,) = self.asker.of_texts(state.collection, [text], across=True)
            return {one.key: one.score for one in self._best(state, question, options)}
        (bag,) = self._bags([Counter(self.analyzer.tokens(text))])
        (query,) = _queries(state, options.model, [bag])
        found: dict[str, float] = {}
        for held, scores in state.scores(options.model, query):
            ids = held.block.segment.ids
            for row in np.flatnonzero((scores != 0) & held.alive).tolist():
                found[ids[row].tobytes().hex()] = float(scores[row])
        return found

    def pair_evidence(self, state: State, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """See ``SimilarityIndex.pair_evidence``."""
        texts = list(dict.fromkeys(text for text, _ in pairs))
        questions = dict(zip(texts, self.asker.of_texts(state.collection, texts, across=True), strict=True))
        places = [state.collection.place_of(key) for _, key in pairs]
        wanted = {key: hybrid.revision_of(state, at) for (_, key), at in zip(pairs, places, strict=True) if at}
        passages = self.asker.passages(list(wanted.items()))()
        return [
            hybrid.evidence_for(state, questions[text], self.asker.mark, place, passages.get(key)) if place else 0.0
            for (text, key), place in zip(pairs, places, strict=True)
        ]

    def _hybrid(
        self, state: State, texts: Sequence[str], options: SearchOptions
    ) -> list[tuple[Question, list[hybrid.Found]]]:
        asked = options.filter(state)
        options.check()
        # Half a character, from a command line that is no UTF-8, is a fault to the encoder.
        texts = [text.encode("utf-8", "replace").decode() for text in texts]
        questions = self.asker.of_texts(state.collection, texts, options.across)
        for text, question in zip(texts, questions, strict=True):
            _check_words(text, question.asks)
        best = _each(lambda question: self._best(state, question, options, asked), questions)
        return list(zip(questions, best, strict=True))

    def _best(
        self,
        state: State,
        question: Question,
        options: SearchOptions,
        asked: Filter = ALL,
        without: tuple[int, int] | None = None,
    ) -> list[hybrid.Found]:
        mark, passages = self.asker.mark, self.asker.passages
        found = hybrid.best(state, question, mark, options.k, passages, asked, without, options.across)
        return [one for one in found if one.score >= options.min_score]

    def _by_weights(
        self, state: State, texts: Sequence[str], options: SearchOptions
    ) -> tuple[list[Query], list[Ranked]]:
        """Queries under a model of weights, and the best articles of each."""
        asked = options.filter(state)
        options.check()
        counts = [Counter(self.analyzer.tokens(text)) for text in texts]
        for text, found in zip(texts, counts, strict=True):
            _check_words(text, bool(found))
        queries = _queries(state, options.model, self._bags(counts))
        best = _each(lambda query: state.best(options.model, query, options.k, asked), queries)
        return queries, [_from(options.min_score, ranked) for ranked in best]

    def _bags(self, counts: Sequence[Mapping[str, int]]) -> list[BagOfWords]:
        ids = self.words.ids({word for found in counts for word in found})
        return [[(ids[word], count) for word, count in found.items() if word in ids] for found in counts]

    def _explained_hits(self, state: State, question: Question, found: Sequence[hybrid.Found]) -> list[Hit]:
        keys = [one.key for one in found]
        reading = beside(lambda: articles.read(self.database, keys))
        words = words_of(state, question, found)  # while the database looks
        weights = state.model("bm25").query([(token, 1) for token in question.words.tokens.tolist()])
        stored = reading()
        pages = best_pages(state, "bm25", [weights], [keys], stored)
        return [
            Hit(
                stored[one.key].article,
                one.score,
                pages.get((0, one.key)),
                one.route,
                one.parts,
                own,
                self.asker.text_of(stored[one.key].article, one.passage),
            )
            for one, own in zip(found, words, strict=True)
            if one.key in stored
        ]

    def _hits(
        self, state: State, options: SearchOptions, queries: Sequence[Query], best: Sequence[Ranked]
    ) -> list[list[Hit]]:
        keys = [[key for key, _ in ranked] for ranked in best]
        found = articles.read(self.database, {key for some in keys for key in some})
        pages = best_pages(state, options.model, queries, keys, found)
        # An article deleted since the last refresh is in the state but not in the database any more.
        return [
            [Hit(found[key].article, score, pages.get((number, key))) for key, score in ranked if key in found]
            for number, ranked in enumerate(best)
        ]


def _from(min_score: float, ranked: Ranked) -> Ranked:
    return [(key, score) for key, score in ranked if score >= min_score]


def _queries(state: State, model: str, bags: Sequence[BagOfWords]) -> list[Query]:
    try:
        return state.queries(model, bags)
    except NoProjection as error:
        raise QueryError(str(error)) from None


def _check_words(text: str, any_words: bool) -> None:
    if not text.strip():
        raise QueryError("the query is empty")
    if not any_words:
        shown = text if len(text) <= 40 else text[:39] + "…"
        raise QueryError(f"the query {shown!r} has no words to search for (stop words and signs are left out)")


def _each(answer: Callable[[Asked], Answer], queries: Sequence[Asked]) -> list[Answer]:
    """*answer* to each of *queries*, several at a time: the kernel lets other threads run."""
    if len(queries) == 1:
        return [answer(queries[0])]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(answer, queries))
