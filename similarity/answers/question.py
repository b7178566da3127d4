"""A question with all its options, under the names that they have in every interface."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any

from similarity.errors import QueryError
from similarity.option_values import (
    DEFAULT_MODEL,
    MAX_HITS,
    MODEL_NAMES,
    ORDERS,
    SCORE,
    check_kind,
    check_language,
    moment_of,
)

SEVERAL = ("source", "category", "kind", "language", "company", "must", "not")
"""The options that may be given several times."""

_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_SHOWN = 40  # characters of a wrong value in a message
_WHOLE = re.compile(r"[+-]?\d{1,19}")  # int() would refuse more than 4,300 digits with a sentence of its own


@dataclass(frozen=True)
class Question:
    """What is asked: ``q`` (words, with operators), ``passage`` (the same, every sign is text) or ``like`` (an id).

    With none of them: the newest articles first. An article must have one of the values of each of ``source``,
    ``category``, ``kind``, ``language`` and ``company`` that is given. Other options are those of
    ``SimilarityIndex.search``, where ``not_`` is ``exclude``. ``fold``: one hit a story, which lists its other
    articles. ``cursor``: where an answer to the same question said that it goes on.
    """

    q: str = ""
    passage: str = ""
    like: str = ""
    source: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    must: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    min_score: float | None = None
    target_precision: float | None = None
    across: bool = True
    model: str = DEFAULT_MODEL
    fold: bool = True
    sort: str = SCORE
    recent: str | None = None
    k: int = 10
    cursor: str = ""
    explain: bool = False

    def values(self) -> dict[str, str | list[str]]:
        """What is not the default, as ``read`` takes it: for an address that asks the same."""
        given: dict[str, str | list[str]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                given[field.name.rstrip("_")] = list(value) if isinstance(value, tuple) else _as_text(value)
        return given


OPTIONS = tuple(field.name.rstrip("_") for field in fields(Question))
"""The names of all options."""


def read(values: Mapping[str, Any], others: Collection[str] = ()) -> Question:
    """The question that *values* ask: option -> text, several texts, or a value as JSON has it. None: not given.

    *others*: names that are no options and are left to the caller. Raises QueryError with the name of the option.
    """
    given = {name: value for name, value in values.items() if value is not None and name not in others}
    for name in given:
        if name not in OPTIONS:
            close = get_close_matches(name, OPTIONS, n=1)
            every = ", ".join(OPTIONS)
            hint = f"did you mean {close[0]}?" if close else f"there are {every}"
            hint_zh = f"是否为 {close[0]}？" if close else f"有 {every}"
            raise QueryError(f"no option {_shown(name)}; {hint}", name, f"没有选项 {_shown(name)}；{hint_zh}")
    read_values: dict[str, Any] = {}
    for name, value in given.items():
        if name in SEVERAL:
            read_values["not_" if name == "not" else name] = _texts(name, value)
        else:
            read_values[name] = _READERS.get(name, _text)(name, _one(name, value))
    return _checked(Question(**read_values))


def _checked(question: Question) -> Question:
    given = [name for name in ("q", "passage", "like") if getattr(question, name)]
    if len(given) > 1:
        message = f"{' and '.join(given)} both say what is searched for: give one of them"
        raise QueryError(message, given[1], f"{'、'.join(given)} 都说明要找什么，只能给一个")
    if question.min_score is not None and question.target_precision is not None:
        message = "min_score and target_precision both say what is left out: give one of them"
        chinese = "min_score 与 target_precision 都说明排除什么，只能给一个"
        raise QueryError(message, "target_precision", chinese)
    if not 1 <= question.k <= MAX_HITS:
        message = f"k is {question.k}; 1 to {MAX_HITS} articles can be asked for"
        raise QueryError(message, "k", f"k 为 {question.k}；可取 1 至 {MAX_HITS}")
    for name, value, allowed in (("model", question.model, MODEL_NAMES), ("sort", question.sort, tuple(ORDERS))):
        if value not in allowed:
            every = ", ".join(allowed)
            message = f"no {name} {_shown(value)}; there are {every}"
            raise QueryError(message, name, f"{name} 没有 {_shown(value)}；有 {every}")
    for kind in question.kind:
        check_kind("kind", kind)
    for language in question.language:
        check_language("language", language)
    since, until = question.since, question.until
    if since is not None and until is not None and moment_of(since) > moment_of(until):
        message = f"no day is since {since:%Y-%m-%d} and until {until:%Y-%m-%d}"
        raise QueryError(message, "since", f"没有一天既在 {since:%Y-%m-%d} 之后又在 {until:%Y-%m-%d} 之前")
    return question


def _one(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        if len(value) > 1:
            message = f"{name} is given {len(value)} times; give it once"
            raise QueryError(message, name, f"{name} 给了 {len(value)} 次，只能给一次")
        return value[0] if value else ""
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(dict.fromkeys(_text(name, one) for one in several))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise QueryError(f"{name} {_shown(value)} is no text", name, f"{name} {_shown(value)} 不是文字")
    return value if name in ("must", "not") or value.strip() else ""


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    chinese = f"{name} {_shown(value)} 既非 true 也非 false"
    raise QueryError(f"{name} {_shown(value)} is neither true nor false", name, chinese)


def _number(name: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise QueryError(f"{name} {_shown(value)} is no number", name, f"{name} {_shown(value)} 不是数")
    return number


def _whole(name: str, value: Any) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise QueryError(f"{name} {_shown(value)} is no whole number", name, f"{name} {_shown(value)} 不是整数")


def _moment(name: str, value: Any) -> date:
    for kind in (date, datetime):
        try:
            day = value if isinstance(value, date) else kind.fromisoformat(value)
            moment_of(day).astimezone(UTC)  # raises OverflowError at both ends of the calendar
            return day
        except (TypeError, ValueError, OverflowError):
            continue
    message = f"{name} {_shown(value)} is not a date; YYYY-MM-DD is one"
    raise QueryError(message, name, f"{name} {_shown(value)} 不是日期，应如 2026-01-31")


_READERS = {
    "since": _moment,
    "until": _moment,
    "min_score": _number,
    "target_precision": _number,
    "across": _flag,
    "fold": _flag,
    "explain": _flag,
    "k": _whole,
}


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
