"""When a target is notified: at once, hourly, daily or weekly, not in its quiet hours. Pure functions of a time."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from alerts.errors import WatchError
from similarity.option_values import TIME_ZONE

AT_ONCE = "at-once"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")

SPREAD = timedelta(minutes=4)
"""Scheduled sends are spread over this time: full and half hours are when robots refuse, as everybody sends then."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a target is notified: ``every`` ("at-once", "hourly", "daily", "weekly"), ``at`` a time, on a ``weekday``.

    ``quiet``: from and until when nothing is sent, None for never. Times are in ``TIME_ZONE``.
    """

    every: str = AT_ONCE
    at: time = time(0)
    weekday: int = 0
    quiet: tuple[time, time] | None = None

    def __str__(self) -> str:
        """As ``rhythm_of`` takes it, without the quiet hours."""
        clock = f" {self.at:%H:%M}" if self.every in ("daily", "weekly") else ""
        return f"weekly {_DAYS[self.weekday][:3]}{clock}" if self.every == "weekly" else f"{self.every}{clock}"

    @property
    def quiet_text(self) -> str:
        """The quiet hours as ``rhythm_of`` takes them; "" for none."""
        return f"{self.quiet[0]:%H:%M}-{self.quiet[1]:%H:%M}" if self.quiet else ""

    def due(self, found: datetime, key: str) -> datetime:
        """When what was found at *found* may be sent at the earliest; *key*, the target, spreads scheduled sends."""
        return self.after_quiet(self._scheduled(found.astimezone(TIME_ZONE), key), key)

    def after_quiet(self, moment: datetime, key: str) -> datetime:
        """*moment*, or soon after the end of the quiet hours that it lies in, spread by *key*; in UTC."""
        local = moment.astimezone(TIME_ZONE)
        if self.quiet:
            first, last = self.quiet
            clock = local.time()
            if first <= clock < last or (first > last and (clock >= first or clock < last)):
                end = datetime.combine(local.date(), last, TIME_ZONE)
                begin = datetime.combine(local.date(), first, TIME_ZONE)
                between = (begin - end) % timedelta(days=1)  # of which the quiet hours leave perhaps a minute
                local = (end if end > local else end + timedelta(days=1)) + min(SPREAD, between) * _share(key)
        return local.astimezone(UTC)

    def _scheduled(self, found: datetime, key: str) -> datetime:
        if self.every == AT_ONCE:
            return found
        spread = SPREAD * _share(key)
        if self.every == "hourly":
            start = found.replace(minute=0, second=0, microsecond=0)
            step = timedelta(hours=1)
        else:
            start = datetime.combine(found.date(), self.at, TIME_ZONE) - timedelta(days=1)
            step = timedelta(days=1)
        while start + spread <= found or (self.every == "weekly" and start.weekday() != self.weekday):
            start += step
        return start + spread


def _share(key: str) -> float:
    """The part of a time, below 1, after which the target *key* is sent to."""
    return zlib.crc32(key.encode()) % 1000 / 1000


def rhythm_of(every: str = AT_ONCE, quiet: str = "") -> Rhythm:
    """The rhythm that *every* ("weekly mon 09:00") and *quiet* ("22:00-07:00") say. Raises WatchError."""
    words = every.lower().split() or [""]
    hours = _quiet(quiet)
    if words in ([AT_ONCE], ["hourly"]):
        return Rhythm(words[0], quiet=hours)
    if words[0] == "daily" and len(words) == 2 and (at := _clock(words[1])):
        return Rhythm("daily", at, quiet=hours)
    if words[0] == "weekly" and len(words) == 3 and (at := _clock(words[2])):
        for number, day in enumerate(_DAYS):
            if len(words[1]) > 2 and day.startswith(words[1]):
                return Rhythm("weekly", at, number, hours)
    shown = repr(every[:40])
    raise WatchError(
        f"--every {shown} is no rhythm; at-once, hourly, daily HH:MM and weekly DAY HH:MM (mon to sun) are",
        f"--every {shown} 不是节奏，应为 at-once、hourly、daily HH:MM 或 weekly DAY HH:MM（mon 至 sun）",
        "every",
    )


def _quiet(text: str) -> tuple[time, time] | None:
    if not text.strip():
        return None
    first, _, last = text.partition("-")
    begin, end = _clock(first.strip()), _clock(last.strip())
    if begin is None or end is None or begin == end:
        shown = repr(text[:40])
        raise WatchError(
            f"--quiet {shown} is no span of hours; 22:00-07:00 is one",
            f"--quiet {shown} 不是时段，应如 22:00-07:00",
            "quiet",
        )
    return begin, end


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    return time(int(found[1]), int(found[2])) if found else None
