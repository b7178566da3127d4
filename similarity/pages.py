"""Which page of a report answers a query best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pymongo.database import Database

from similarity.models import Model, Weights
from similarity.postings import columns_of
from similarity.query import block_scores
from store.connection import Document
from store.vectors import unpack_many


def best_pages(
    database: Database[Document],
    model: Model,
    queries: Sequence[Weights],
    best: Sequence[Sequence[tuple[str, float]]],
) -> dict[tuple[int, str], int]:
    """(number of the query, article id) -> page from 1, for those of the *best* articles that have pages."""
    ids = {key for ranked in best for key, _ in ranked}
    asked = {"_id": {"$in": sorted(ids)}, "page_vectors.0": {"$exists": True}}
    found = {}
    for row in database.articles.find(asked, {"page_vectors": 1}):
        vectors = [bytes(vector) for vector in row["page_vectors"]]
        postings = unpack_many(vectors)
        page = np.repeat(np.arange(len(vectors)), np.diff(postings.start))
        lengths = np.bincount(page, weights=postings.counts, minlength=len(vectors)).astype(np.uint32)
        lengths.flags.writeable = False
        columns = columns_of(vectors, lengths)
        measured = model.measured(columns, lengths)
        for number, ranked in enumerate(best):
            if any(key == row["_id"] for key, _ in ranked):
                scores = block_scores(columns, model, measured, queries[number], len(vectors))
                if scores.any():
                    found[number, row["_id"]] = int(scores.argmax()) + 1
    return found
