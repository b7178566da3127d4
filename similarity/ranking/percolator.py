"""Asks stored queries of new articles: the reverse of a search, which Elasticsearch calls percolation.

What a query says is parsed and embedded once. Its weights follow the statistics of the index, so they are computed
again for each snapshot; then each article is scored by the function that scores a search. So an article matches
exactly where a search in the same snapshot would list it. The filter is applied last, to the few that score enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from similarity.arrays import Flags, Floats
from similarity.errors import QueryError
from similarity.option_values import HYBRID
from similarity.query.builder import UnweightedQuery
from similarity.query.hybrid_query import HybridQuery
from similarity.ranking.hybrid.scoring import ScoringDocuments, prepare, score_many
from similarity.ranking.hybrid.two_stage import across_at, no_passages, scoring_documents
from similarity.ranking.request.options import SearchOptions
from similarity.ranking.searcher import Searcher, check_words


@dataclass(frozen=True)
class StoredQuery:
    """A query for ``percolate``: ``text``, which may have operators, or the id of a stored article (``like``)."""

    text: str
    like: str
    unweighted: UnweightedQuery


def stored_query(searcher: Searcher, options: SearchOptions, text: str = "", like: str = "") -> StoredQuery:
    """The query *text*, or that for articles like *like*. Raises QueryError, as a search would."""
    if options.model != HYBRID:
        message = f"scores of model {options.model!r} are on no common scale; only {HYBRID} can be stored"
        raise QueryError(message, "model", f"只有模型 {HYBRID} 的分数可作门槛")
    request = searcher.requests.read(searcher.state, text, options)
    if like:
        return StoredQuery("", like, searcher.builder.parse_article(searcher.vectors_of(like), options.across))
    plain = request.text.encode("utf-8", "replace").decode()
    (unweighted,) = searcher.builder.parse([plain], options.across, [request.any_of])
    check_words(plain, bool(unweighted.parsed.concepts))
    return StoredQuery(text, "", unweighted)


def percolate(
    searcher: Searcher, queries: Sequence[tuple[StoredQuery, SearchOptions]], ids: Sequence[str]
) -> list[dict[str, float]]:
    """For each of *queries* those of the articles *ids* that a search with these options lists, with their scores.

    A query that the snapshot cannot answer, as one for a source without articles, has none.
    """
    state = searcher.state
    places = {article_id: place for article_id in ids if (place := state.collection.place_of(article_id))}
    if not places or not queries:
        return [{} for _ in queries]
    keys, at = list(places), list(places.values())
    weighted = searcher.builder.weighted(state.collection, [query.unweighted for query, _ in queries])
    fingerprint = weighted[0].encoder_fingerprint
    read = searcher.passages.begin if fingerprint else no_passages
    documents = scoring_documents(state, at, keys, fingerprint, read)
    across: dict[str, Flags] = {}
    found = []
    for (stored, options), query in zip(queries, weighted, strict=True):
        if query.language not in across:
            across[query.language] = across_at(state, at, query.language)
        scores = _scores(searcher, query, documents, across[query.language])
        reached = np.flatnonzero((scores > 0) & (scores >= options.min_score)).tolist()
        hits = {keys[place]: float(scores[place]) for place in reached if keys[place] != stored.like}
        found.append(_passing(searcher, stored, options, hits) if hits else hits)
    return found


def _scores(searcher: Searcher, query: HybridQuery, documents: ScoringDocuments, across: Flags) -> Floats:
    """The score of each document, (documents,), float64."""
    scores = score_many(prepare(query, searcher.state.collection), documents._replace(across=across)).scores
    return scores if query.cross_lingual else np.where(across, 0.0, scores)


def _passing(
    searcher: Searcher, stored: StoredQuery, options: SearchOptions, hits: dict[str, float]
) -> dict[str, float]:
    """Those of *hits* that pass the filter and have the phrases of the query."""
    try:
        request = searcher.requests.read(searcher.state, stored.text, options)
    except QueryError:
        return {}
    passing = searcher.selector.allowed_among(request, list(hits))
    return {article_id: score for article_id, score in hits.items() if article_id in passing}
