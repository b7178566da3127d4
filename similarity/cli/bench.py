"""``bench``: speed, size and memory of the index compared with gensim and bm25s, or the speed of the HTTP API."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from similarity.bench import RIVALS, SearchBenchFailed, missing_rivals, run_bench, save
from similarity.bench.api import run_api_bench
from similarity.bench.api import table as api_table
from similarity.bench.backup import run_backup_bench
from similarity.bench.backup import table as backup_table
from similarity.bench.prompt import PromptTime, measure_prompt
from similarity.bench.table import tables
from similarity.cli.options import AsJson, console, errors_in_one_line, print_json


def bench(
    docs: Annotated[
        list[int] | None,
        typer.Option(min=100, help="文章数，可多次给出 · articles; give it several times for a table of growth"),
    ] = None,
    rivals: Annotated[
        bool,
        typer.Option(help="同时测 gensim 与 bm25s · measure gensim and bm25s too, in the same run"),
    ] = True,
    api: Annotated[
        bool, typer.Option("--api", help="只测 HTTP 接口，与 Python 对照 · only the HTTP API, compared with Python")
    ] = False,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="只测命令的启动 · only how long commands take at the prompt")
    ] = False,
    backups: Annotated[
        bool, typer.Option("--backup", help="只测备份与恢复 · only backup and restore: seconds, memory, size")
    ] = False,
    watches: Annotated[
        bool, typer.Option("--watches", help="只测订阅 · only watches: 1,000 of them against 10 articles a second")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """测速 · Speed, size and memory, compared with gensim and bm25s on generated articles in a separate database."""
    progress = Console(stderr=True, highlight=False)

    def show(line: str) -> None:
        progress.print(f"[dim]{line}[/dim]")

    if watches:  # a package of their own, which calls this one
        size = str((docs or [100_000])[0])
        os.execv(sys.executable, [sys.executable, "-m", "alerts.bench", size])
    with errors_in_one_line():
        if prompt:
            _show_prompt(measure_prompt(show), as_json)
            return
        if backups:
            _run_backups((docs or [100_000])[0], show, as_json)
            return
        if api:
            every = [run_api_bench(size, show) for size in docs or [100_000]]
            files = [save(figures, "api") for figures in every]
            if as_json:
                print_json({"sizes": every})
                return
            for figures in every:
                console.print(api_table(figures))
            _show_end(every[-1], files[-1])
            return
        if rivals and (missing := missing_rivals()):
            raise SearchBenchFailed(
                f"not installed: {', '.join(missing)} (pip install -r requirements-dev.txt), or --no-rivals"
            )
        figures = run_bench(
            docs or [10_000, 100_000],
            RIVALS if rivals else (),
            show,
            save,
        )
    file = save(figures)
    if as_json:
        print_json(figures)
        return
    for table in tables(figures):
        console.print(table)
    _show_end(figures, file)


def _show_end(figures: dict[str, Any], file: Path) -> None:
    console.print(f"[dim]{figures['machine']['cpu']}, {figures['machine']['cores']} cores; written to {file}[/dim]")


def _run_backups(size: int, show: Callable[[str], None], as_json: bool) -> None:
    figures = run_backup_bench(size, show)
    file = save(figures, "backup")
    if as_json:
        print_json(figures)
        return
    console.print(backup_table(figures))
    _show_end(figures, file)


def _show_prompt(times: Sequence[PromptTime], as_json: bool) -> None:
    if as_json:
        print_json({"prompt": [one._asdict() for one in times]})
        return
    table = Table("", "s", "times numpy and pymongo", "at most")
    for one in times:
        table.add_row(one.name, f"{one.seconds:.2f}", f"{one.ratio:.1f}", f"{one.aim:.0f}")
    console.print(table)
