"""Which page of a report answers a query best."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from similarity.lsi import Vector
from similarity.postings import columns_of
from similarity.query import Query, State, block_scores
from similarity.turning import Floats
from store.articles import Stored
from store.vectors import unpack_many


def best_pages(
    state: State, model: str, queries: Sequence[Query], best: Sequence[Collection[str]], stored: Mapping[str, Stored]
) -> dict[tuple[int, str], int]:
    """(number of the query, article id) -> page from 1, for those of the *best* articles of each query that have pages.

    *stored*: the articles, by id.
    """
    found = {}
    for key, one in stored.items():
        if not one.page_vectors:
            continue
        asking = [number for number, keys in enumerate(best) if key in keys]
        for number, scores in zip(
            asking, _scores(state, model, [queries[n] for n in asking], one.page_vectors), strict=True
        ):
            if scores.any():
                found[number, key] = int(scores.argmax()) + 1
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
