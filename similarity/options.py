"""Options of doors as values."""

from __future__ import annotations

from datetime import date

from similarity.errors import QueryError


def day(option: str, text: str | None) -> date | None:
    """The date that *option* was given as *text*. Raises QueryError."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError(f"{option} {text!r} is not a date; YYYY-MM-DD is one") from None
