"""How a search is meant: how many articles, by which model, of which sources, languages and days."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches

from similarity.errors import QueryError
from similarity.models import DEFAULT_MODEL, MODEL_NAMES
from similarity.query import Filter, State
from similarity.trend import PEOPLES_TIME

MOST_HITS = 10_000


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What ``SimilarityIndex.search`` and its like are asked for beside the text; see there."""

    k: int = 10
    model: str = DEFAULT_MODEL
    source: str | None = None
    language: str | None = None
    since: date | None = None
    until: date | None = None
    across: bool = True
    min_score: float = 0.0

    def check(self) -> None:
        """Raises QueryError for a number of hits that is out of range and for a model that there is none of."""
        if not 1 <= self.k <= MOST_HITS:
            raise QueryError(f"k is {self.k}; 1 to {MOST_HITS} articles can be asked for")
        if self.model not in MODEL_NAMES:
            raise QueryError(f"no model {self.model!r}; there are {', '.join(MODEL_NAMES)}")

    def filter(self, state: State) -> Filter:
        """Which articles of *state* may be found. Raises QueryError for a source that it has no article of."""
        if self.source is not None:
            _check_source(self.source, [held.sources for held in state.collection.blocks])
        return Filter(
            self.source,
            self.language,
            None if self.since is None else math.ceil(_moment(self.since, time.min).timestamp()),
            None if self.until is None else math.floor(_moment(self.until, time.max).timestamp()),
        )


def _check_source(source: str, present: Iterable[frozenset[str]]) -> None:
    known = frozenset[str]().union(*present)
    if source not in known:
        close = get_close_matches(source, sorted(known), n=1) or sorted(known)
        hint = f"; there are {', '.join(close)}" if close else ""
        raise QueryError(f"no article of source {source!r} is indexed{hint}")


def _moment(day: date, of_day: time) -> datetime:
    if not isinstance(day, datetime):
        return datetime.combine(day, of_day, PEOPLES_TIME)
    return day if day.tzinfo else day.replace(tzinfo=PEOPLES_TIME)
