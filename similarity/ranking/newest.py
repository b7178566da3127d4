"""The newest articles that pass a filter, from the days in the index alone."""

from __future__ import annotations

import numpy as np

from similarity.ranking.filter import Filter
from similarity.ranking.selection import Ranked
from similarity.ranking.state import State
from store.index.segment_format import id_strings


def newest(state: State, article_filter: Filter, number: int) -> Ranked[tuple[str, float]]:
    """The *number* newest articles that pass *article_filter*, as (id, 0.0), and how many pass.

    Of one moment in ascending order of id; those without a date come last, as theirs is the earliest of all.
    """
    found: list[tuple[int, str]] = []
    total = 0
    for place, segment in enumerate(state.collection.segments):
        allowed, count = state.allowed(article_filter, place, segment)
        total += count
        rows = np.flatnonzero(allowed)
        published = segment.reader.segment.published[rows]
        if len(rows) > number:
            # All of the moment of the last one, so that of equal ones those with the smallest ids are taken.
            limit = np.partition(published, len(rows) - number)[len(rows) - number]
            rows, published = rows[published >= limit], published[published >= limit]
        found += zip(
            [-seconds for seconds in published.tolist()], id_strings(segment.reader.segment.ids[rows]), strict=True
        )
    best = [(article_id, 0.0) for _, article_id in sorted(found)[:number]]
    return Ranked(best, total, False)
