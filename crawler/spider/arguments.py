"""The arguments of a spider: how many articles at most, and from which day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


class ArgumentError(ValueError):
    """An argument of ``-a`` is unknown or holds a wrong value; the message is one line."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """``limit`` 0: no limit. ``since`` None: from the beginning."""

    limit: int = 0
    since: date | None = None

    def start(self, timezone: str) -> datetime | None:
        """Midnight of ``since`` where the source's clock hangs."""
        return datetime.combine(self.since, time(), ZoneInfo(timezone)).astimezone(UTC) if self.since else None


def arguments(given: dict[str, str]) -> Arguments:
    """*given* as it stands on the command line, checked."""
    unknown = sorted(set(given) - {"limit", "since"})
    if unknown:
        raise ArgumentError(f"unknown argument {unknown[0]!r}: known are limit=N and since=YYYY-MM-DD")
    limit = since = None
    if text := given.get("limit"):
        limit = int(text) if text.isascii() and text.isdecimal() else 0
        if limit < 1:
            raise ArgumentError(f"limit={text}: a number of articles is meant, 1 or more")
    if text := given.get("since"):
        try:
            since = datetime.strptime(text, "%Y-%m-%d").date()
        except ValueError:
            raise ArgumentError(f"since={text}: a day is meant, such as since=2026-03-06") from None
        if since > datetime.now(UTC).date():
            raise ArgumentError(f"since={text}: that day is still to come")
    return Arguments(limit or 0, since)
