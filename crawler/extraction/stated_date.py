"""Finds the date that a document states in a line of its own near its beginning."""

from __future__ import annotations

from datetime import datetime

from crawler.extraction.dates import is_date, parse_date

_FIRST_LINES = 15
_MAX_LINE = 60  # characters


def stated_date(text: str, timezone: str, captured: datetime) -> datetime | None:
    """The moment in the first of the first lines of *text* that is only a date, and not of the future."""
    lines = [line.strip() for line in text.split("\n")[:_FIRST_LINES]]
    moments = (
        parse_date(line, timezone=timezone, captured=captured)
        for line in lines
        if len(line) <= _MAX_LINE and is_date(line)
    )
    return next((moment for moment in moments if moment and moment <= captured), None)
