"""Options of a search: how many articles, by which model, in which order, and which may be found."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from difflib import get_close_matches

from similarity.errors import QueryError
from similarity.option_values import (
    DEFAULT_MODEL,
    MAX_HITS,
    MODEL_NAMES,
    ORDERS,
    PUBLISHED,
    SCORE,
    check_kind,
    check_language,
    moment_of,
)
from similarity.query.syntax import Syntax
from similarity.ranking.filter import Filter
from similarity.ranking.state import State

_HALF_LIFE = re.compile(r"(\d+(?:\.\d+)?)([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

Values = str | Sequence[str] | None
"""One value, several (an article must have one of them), or none."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """The arguments of ``SimilarityIndex.search`` besides the text; see there for what each means."""

    k: int = 10
    model: str = DEFAULT_MODEL
    source: Values = None
    kind: Values = None
    language: Values = None
    company: Values = None
    since: date | None = None
    until: date | None = None
    must: Values = None
    exclude: Values = None
    across: bool = True
    min_score: float = 0.0
    sort: str = SCORE
    recent: timedelta | str | None = None
    explain: bool = False
    operators: bool = True
    """Whether the text may have operators; False: it is a passage, every sign in it is text."""
    ids: frozenset[str] | None = None
    """Only of these articles; None for any."""
    without_ids: frozenset[str] = frozenset()
    """None of these articles."""

    def check(self) -> None:
        """Raise QueryError for a ``k`` that is out of range, an unknown model or order, and a wrong half-life."""
        if not 1 <= self.k <= MAX_HITS:
            message = f"k is {self.k}; 1 to {MAX_HITS} articles can be asked for"
            raise QueryError(message, "k", f"k 为 {self.k}；可取 1 至 {MAX_HITS}")
        if self.model not in MODEL_NAMES:
            every = ", ".join(MODEL_NAMES)
            raise QueryError(
                f"no model {self.model!r}; there are {every}", "model", f"没有模型 {self.model!r}；有 {every}"
            )
        if self.sort not in ORDERS:
            every = ", ".join(ORDERS)
            raise QueryError(
                f"no order {self.sort!r}; there are {every}", "sort", f"没有排序 {self.sort!r}；有 {every}"
            )
        if self.half_life is not None and ORDERS[self.sort] == PUBLISHED:
            message = "sort by date and recent both say what newer articles gain: give one of them"
            raise QueryError(message, "recent", "按日期排序与 recent 都让新的靠前，只能给一个")

    @property
    def half_life(self) -> timedelta | None:
        """The half-life of ``recent``. Raises QueryError."""
        if not isinstance(self.recent, str):
            half_life = self.recent
        else:
            match = _HALF_LIFE.fullmatch(self.recent)
            if not match:
                message = f"recent {self.recent!r} is no half-life; 30d, 2w and 12h are"
                raise QueryError(message, "recent", f"recent {self.recent!r} 不是半衰期，应如 30d、2w、12h")
            try:
                half_life = float(match[1]) * _UNITS[match[2]]
            except OverflowError:
                message = f"recent {self.recent!r} is longer than any article is old; 30d is usual"
                chinese = f"recent {self.recent!r} 比任何文章都久，常用 30d"
                raise QueryError(message, "recent", chinese) from None
        if half_life is not None and half_life <= timedelta(0):
            message = f"recent {self.recent!s} is no half-life; it must be longer than 0"
            raise QueryError(message, "recent", f"recent {self.recent!s} 不是半衰期，须大于 0")
        return half_life

    def filter(self, state: State, syntax: Syntax | None = None) -> Filter:
        """The filter by source, language and days, of these options and of *syntax* together.

        Raises QueryError for a source or language that no article of *state* has, and where nothing can pass.
        """
        syntax = syntax or Syntax("")
        segments = state.collection.segments
        for source in (*several(self.source), *syntax.source):
            check_source(source, [segment.sources for segment in segments])
        for language in several(self.language):
            check_language("language", language)
        since, until = self._span(syntax)
        return Filter(
            both("source", several(self.source), syntax.source),
            both("language", several(self.language), syntax.language),
            since,
            until,
            ids=self.ids,
            without_ids=self.without_ids,
        )

    def kinds(self, syntax: Syntax) -> frozenset[str] | None:
        """The kinds of article of these options and of *syntax* together, None for any. Raises QueryError."""
        for kind in several(self.kind):
            check_kind("kind", kind)
        return both("kind", several(self.kind), syntax.kind)

    def _span(self, syntax: Syntax) -> tuple[int | None, int | None]:
        """The seconds since 1970 between which articles were published."""
        since = [moment_of(day, time.min) for day in (self.since, syntax.since) if day is not None]
        until = [moment_of(day, time.max) for day in (self.until, syntax.until) if day is not None]
        if since and until and max(since) > min(until):
            message = f"no day is since {max(since):%Y-%m-%d} and until {min(until):%Y-%m-%d}"
            chinese = f"没有一天既在 {max(since):%Y-%m-%d} 之后又在 {min(until):%Y-%m-%d} 之前"
            raise QueryError(message, "since" if self.since or self.until else "q", chinese)
        return (
            math.ceil(max(since).timestamp()) if since else None,
            math.floor(min(until).timestamp()) if until else None,
        )


def several(values: Values) -> tuple[str, ...]:
    """*values* as a tuple; a text by itself is one value."""
    return (values,) if isinstance(values, str) else tuple(values or ())


def both(name: str, given: Iterable[str], asked: Iterable[str]) -> frozenset[str] | None:
    """The values that the options (*given*) and the query (*asked*) both allow; None for all. Raises QueryError."""
    first, second = frozenset(given), frozenset(asked)
    if first and second and not first & second:
        shown = ", ".join(sorted(first)), ", ".join(sorted(second))
        message = f"the option says {name} {shown[0]} and the query {name}:{shown[1]}: nothing is both"
        chinese = f"选项 {name} 为 {shown[0]}，而查询中为 {name}:{shown[1]}，没有两者皆是的"
        raise QueryError(message, name, chinese)
    return (first & second if first and second else first or second) or None


def check_source(source: str, by_segment: Iterable[frozenset[str]]) -> None:
    """Raise QueryError for a *source* that is in none of the sets *by_segment*."""
    known = frozenset[str]().union(*by_segment)
    if source not in known:
        close = get_close_matches(source, sorted(known), n=1) or sorted(known)
        hint, hint_zh = (f"; there are {', '.join(close)}", f"；有 {', '.join(close)}") if close else ("", "")
        message = f"no article of source {source!r} is indexed{hint}"
        raise QueryError(message, "source", f"没有来源为 {source!r} 的文章{hint_zh}")
