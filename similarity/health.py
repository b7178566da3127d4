"""Is every source still giving articles? Told from the records of runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.database import Database
from rich.markup import escape

from store.connection import Document

GOOD = ("ok", "nothing_new")
FAULTS = ("failed", "empty", "degraded")
"""Verdicts that are a failure at once. What a site refuses (``blocked``, ``login_needed``) may pass."""

LONGEST = timedelta(days=3)
"""Without a good run for so long a source has failed, whatever its runs say."""

HISTORY = 8  # runs

_SIGNS = {"ok": "ok", "nothing_new": "·", "blocked": "⊘", "login_needed": "⊘"}


@dataclass(frozen=True, slots=True)
class Health:
    """How one source fares; ``history`` holds verdicts, oldest first, and ``fault`` is "" while all is well."""

    source: str
    verdict: str
    why: str
    last: datetime | None
    last_good: datetime | None
    history: list[str]
    fault: str


def health(database: Database[Document], now: datetime, sources: list[str]) -> list[Health]:
    """How *sources* fare, or all that ever ran."""
    ran = sources or sorted(database.runs.distinct("source", {"from_files": {"$ne": True}}))
    return [_of_one(database, source, now) for source in ran]


def lines(found: list[Health], now: datetime) -> Iterator[str]:
    """*found* for people, one source a line: last run and last good one as how long ago, the past as signs."""
    for one in found:
        signs = " ".join(_SIGNS.get(verdict, "✗") for verdict in one.history)
        times = f"last {_ago(one.last, now):>4}  good {_ago(one.last_good, now):>4}"
        said = f"[red]✗ {escape(one.fault)}[/red]" if one.fault else f"[green]{one.verdict}[/green]"
        why = f" [dim]{escape(one.why)}[/dim]" if one.why else ""
        yield f"{one.source:<14} {times}  {signs:<{3 * HISTORY}} {said}{why}"


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "-"
    hours = (now - moment) / timedelta(hours=1)
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"


def _of_one(database: Database[Document], source: str, now: datetime) -> Health:
    newest = list(database.runs.find({"source": source}, sort=[("ended", -1)]).limit(HISTORY))
    if not newest:
        return Health(source, "", "", None, None, [], "has never run")
    last = newest[0]
    good = database.runs.find_one({"source": source, "verdict": {"$in": GOOD}}, sort=[("ended", -1)])
    last_good = good["ended"] if good else None
    first = database.runs.find_one({"source": source}, sort=[("ended", 1)]) or last
    history = [run["verdict"] for run in reversed(newest)]
    fault = _fault(last, last_good, first["ended"], now)
    return Health(source, last["verdict"], last.get("why", ""), last["ended"], last_good, history, fault)


def _fault(last: Document, last_good: datetime | None, first: datetime, now: datetime) -> str:
    if last["verdict"] in FAULTS:
        return f"the last run was {last['verdict']}"
    since = last_good or first
    if now - since <= LONGEST:
        return ""
    days = (now - since) / timedelta(days=1)
    return f"no good run for {days:.0f} days" if last_good else f"no good run ever, in {days:.0f} days"
