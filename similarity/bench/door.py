"""The door of the bench: ``python -m similarity bench``."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from similarity.bench import RIVALS, BenchFailed, bench, missing_rivals, save
from similarity.bench.table import tables
from store.connection import StoreError
from store.errors import shown_in_one_line
from store.settings import SettingsError


def bench_command(
    docs: Annotated[list[int] | None, typer.Option(min=100, help="articles; several times for a growth table")] = None,
    rivals: Annotated[bool, typer.Option(help="measure gensim and bm25s beside it, in the same run")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Speed, size and memory beside gensim and bm25s, over made-up articles in a database of their own."""
    told = Console(stderr=True, highlight=False)
    with shown_in_one_line(BenchFailed, StoreError, SettingsError):
        if rivals and (missing := missing_rivals()):
            raise BenchFailed(
                f"not installed: {', '.join(missing)} (pip install -r requirements-dev.txt), or --no-rivals"
            )
        found = bench(
            docs or [10_000, 100_000], RIVALS if rivals else (), lambda line: told.print(f"[dim]{line}[/dim]"), save
        )
    file = save(found)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for table in tables(found):
        console.print(table)
    console.print(f"[dim]{found['machine']['cpu']}, {found['machine']['cores']} cores; written to {file}[/dim]")
