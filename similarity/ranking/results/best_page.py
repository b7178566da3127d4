"""The page of a report that matches a query best."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from similarity.arrays import Floats
from similarity.postings.inverted import invert_vectors
from similarity.ranking.lsi import TopicQuery
from similarity.ranking.state import Query, State, segment_scores
from store.documents.articles import StoredArticle
from store.vectors import unpack_many


def best_pages(
    state: State,
    model: str,
    queries: Sequence[Query],
    hits: Sequence[Collection[str]],
    stored: Mapping[str, StoredArticle],
) -> dict[tuple[int, str], int]:
    """(number of the query, article id) -> page from 1, for the *hits* (article ids) of each query that have pages.

    Pages are scored like documents, by *model*; of equal pages the first is taken, and a page must share a word with
    the query. *stored*: the articles, by id.
    """
    pages = {}
    for article_id, article in stored.items():
        if not article.page_vectors:
            continue
        numbers = [number for number, ids in enumerate(hits) if article_id in ids]
        scores_of_each = _page_scores(state, model, [queries[number] for number in numbers], article.page_vectors)
        for number, scores in zip(numbers, scores_of_each, strict=True):
            if scores.any():
                pages[number, article_id] = int(scores.argmax()) + 1
    return pages


def _page_scores(state: State, model: str, queries: Sequence[Query], vectors: list[bytes]) -> Iterator[Floats]:
    """For each of *queries* the scores of the pages (shape (pages,)), whose bags of words are the packed *vectors*."""
    postings = unpack_many(vectors)
    page = np.repeat(np.arange(len(vectors)), np.diff(postings.start))
    lengths = np.bincount(page, weights=postings.counts, minlength=len(vectors)).astype(np.uint32)
    lengths.flags.writeable = False
    index = invert_vectors(vectors, lengths)
    for query in queries:
        if isinstance(query, TopicQuery):
            yield query.topics.page_scores(vectors, query.values)
        else:
            weighting = state.model(model)
            yield segment_scores(index, weighting, weighting.segment_norms(index, lengths), query, len(vectors))
