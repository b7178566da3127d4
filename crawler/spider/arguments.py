"""The spider arguments ``limit`` (number of articles), ``since`` (first day) and ``_job``, as given with ``-a``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

_FIRST_TO_HAVE_A_DAY = timezone(timedelta(hours=14))
"""A day begins here before anywhere else: neither the zone of the source nor that of the user need be UTC."""


class ArgumentError(ValueError):
    """An argument of ``-a`` is unknown or has an invalid value; the message is one line."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """``limit``: maximum number of articles, 0 for no limit. ``since``: first day of publication, None for no limit.

    ``job``: what the scheduler that started the crawl calls it, "" where none did. It is given as ``_job``, the name
    of scrapyd.
    """

    limit: int = 0
    since: date | None = None
    job: str = ""

    def start(self, timezone: str) -> datetime | None:
        """Midnight of ``since`` in *timezone*, the source's time zone, in UTC; None without ``since``."""
        if self.since is None:
            return None
        try:
            return datetime.combine(self.since, time(), ZoneInfo(timezone)).astimezone(UTC)
        except OverflowError:  # the first day of the calendar, east of Greenwich
            return datetime.min.replace(tzinfo=UTC)


def arguments(given: dict[str, str]) -> Arguments:
    """Parses the arguments *given* on the command line. Raises ArgumentError."""
    unknown = sorted(set(given) - {"limit", "since", "_job"})
    if unknown:
        raise ArgumentError(f"unknown argument {unknown[0]!r}: known are limit=N and since=YYYY-MM-DD")
    limit = since = None
    if text := given.get("limit"):
        limit = int(text) if text.isascii() and text.isdecimal() else 0
        if limit < 1:
            raise ArgumentError(f"limit={text}: must be a number of articles, 1 or more")
    if text := given.get("since"):
        try:
            since = datetime.strptime(text, "%Y-%m-%d").date()
        except ValueError:
            raise ArgumentError(f"since={text}: must be a day, such as since=2026-03-06") from None
        if since > datetime.now(_FIRST_TO_HAVE_A_DAY).date():
            raise ArgumentError(f"since={text}: that day is in the future")
    return Arguments(limit or 0, since, given.get("_job", ""))
