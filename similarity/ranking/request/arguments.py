"""The keyword arguments of ``SimilarityIndex.search`` and ``similar``. A wrong one is named in a QueryError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any, TypedDict

from similarity.errors import QueryError, shortened
from similarity.ranking.request.options import SearchOptions, Values
from similarity.ranking.results.hits import Hit
from store.article import Article


class SimilarArguments(TypedDict, total=False):
    """Arguments of ``SimilarityIndex.similar``; see ``SimilarityIndex.search`` for what each means."""

    across: bool
    min_score: float | None
    target_precision: float | None
    explain: bool


class SearchArguments(SimilarArguments, total=False):
    """Arguments of ``SimilarityIndex.search`` and ``search_many``; see there for what each means."""

    source: Values
    kind: Values
    language: Values
    company: Values
    since: date | None
    until: date | None
    must: Values
    exclude: Values
    sort: str
    recent: timedelta | str | None


class WatchArguments(TypedDict, total=False):
    """Arguments of ``SimilarityIndex.watch``; see there and ``SimilarityIndex.search`` for what each means."""

    source: Values
    kind: Values
    language: Values
    company: Values
    since: date | None
    until: date | None
    must: Values
    exclude: Values
    across: bool
    min_score: float | None
    target_precision: float | None
    each_article: bool
    changes: bool


_SEVERAL = (list, tuple, set, frozenset)
_VALUES = ("a text, or a list of texts", (str, *_SEVERAL, type(None)))

_TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "text": ("a text", (str,)),
    "texts": ("a list of texts", _SEVERAL),
    **dict.fromkeys(("source", "kind", "language", "company", "must", "exclude"), _VALUES),
    "k": ("a whole number", (Integral,)),
    "model": ("a text", (str,)),
    "page": ("a whole number", (Integral, type(None))),
    "passage": ("a text", (str, type(None))),
    "by": ("a text", (str,)),
    "precision": ("a number", (Real,)),
    "article": ("an id, an address, an Article or a Hit", (str, Article, Hit)),
    "across": ("True or False", (bool,)),
    "explain": ("True or False", (bool,)),
    "min_score": ("a number", (Real, type(None))),
    "target_precision": ("a number", (Real, type(None))),
    "since": ("a date", (date, type(None))),
    "until": ("a date", (date, type(None))),
    "sort": ("a text", (str,)),
    "recent": ("a timedelta, or a text such as 30d", (timedelta, str, type(None))),
}


def search_options(
    k: int,
    model: str,
    arguments: SimilarArguments,
    allowed: type[SimilarArguments],
    score_reaching: Callable[[float, str], float],
) -> SearchOptions:
    """The options of a search with *arguments*, of which *allowed* has the names.

    *score_reaching*: the score with which a model reaches a precision. Raises QueryError, for whatever is wrong.
    """
    given: dict[str, Any] = dict(arguments)
    names = [*allowed.__annotations__]
    for name in given:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            raise QueryError(f"no option {name}; {f'did you mean {close[0]}?' if close else ', '.join(names)}", name)
    check_arguments(k=k, model=model, **given)
    precision, min_score = given.pop("target_precision", None), given.pop("min_score", None)
    if precision is not None and min_score is not None:
        message = "min_score and target_precision both say what is left out: give one of them"
        raise QueryError(message, "target_precision")
    SearchOptions(k, model).check()
    threshold = (min_score or 0.0) if precision is None else score_reaching(precision, model)
    return SearchOptions(k, model, min_score=threshold, **given)


def check_arguments(**given: object) -> None:
    """Raise QueryError unless each value of *given* has a type that the argument of that name may have."""
    for name, value in given.items():
        wanted, types = _TYPES[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types) or value != value:
            raise _wrong(name, value, wanted)
        if isinstance(value, _SEVERAL) and not all(isinstance(one, str) for one in value):
            raise _wrong(name, value, wanted)


def _wrong(name: str, value: object, wanted: str) -> QueryError:
    return QueryError(f"{name} is {shortened(value)}; it must be {wanted}", name)
