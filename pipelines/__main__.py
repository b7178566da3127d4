"""The doors of the storing side: ``python -m pipelines ingest | samples``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from store.connection import StoreError
from store.errors import shown_in_one_line
from store.schema import IndexMismatch
from store.settings import SettingsError, settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False, soft_wrap=True)


@app.command()
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH ...", help="JSONL, HTML, gzipped HTML, PDF, XLSX, or folders")
    ],
    manifest: Annotated[Path | None, typer.Option(help="TSV with file, address, captured; else MANIFEST.tsv")] = None,
) -> None:
    """Store and index files that you already have, whole."""
    from pipelines.files import CannotIngest, find_files
    from pipelines.ingest import ingest as ingest_files

    with shown_in_one_line(CannotIngest, StoreError, IndexMismatch, SettingsError):
        settings()  # a wrong one is said before anything is read
        files = find_files(paths, manifest)
        console.print(f"[dim]{len(files)} files[/dim]")
        report = ingest_files(files)
        for url, reason in report.refused:
            console.print(f"[yellow]quarantined[/yellow] {escape(reason)}  [dim]{escape(url)}[/dim]")
        console.print(
            f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, "
            f"{report.duplicates} duplicates, {len(report.refused)} quarantined"
        )
        if report.failed:
            raise StoreError(report.failed)
    if not report.new + report.changed + report.unchanged + report.duplicates:
        raise SystemExit(1)


@app.command()
def samples(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY ...]", help="sources; all that have samples")
    ] = None,
) -> None:
    """Crawl the bundled sample web and ask the index four questions: what ``make run`` does."""
    from pipelines.samples import NoSamples, run_samples

    with shown_in_one_line(NoSamples, StoreError, SettingsError):
        good = run_samples(keys or [], console)
    if not good:
        raise SystemExit(1)


if __name__ == "__main__":
    app()
