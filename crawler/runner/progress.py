"""Shows crawls on the terminal: progress while they run, a table at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.runner.processes import OpenRecords, ParallelCrawls
from crawler.runner.run_line import log_run

Record = Mapping[str, Any]

_COLORS = {"ok": "green", "nothing_new": "green", "blocked": "yellow", "login_needed": "yellow"}


def crawl_and_show(
    keys: list[str], crawls: ParallelCrawls, open_records: OpenRecords, console: Console, title: str
) -> tuple[dict[str, Record], dict[str, str]]:
    """Crawl *keys* with a progress bar.

    Returns, in the order of *keys*, the records of their runs, and why others were skipped.
    """
    records: dict[str, Record] = {}
    skipped: dict[str, str] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        open_records() as store,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("crawling", total=len(keys))
        running: list[str] = []

        def started(key: str) -> None:
            running.append(key)
            progress.update(task, description=f"crawling {', '.join(running)}")

        for ended in crawls.crawl(keys, started):
            running.remove(ended.key)
            progress.update(task, advance=1, description=f"crawling {', '.join(running)}")
            place = f"{len(records) + len(skipped) + 1}/{len(keys)}"
            if ended.is_leased:
                skipped[ended.key] = ended.last_line.removeprefix("error: ")
                progress.console.print(f"[dim]{place}[/dim] {ended.key} skipped 跳过: {escape(skipped[ended.key])}")
                continue
            records[ended.key] = record = store.record(ended)
            log_run(record, record["why"] or f"{record['new']} new")
            for line in _lines(ended.key, record, place):
                progress.console.print(line)
    ordered = {key: records[key] for key in keys if key in records}
    if ordered:
        console.print(_table(ordered, title))
    return ordered, {key: skipped[key] for key in keys if key in skipped}


def _lines(key: str, record: Record, place: str) -> Iterator[str]:
    why = f": {escape(record['why'])}" if record["why"] else ""
    yield f"[dim]{place}[/dim] {key} {_colored(record['verdict'])}, {record['seconds']:.0f} s{why}"
    for error in record["errors"][:3] if record["verdict"] not in ("ok", "nothing_new") else ():
        yield f"    [dim]{escape(error['url'])}[/dim] {error['outcome']}: {escape(error['reason'])}"


def _table(records: Mapping[str, Record], title: str) -> Table:
    table = Table(title=title)
    for name in ("source 来源", "verdict 结论", "articles 文章", "requests 请求"):
        table.add_column(name, no_wrap=True)
    table.add_column("discovery 发现方式")
    for key, record in records.items():
        requests = str(sum(record["requests"].values()))
        table.add_row(
            key,
            _colored(record["verdict"]),
            f"{record.get('articles', 0)} ({record['new']} new)",
            requests,
            _first_method(record["ways"]),
        )
    return table


def _colored(verdict: str) -> str:
    color = _COLORS.get(verdict, "red")
    return f"[{color}]{verdict}[/{color}]"


def _first_method(ways: list[str]) -> str:
    """Kind and host of the first discovery method, and the number of others: narrow enough for a table."""
    if not ways:
        return "-"
    kind, url = ways[0].split(" ", 1)
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return f"{kind} {host}{f' +{len(ways) - 1}' if len(ways) > 1 else ''}"
