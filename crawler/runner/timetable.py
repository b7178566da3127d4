"""Reads the records of runs and says which sources are due (``crawler.runner.due``), for the commands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crawler.budgets import budgets
from crawler.runner.allowance import Allowance
from crawler.runner.due import NEVER, RUNS, Planned, Run, Scheduler, horizon
from crawler.runner.processes import OpenRecords, iso
from crawler.sources import SOURCES
from store.settings import settings

_WIDTH = 1_000
"""Columns that the table may take: each row stays one line, for pipes too."""


def keys_due(keys: Iterable[str], open_records: OpenRecords) -> list[str]:
    """Those of *keys* that are due and may be crawled, the one that waits longest first."""
    keys = list(keys)
    scheduler, _ = _read(keys, open_records)
    return [due.key for due in scheduler.due_now(SOURCES[key] for key in keys)]


def zero_budgets(keys: Iterable[str]) -> dict[str, str]:
    """Those of *keys* of which nothing may be downloaded, with the reason."""
    return {key: reason for key in keys if (reason := budgets().nothing_of(key))}


def at_once_now(full: int) -> int:
    """How many sources are crawled at once at this moment, *full* at the best hours."""
    return budgets().at_once(full, datetime.now(UTC), ZoneInfo(settings().zone))


def print_plan(keys: Iterable[str], open_records: OpenRecords, full: int) -> None:
    """Print when each of *keys* is due within the next 24 hours, and why; *full*: how many are crawled at once."""
    lines, allowance = _plan(keys, open_records)
    zone = allowance.zone
    table = Table(box=None, pad_edge=False)
    heads = ("source 来源", f"next 下次 ({zone.key})", "runs in 24 h 次数", "window 时间窗", "today 今日", "why 原因")
    for head in heads:
        table.add_column(head)
    for line in lines:
        due = line.next
        at = (
            "now 现在"
            if due.at <= allowance.now
            else f"{due.at.astimezone(zone):%Y-%m-%d %H:%M}"
            if due.at < NEVER
            else "never 从不"
        )
        window = budgets().window_text(due.key)
        table.add_row(due.key, at, str(line.runs), window, allowance.today(due.key), escape(due.reason))
    console = Console(width=_WIDTH, highlight=False)
    console.print(table)
    console.print(allowance.summary(full))


def plan_as_json(keys: Iterable[str], open_records: OpenRecords, full: int) -> str:
    """What ``print_plan`` prints as one JSON object; ``at`` in UTC, null for a source that is never crawled."""
    lines, allowance = _plan(keys, open_records)
    rows = [
        {
            "source": line.next.key,
            "at": iso(max(line.next.at, allowance.now)) if line.next.at < NEVER else None,
            "reason": line.next.reason,
            "runs": line.runs,
            "window": budgets().window_text(line.next.key),
            "bytes_today": allowance.downloaded.get(line.next.key, 0),
            "bytes_a_day": budgets().of(line.next.key).bytes_a_day,
        }
        for line in lines
    ]
    at_once = budgets().at_once(full, allowance.now, allowance.zone)
    return json.dumps({"now": iso(allowance.now), "at_once": at_once, "plan": rows}, ensure_ascii=False)


def _plan(keys: Iterable[str], open_records: OpenRecords) -> tuple[list[Planned], Allowance]:
    keys = list(keys)
    scheduler, allowance = _read(keys, open_records)
    return scheduler.plan(SOURCES[key] for key in keys), allowance


def _read(keys: list[str], open_records: OpenRecords) -> tuple[Scheduler, Allowance]:
    """What decides when *keys* are due, and what may be crawled now."""
    now, zone = datetime.now(UTC), ZoneInfo(settings().zone)
    with open_records() as store:
        records = store.latest({key: horizon(SOURCES[key], now) for key in keys}, RUNS)
        downloaded = store.downloaded(now.astimezone(zone).date())
    runs = {
        key: [Run(run["started"], run["ended"], run["verdict"], run.get("stopped", "")) for run in found]
        for key, found in records.items()
    }
    allowance = Allowance(budgets(), downloaded, now, zone)
    return Scheduler(runs, now, zone, allowance.allow), allowance
