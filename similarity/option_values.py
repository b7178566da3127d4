"""The values that options of a search may have, for every interface. Loads no numpy: ``--help`` shows them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import get_args
from zoneinfo import ZoneInfo

from similarity.errors import QueryError
from store.article import Kind

HYBRID, LSI = "hybrid", "lsi"
DEFAULT_MODEL = HYBRID
MODEL_NAMES = (HYBRID, "counts", "tfidf", "bm25", "bm25_okapi", LSI)
"""The names of the models: those between the first and the last are keys of ``similarity.ranking.models.MODELS``."""

KINDS: tuple[str, ...] = get_args(Kind)

SCORE, PUBLISHED = "score", "published"
ORDERS = {SCORE: SCORE, PUBLISHED: PUBLISHED, "date": PUBLISHED}
"""The values of ``sort``, and the order that each means."""

MAX_HITS = 10_000
"""Hits of one search at most."""

TIME_ZONE = ZoneInfo("Asia/Shanghai")
"""A date without a time is a day in this zone."""

_SHOWN = 40  # characters of a wrong value in a message


def day_of(name: str, value: str) -> date:
    """The day that *name* (an option or a field) was given as *value*. Raises QueryError."""
    try:
        day = date.fromisoformat(value)
        moment_of(day).astimezone(UTC)
        return day
    except (ValueError, OverflowError):  # the first day that there is begins before it in UTC
        message = f"{name} {shown(value)} is not a date; YYYY-MM-DD is one"
        raise QueryError(message, _option(name), f"{name} {shown(value)} 不是日期，应如 2026-01-31") from None


def moment_of(day: date, time_of_day: time = time.min) -> datetime:
    """*day* at that time, or as it is if it has a time of its own; in ``TIME_ZONE`` unless it names another zone."""
    if not isinstance(day, datetime):
        return datetime.combine(day, time_of_day, TIME_ZONE)
    return day if day.tzinfo else day.replace(tzinfo=TIME_ZONE)


def check_kind(name: str, value: str) -> str:
    """*value* if it is a kind of article. Raises QueryError."""
    if value not in KINDS:
        every = ", ".join(KINDS)
        message = f"{name} {shown(value)} is no kind of article; there are {every}"
        raise QueryError(message, _option(name), f"{name} {shown(value)} 不是文章种类；有 {every}")
    return value


def check_language(name: str, value: str) -> str:
    """*value* if it has the form of a language code. Raises QueryError."""
    if not re.fullmatch(r"[a-z]{2,3}", value):
        raise QueryError(
            f"{name} {shown(value)} is no language; zh and en are, and other codes of ISO 639",
            _option(name),
            f"{name} {shown(value)} 不是语言代码，应如 zh、en（ISO 639）",
        )
    return value


def shown(value: str) -> str:
    """*value* as a message has it, shortened."""
    return repr(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")


def _option(name: str) -> str:
    """The option with a wrong value: *name* (as ``--since``), or the query for a field in it (``since:``)."""
    return "q" if name.endswith(":") else name.lstrip("-")
