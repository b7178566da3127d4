"""Reads the articles that were ranked, and puts with each what explains its place: words, passage, page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pymongo.database import Database

from similarity.background import in_background
from similarity.query.builder import QueryBuilder
from similarity.query.hybrid_query import HybridQuery
from similarity.ranking.hybrid import two_stage
from similarity.ranking.passages import PassageReader
from similarity.ranking.results.best_page import best_pages
from similarity.ranking.results.contributions import Contribution, contributions
from similarity.ranking.results.explain import Explainer
from similarity.ranking.results.hits import Hit
from similarity.ranking.state import Query, State
from store.connection import Document
from store.documents import articles
from store.documents.articles import StoredArticle

MAX_WORDS = 12
"""Concepts that explain a hit, the heaviest ones; a pasted article has thousands."""


@dataclass(frozen=True)
class HitReader:
    """Reads hits of ``state`` from ``database``; an article that was deleted since is left out."""

    state: State
    builder: QueryBuilder
    passages: PassageReader
    database: Database[Document]

    def explained(self, query: HybridQuery, documents: Sequence[two_stage.ScoredDocument], explain: bool) -> list[Hit]:
        """*documents* as hits with what explains them; pages of reports are compared by BM25."""
        explainer = Explainer(query, self.builder.analyzer) if explain else None
        ids = [document.article_id for document in documents]
        reading = in_background(lambda: articles.read(self.database, ids))
        words = self._contributions(query, documents)  # while the database reads
        stored = reading()
        pages = self._pages(query, ids, stored)
        return [
            Hit(
                article := stored[document.article_id].article,
                document.score,
                pages.get(document.article_id),
                document.route,
                document.parts,
                own_words,
                self.passages.text_of(article, document.passage),
                explanation=explainer.explain(article, document.met.tolist(), pages.get(document.article_id))
                if explainer
                else None,
            )
            for document, own_words in zip(documents, words, strict=True)
            if document.article_id in stored
        ]

    def of_model(
        self, model: str, queries: Sequence[Query], best: Sequence[Sequence[tuple[str, float]]]
    ) -> list[list[Hit]]:
        """The articles of *best*, ids and scores for each of *queries* of one of the other models."""
        ids = [[article_id for article_id, _ in scored] for scored in best]
        stored = articles.read(self.database, {article_id for of_query in ids for article_id in of_query})
        pages = best_pages(self.state, model, queries, ids, stored)
        return [
            [
                Hit(stored[article_id].article, score, pages.get((number, article_id)))
                for article_id, score in scored
                if article_id in stored
            ]
            for number, scored in enumerate(best)
        ]

    def _contributions(
        self, query: HybridQuery, documents: Sequence[two_stage.ScoredDocument]
    ) -> list[tuple[Contribution, ...]]:
        if not documents:
            return []
        segments = self.state.collection.segments
        places = [(segments[number].reader, row) for number, row in (document.place for document in documents)]
        return contributions(query, places, np.array([document.met for document in documents]), MAX_WORDS)

    def _pages(self, query: HybridQuery, ids: list[str], stored: Mapping[str, StoredArticle]) -> dict[str, int]:
        """By id, the page that matches *query* best, for those of the articles *ids* that have pages."""
        if not any(article.page_vectors for article in stored.values()):
            return {}
        model = self.state.model("bm25")
        weights = [model.query(words) for words in self.builder.words_of_pages(query)]
        pages = best_pages(self.state, "bm25", weights, [ids] * len(weights), stored)
        # The page of the first query comes last and stays: the words as they were asked decide where they occur.
        return {article_id: page for (_, article_id), page in sorted(pages.items(), reverse=True)}
