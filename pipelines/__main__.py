"""Commands that store articles without a crawl of live sites: ``xinwen ingest | samples``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.ingest.fields import HELP
from store import command_line, logs
from store.connection import StoreError
from store.errors import shown_in_one_line
from store.index.preparation import IndexMismatch
from store.settings import SettingsError, settings
from store.terminal import Terminal

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Terminal()

_MAX_OTHERS = 20  # files of other kinds that are named; a folder may hold thousands


@app.command(help=HELP)
def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH ...", help="JSONL, HTML (.gz), PDF, DOCX, PPTX, TXT, Markdown, XLSX；或文件夹 · or folders"
        ),
    ],
    manifest: Annotated[
        Path | None,
        typer.Option(help="列为 file、address、captured 的 TSV · TSV with these columns; by default MANIFEST.tsv"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="一个 JSON 对象 · one JSON object on stdout")] = False,
) -> None:
    """Store and index files that people already have, and print what became of what they hold."""
    from crawler.sources import SOURCES
    from pipelines.ingest.files import CannotIngest, files_not_read, find_files
    from pipelines.ingest.ingest import ingest as ingest_files

    with shown_in_one_line(CannotIngest, StoreError, IndexMismatch, SettingsError):
        settings()  # a wrong setting is reported before any file is read
        len(SOURCES)  # and so is a wrong file of sources
        files = find_files(paths, manifest)
        others = files_not_read(paths)
        if not as_json:
            _show_files(len(files), others)
        report = ingest_files(files)
        if as_json:
            facts = {"files": len(files), "not_read": {str(path): advice for path, advice in others}}
            typer.echo(json.dumps(facts | asdict(report), ensure_ascii=False))
        else:
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


def _show_files(number: int, others: Sequence[tuple[Path, str]]) -> None:
    console.print(f"[dim]{number} files[/dim]")
    for path, advice in others[:_MAX_OTHERS]:
        reason = advice or "不读这种文件 · files of this kind are not read"
        console.print(f"[yellow]not read[/yellow] {escape(str(path))}: {escape(reason)}")
    if others[_MAX_OTHERS:]:
        console.print(f"[yellow]not read[/yellow] … {len(others) - _MAX_OTHERS} more")


@app.command()
def samples(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY ...]", help="sources; all that have samples if none is given")
    ] = None,
) -> None:
    """Crawl the bundled sample web and run four queries on the index, as ``make run`` does."""
    from crawler.runner.processes import NoLogs
    from pipelines.ingest.samples import NoSamples, run_samples

    with shown_in_one_line(NoSamples, NoLogs, StoreError, SettingsError):
        good = run_samples(keys or [], console)
    if not good:
        raise SystemExit(1)


if __name__ == "__main__":
    logs.set_up()
    command_line.run(app)
