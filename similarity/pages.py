"""Which page of a report answers a query best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from pymongo.database import Database

from similarity.lsi import Vector
from similarity.postings import columns_of
from similarity.query import Query, State, block_scores
from similarity.turning import Floats
from store.connection import Document
from store.vectors import unpack_many


def best_pages(
    database: Database[Document],
    state: State,
    model: str,
    queries: Sequence[Query],
    best: Sequence[Sequence[tuple[str, float]]],
) -> dict[tuple[int, str], int]:
    """(number of the query, article id) -> page from 1, for those of the *best* articles that have pages."""
    ids = {key for ranked in best for key, _ in ranked}
    asked = {"_id": {"$in": sorted(ids)}, "page_vectors.0": {"$exists": True}}
    found = {}
    for row in database.articles.find(asked, {"page_vectors": 1}):
        vectors = [bytes(vector) for vector in row["page_vectors"]]
        asking = [number for number, ranked in enumerate(best) if any(key == row["_id"] for key, _ in ranked)]
        for number, scores in zip(asking, _scores(state, model, [queries[n] for n in asking], vectors), strict=True):
            if scores.any():
                found[number, row["_id"]] = int(scores.argmax()) + 1
    return found


def _scores(state: State, model: str, queries: Sequence[Query], vectors: list[bytes]) -> Iterator[Floats]:
    """For each of *queries* the scores of the packed *vectors* of pages."""
    postings = unpack_many(vectors)
    page = np.repeat(np.arange(len(vectors)), np.diff(postings.start))
    lengths = np.bincount(page, weights=postings.counts, minlength=len(vectors)).astype(np.uint32)
    lengths.flags.writeable = False
    columns = columns_of(vectors, lengths)
    for query in queries:
        if isinstance(query, Vector):
            yield query.topics.page_scores(vectors, query.values)
        else:
            named = state.model(model)
            yield block_scores(columns, named, named.measured(columns, lengths), query, len(vectors))
