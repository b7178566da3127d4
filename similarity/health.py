"""The health of the sources, judged from the records of their runs alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.database import Database
from rich.markup import escape

from store.connection import Document
from store.documents.runs import not_ahead
from store.documents.sources import source_rows

GOOD = ("ok", "nothing_new")
"""Verdicts of a good run."""

FAULTS = ("failed", "empty", "degraded")
"""Verdicts that are a fault at once. What a site refuses (``blocked``, ``login_needed``) may pass."""

REFUSALS = ("blocked", "login_needed")
"""Verdicts of a run that the site refused."""

MAX_GAP = timedelta(days=3)
"""The longest time without a good run; after it a source has failed, whatever the verdicts of its runs are.

Of a source with a rhythm of more than a day it begins when the next run is due."""

HISTORY = 8  # runs

_DAY = timedelta(days=1)

_SIGNS = {"ok": "ok", "nothing_new": "·", "blocked": "⊘", "login_needed": "⊘"}


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one source: ``history`` has the latest verdicts, oldest first; ``fault`` is "" while all is well.

    ``verdict``, ``why`` and ``last`` (when it ended) are those of the latest run, ``last_good`` is when the latest good
    one ended. ``job`` is what scrapyd calls the latest run, "" where another has started it. ``enabled``: it is crawled
    unless somebody turned it off. ``next_by``: when the next run should have begun. ``window``: when it may be crawled.
    ``silent_since``: when the latest good run ended, or for a rhythm of more than a day when the next one was due;
    without one when the first run ended.
    """

    source: str
    verdict: str
    why: str
    last: datetime | None
    last_good: datetime | None
    history: list[str]
    fault: str
    job: str = ""
    enabled: bool = True
    next_by: datetime | None = None
    window: str = ""
    silent_since: datetime | None = None

    def is_lasting(self, now: datetime) -> bool:
        """Whether its fault is more than one failure, which may pass: two runs in a row, or a day without another."""
        if not self.fault:
            return False
        last_two = self.history[-2:]
        is_repeated = len(last_two) == 2 and not set(last_two) & set(GOOD)
        return is_repeated or self.last is None or now - self.last >= _DAY


def health_of(database: Database[Document], now: datetime, sources: Sequence[str]) -> list[Health]:
    """The state of each of *sources*, or of all that have ever run. Raises SourcesFileError."""
    chosen = sources or sorted(database.runs.distinct("source", {"from_files": {"$ne": True}}))
    rows = source_rows(database)
    return [_health_of_source(database, key, key not in rows or rows[key].enabled, now) for key in chosen]


def all_sources(database: Database[Document]) -> list[str]:
    """The sources of the table, and others that have run. Raises SourcesFileError."""
    ran = database.runs.distinct("source", {"from_files": {"$ne": True}})
    return list(dict.fromkeys([*source_rows(database), *sorted(ran)]))


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A target of a watch to which the last message has failed for good: how many have, why, and when the last did."""

    watch: str
    messages: int
    answer: str
    last: datetime


def undelivered(database: Database[Document]) -> list[Undelivered]:
    """The targets of watches that get nothing at present, by the name of the watch."""
    ended: list[Document] = [
        {"$match": {"state": {"$in": ["delivered", "failed"]}}},
        {"$sort": {"ended": 1}},
        {
            "$group": {
                "_id": {"watch": "$watch", "target": "$target"},
                "state": {"$last": "$state"},
                "last": {"$last": "$ended"},
                "answers": {"$last": "$answers"},
                "failed": {"$sum": {"$cond": [{"$eq": ["$state", "failed"]}, 1, 0]}},
            }
        },
        {"$match": {"state": "failed"}},
    ]
    names = {row["_id"]: row["name"] for row in database.watches.find({}, {"name": 1})}
    found = [
        Undelivered(names[row["_id"]["watch"]], row["failed"], row["answers"][-1]["answer"], row["last"])
        for row in database.messages.aggregate(ended)
        if row["_id"]["watch"] in names
    ]
    return sorted(found, key=lambda one: (one.watch, one.last))


def undelivered_lines(found: Sequence[Undelivered], now: datetime) -> Iterator[str]:
    """*found* for people, one line each."""
    for one in found:
        said = f"{one.messages} 条未送达 not delivered, last {age_text(one.last, now)} ago: {one.answer}"
        yield f"[red]✗ watch {escape(one.watch)}: {escape(said)}[/red]"


def lines(states: Sequence[Health], now: datetime) -> Iterator[str]:
    """*states* for people, one line per source: age of the last and last good run, the history as signs, the fault."""
    for state in states:
        signs = " ".join(_SIGNS.get(verdict, "✗") for verdict in state.history)
        ages = f"last {age_text(state.last, now):>4}  good {age_text(state.last_good, now):>4}"
        off = "" if state.enabled else "[dim]关 off[/dim] "
        status = f"[red]✗ {escape(state.fault)}[/red]" if state.fault else f"[green]{state.verdict}[/green]"
        why = f" [dim]{escape(state.why)}[/dim]" if state.why else ""
        why += f" [dim]{escape(state.window)}[/dim]" if state.window not in ("", "always") else ""
        job = f" [dim]job {escape(state.job)}[/dim]" if state.job else ""
        yield f"{state.source:<14} {ages}  {signs:<{2 * HISTORY}} {off}{status}{why}{job}"


def _health_of_source(database: Database[Document], source: str, enabled: bool, now: datetime) -> Health:
    known = {"source": source, **not_ahead(now)}
    newest = list(database.runs.find(known, sort=[("ended", -1)]).limit(HISTORY))
    if not newest:
        return Health(source, "", "", None, None, [], "has never run" if enabled else "", enabled=enabled)
    last = newest[0]
    good = database.runs.find_one({**known, "verdict": {"$in": GOOD}}, sort=[("ended", -1)])
    last_good = good["ended"] if good else None
    first = database.runs.find_one(known, sort=[("ended", 1)]) or last
    history = [run["verdict"] for run in reversed(newest)]
    # Of a source that was turned off no run is missing.
    rhythm = timedelta(seconds=last.get("rhythm", 0))
    silent_since = last_good + rhythm * (rhythm > _DAY) if last_good else first["ended"]
    fault = _fault(last, last_good, silent_since, now) if enabled or now - last["ended"] <= MAX_GAP else ""
    why, job = last.get("why", ""), last.get("job", "")
    return Health(
        source, last["verdict"], why, last["ended"], last_good, history, fault, job, enabled, last.get("next_by"),
        last.get("window", ""), silent_since,
    )  # fmt: skip


def _fault(last: Document, last_good: datetime | None, silent_since: datetime, now: datetime) -> str:
    if last["verdict"] in FAULTS:
        return f"the last run was {last['verdict']}"
    if now - silent_since <= MAX_GAP:
        return ""
    days = (now - (last_good or silent_since)) / _DAY
    return f"no good run for {days:.0f} days" if last_good else f"no good run ever, in {days:.0f} days"


def age_text(moment: datetime | None, now: datetime) -> str:
    """How long ago *moment* was, for people."""
    if moment is None:
        return "-"
    if now - moment < timedelta(hours=1):
        return f"{max(0, (now - moment) // timedelta(minutes=1))} min"
    hours = (now - moment) / timedelta(hours=1)
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"
