"""Which sources are due, decided from their rhythm, the clock and the records of their runs alone.

The time of a source is parted into periods of its rhythm: hours, days, weeks that begin on Monday, in the zone of the
user. A source is due once in each, at its beginning or as soon after it as somebody looks. One that failed is asked
again after 10, 20, 40 … minutes, and no later than after its rhythm; one whose site refuses it after a day. One whose
run met its budget goes on as soon as there is a budget again; where the budget was that of one run, after an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crawler.source import Source, span_text

FAILED = ("failed", "empty")
REFUSED = ("blocked", "login_needed")

NEVER = datetime.max.replace(tzinfo=UTC)
"""The moment of what is not to be crawled at all."""

PLANNED = timedelta(hours=24)
"""How far ahead a plan looks."""

RUNS = 16
"""Runs of a source that are needed: more failures in a row than this make no longer pauses."""

_DAY = timedelta(days=1)
_FIRST_PAUSE = timedelta(minutes=10)
_BETWEEN_PARTS = timedelta(hours=1)
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_CLOCK_ERROR = timedelta(hours=2)
"""A clock that is set back leaves records in the future; those further ahead say nothing about the present."""


@dataclass(frozen=True, slots=True)
class Run:
    """What matters of the record of a run."""

    started: datetime
    ended: datetime
    verdict: str
    stopped: str = ""
    """The budget that has ended it: ``bytes``, ``pages``, ``seconds``, ``window`` or ""."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a source is to be crawled next, which may be in the past, and why then."""

    key: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A line of the plan: the next run, and how many there are within ``PLANNED`` if all go well."""

    next: Due
    runs: int


Allow = Callable[[Due], Due]
"""What windows and budgets make of a moment: the same, or a later one with the reason."""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Says what is due at *now*. *runs*: by key of the source, the latest first."""

    runs: Mapping[str, Sequence[Run]]
    now: datetime
    zone: ZoneInfo
    allow: Allow = lambda due: due

    def due_now(self, sources: Iterable[Source]) -> list[Due]:
        """Those of *sources* that are due, the one that waits longest first."""
        return sorted((due for due in map(self._next, sources) if due.at <= self.now), key=lambda due: due.at)

    def plan(self, sources: Iterable[Source]) -> list[Planned]:
        """When each of *sources* is crawled within ``PLANNED``, the next one first; those that are not come last."""
        lines = []
        for source in sources:
            due = first = self._next(source)
            number = 0
            while due.at < self.now + PLANNED:
                number += 1
                moment = max(due.at, self.now)
                due = self.allow(next_due(source, [Run(moment, moment, "ok")], moment, self.zone))
            lines.append(Planned(first, number))
        return sorted(lines, key=lambda line: (max(line.next.at, self.now), line.next.key))

    def _next(self, source: Source) -> Due:
        return self.allow(next_due(source, self.runs.get(source.key, ()), self.now, self.zone))


def next_due(source: Source, runs: Sequence[Run], now: datetime, zone: ZoneInfo) -> Due:
    """When *source* is due. *runs*: the latest first."""
    known = [run for run in runs if run.started <= horizon(source, now)]
    if not known:
        return Due(source.key, now, "has never run")
    last = known[0]
    if last.verdict in REFUSED:
        return Due(source.key, last.ended + _DAY, f"{last.verdict} at {_shown(last.ended, zone)}: again after a day")
    if last.verdict in FAILED:
        failures = next((number for number, run in enumerate(known) if run.verdict not in FAILED), len(known))
        rhythm = rhythm_on(source, last.ended.astimezone(zone).date())
        pause = min(_FIRST_PAUSE * 2 ** min(failures - 1, RUNS), rhythm)
        times = "once" if failures == 1 else f"{failures} times in a row"
        why = f"{last.verdict} {times}, last at {_shown(last.ended, zone)}: again after {span_text(pause)}"
        return Due(source.key, last.ended + pause, why)
    begins = next(moment for moment in _beginnings(source, last.started, zone) if moment > last.started)
    if last.stopped:
        lasts_a_run = last.stopped in ("pages", "seconds")
        at = min(begins, last.ended + _BETWEEN_PARTS) if lasts_a_run else last.ended
        return Due(source.key, at, f"stopped by its budget ({last.stopped}) at {_shown(last.ended, zone)}: goes on")
    day = begins.astimezone(zone).date()
    reports = ", as the company reports these days" if rhythm_on(source, day) < source.rhythm else ""
    return Due(
        source.key,
        begins,
        f"every {span_text(rhythm_on(source, day))}{reports}; {last.verdict} at {_shown(last.started, zone)}",
    )


def horizon(source: Source, now: datetime) -> datetime:
    """Until when a run of *source* may have begun: the clock may have been ahead, but no further."""
    return now + max(source.rhythm, _CLOCK_ERROR)


def rhythm_on(source: Source, day: date) -> timedelta:
    """The rhythm of *source* on *day*: daily at least while its company reports."""
    reports = any(first <= f"{day:%m-%d}" <= last for first, last in source.reporting)
    return min(source.rhythm, _DAY) if reports else source.rhythm


def _beginnings(source: Source, since: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The beginnings of the periods of *source*, from the day of *since* on."""
    day = since.astimezone(zone).date()
    while True:
        yield from _beginnings_on(day, rhythm_on(source, day), zone)
        day += _DAY


def _beginnings_on(day: date, rhythm: timedelta, zone: ZoneInfo) -> Iterator[datetime]:
    midnight, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + _DAY))
    if rhythm % _DAY == timedelta():
        if (day.toordinal() - 1) % rhythm.days == 0:  # the first of January of the year 1 was a Monday
            yield midnight
        return
    # By the time that passes, so that the hour that summer time repeats is an hour too.
    begins = midnight if rhythm < _DAY else _EPOCH + -((_EPOCH - midnight) // rhythm) * rhythm
    while begins < end:
        yield begins
        begins += rhythm


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M}"
