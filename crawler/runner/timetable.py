"""Reads the records of runs and says which sources are due (``crawler.runner.due``), for the commands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from crawler.runner.due import RUNS, Run, due_now, plan
from crawler.runner.processes import OpenRecords
from crawler.sources import SOURCES
from store.settings import settings

_WIDTH = 1_000
"""Columns that the table may take: each row stays one line, for pipes too."""


def keys_due(keys: Iterable[str], open_records: OpenRecords) -> list[str]:
    """Those of *keys* that are due, the one that waits longest first."""
    keys = list(keys)
    due = due_now([SOURCES[key] for key in keys], _runs(keys, open_records), datetime.now(UTC), _zone())
    return [one.key for one in due]


def print_plan(keys: Iterable[str], open_records: OpenRecords) -> None:
    """Print when each of *keys* is due within the next 24 hours, and why."""
    keys, now, zone = list(keys), datetime.now(UTC), _zone()
    table = Table(box=None, pad_edge=False)
    for head in ("source 来源", f"next 下次 ({zone.key})", "runs in 24 h 次数", "why 原因"):
        table.add_column(head)
    for line in plan([SOURCES[key] for key in keys], _runs(keys, open_records), now, zone):
        at = "now 现在" if line.next.at <= now else f"{line.next.at.astimezone(zone):%Y-%m-%d %H:%M}"
        table.add_row(line.next.key, at, str(line.runs), line.next.reason)
    Console(width=_WIDTH, highlight=False).print(table)


def _runs(keys: list[str], open_records: OpenRecords) -> dict[str, list[Run]]:
    with open_records() as store:
        records = store.latest(keys, RUNS)
    return {key: [Run(run["started"], run["ended"], run["verdict"]) for run in found] for key, found in records.items()}


def _zone() -> ZoneInfo:
    return ZoneInfo(settings().zone)
