"""``bench``: speed, size and memory of the index compared with gensim and bm25s."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from similarity.bench import RIVALS, SearchBenchFailed, missing_rivals, run_bench, save
from similarity.bench.table import tables
from similarity.cli.options import EXPECTED_ERRORS, AsJson, console, print_json
from store.errors import shown_in_one_line


def bench(
    docs: Annotated[
        list[int] | None,
        typer.Option(min=100, help="文章数，可多次给出 · articles; give it several times for a table of growth"),
    ] = None,
    rivals: Annotated[
        bool,
        typer.Option(help="同时测 gensim 与 bm25s · measure gensim and bm25s too, in the same run"),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """测速 · Speed, size and memory, compared with gensim and bm25s on generated articles in a separate database."""
    progress = Console(stderr=True, highlight=False)
    with shown_in_one_line(*EXPECTED_ERRORS):
        if rivals and (missing := missing_rivals()):
            raise SearchBenchFailed(
                f"not installed: {', '.join(missing)} (pip install -r requirements-dev.txt), or --no-rivals"
            )
        figures = run_bench(
            docs or [10_000, 100_000],
            RIVALS if rivals else (),
            lambda line: progress.print(f"[dim]{line}[/dim]"),
            save,
        )
    file = save(figures)
    if as_json:
        print_json(figures)
        return
    for table in tables(figures):
        console.print(table)
    console.print(f"[dim]{figures['machine']['cpu']}, {figures['machine']['cores']} cores; written to {file}[/dim]")
