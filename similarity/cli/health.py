"""``health``: one screen that says how the runs of every source went lately, and how everything beside them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.markup import escape

from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from similarity.condition import Check, checks, read_state
from similarity.errors import QueryError
from similarity.health import Health, Undelivered, all_sources, health_of, lines, undelivered, undelivered_lines
from store.connection import StoreError, opened
from store.documents.sources import own_rows
from store.settings import settings

CANNOT_TELL = 2
"""The exit status when the database does not answer."""


def health(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY ...]", help="来源；不给则为全部及整个系统 · sources; by default all, and the rest"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """近况 · How sources, schedule, index, messages and disks are; status 1: not well, 2: it cannot tell."""
    now = datetime.now(UTC)
    with errors_in_one_line():
        own_rows()  # with a wrong file of sources nothing is crawled
        try:
            with opened() as database:
                known = all_sources(database)
                if wrong := sorted({*(sources or ())} - {*known, *database.runs.distinct("source")}):
                    close = get_close_matches(wrong[0], known, n=1)
                    hint = f"did you mean {close[0]}?" if close else "xinwen list names them all"
                    raise QueryError(f"no source {wrong[0]!r}: {hint}", "source")
                states = health_of(database, now, sources or known)
                found = [] if sources else checks(read_state(database, now, settings().data), states, now)
                bad = [] if sources else undelivered(database)
        except StoreError as error:
            if as_json:
                print_json({"status": "unknown", "reason": str(error)})
            error.status = CANNOT_TELL
            raise
    failed = bool(bad or any(state.fault for state in states) or any(check.fault for check in found))
    if as_json:
        answer = {"status": "failed" if failed else "ok", "sources": [asdict(state) for state in states]}
        others = {"checks": [asdict(check) for check in found], "undelivered": [asdict(one) for one in bad]}
        print_json(answer | others)
    else:
        _show(states, found, bad, now)
    if failed:
        raise typer.Exit(1)


def _show(states: Sequence[Health], found: Sequence[Check], bad: Sequence[Undelivered], now: datetime) -> None:
    for line in (*lines(states, now), *undelivered_lines(bad, now)):
        console.print(line)
    if any(state.fault for state in states):
        console.print("[dim]xinwen crawl KEY: 再抓一次并说明原因 · crawls one again and says what is wrong[/dim]")
    for check in found:
        said = f"[red]✗ {escape(check.fault)}[/red]: {escape(check.helps)}" if check.fault else escape(check.says)
        console.print(f"{check.name:<14} {said}")
