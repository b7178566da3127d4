"""Windows: the hours of a week in which may be crawled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_WEEK = range(7 * 24)
_WORKING_DAYS = 5
_SPAN = re.compile(r"(\d{1,2})-(\d{1,2})")


class WindowError(ValueError):
    """A text is no window; the message is one line."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the week, counted from midnight before Monday. Two windows joined by ``&``: the hours of both."""

    hours: frozenset[int]

    def __and__(self, other: Window) -> Window:
        return Window(self.hours & other.hours)

    def is_open(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether may be crawled at *moment*."""
        local = moment.astimezone(zone)
        return 24 * local.weekday() + local.hour in self.hours

    def opens(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """*moment*, or when the window opens after it; None for a window that is never open."""
        return self._first(moment, zone, is_open=True)

    def closes(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """*moment*, or when the window closes after it; None for a window that is always open."""
        return self._first(moment, zone, is_open=False)

    def _first(self, moment: datetime, zone: ZoneInfo, is_open: bool) -> datetime | None:
        # One day more than a week: an hour that summer time skips is there in the next week again.
        for _ in range(len(_WEEK) + 24):
            if self.is_open(moment, zone) is is_open:
                return moment
            moment = _next_hour(moment, zone)
        return None


ALWAYS, NEVER = Window(frozenset(_WEEK)), Window(frozenset())
_WORDS = {
    "always": ALWAYS,
    "nights only": Window(frozenset(hour for hour in _WEEK if not 6 <= hour % 24 < 22)),
    "working days only": Window(frozenset(range(_WORKING_DAYS * 24))),
}


def window(texts: Iterable[str]) -> Window:
    """The hours in which all *texts* hold. Raises WindowError."""
    return _window(tuple(texts))


@lru_cache(maxsize=256)
def _window(texts: tuple[str, ...]) -> Window:
    found = ALWAYS
    for text in texts:
        text = text.strip().lower()
        found &= _WORDS[text] if text in _WORDS else Window(frozenset(_by_hours(text)))
    return found


def hours_of(text: str) -> frozenset[int]:
    """The hours of a day in *text*, as ``9-12, 14-18`` or ``22-6``. Raises WindowError."""
    hours: set[int] = set()
    for part in text.split(","):
        span = _SPAN.fullmatch(part.strip())
        first, last = (int(span[1]), int(span[2])) if span else (-1, -1)
        if not (0 <= first < 24 and 0 <= last <= 24 and first != last):
            words = ", ".join(f'"{word}"' for word in _WORDS)
            raise WindowError(f'{text!r} is no window: {words}, or hours as "9-18" or "22-6"')
        hours |= {*range(first, last)} if first < last else {*range(first, 24), *range(last)}
    return frozenset(hours)


def _by_hours(text: str) -> Iterable[int]:
    hours = hours_of(text)
    return (hour for hour in _WEEK if hour % 24 in hours)


def _next_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the next hour in *zone*; of time that passes, as clocks are set forward and back."""
    local = moment.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment.astimezone(UTC) + timedelta(hours=1) - past
