"""Upkeep of the index: ``python -m similarity compact | rebuild | verify``."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer
from pymongo.database import Database
from rich.console import Console
from rich.markup import escape

from store import compactor, schema
from store.connection import Document, StoreError, connect, database_address, store_errors
from store.errors import shown_in_one_line
from store.manifest import DamagedManifest
from store.settings import SettingsError
from store.verify import verify as differences_of
from text.analyzer import VERSION

console = Console(highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]

_BUSY_FOR = 120.0  # seconds that are waited for another compactor
_NICENESS = 10

_EXPECTED = (StoreError, schema.IndexMismatch, SettingsError, DamagedManifest)


class Busy(RuntimeError):
    """Another compactor is still at work."""


def compact(as_json: AsJson = False) -> None:
    """Pack what is new into segments and mend what is damaged; searches go on meanwhile."""
    _work(lambda database: compactor.compact(database, thorough=True), as_json)


def rebuild(as_json: AsJson = False) -> None:
    """Make all segments anew from the stored articles' vectors; searches go on meanwhile."""
    _work(compactor.rebuild, as_json)


def verify(as_json: AsJson = False) -> None:
    """Compare the whole index with the articles; status 1 when something differs."""
    with shown_in_one_line(*_EXPECTED):
        address = database_address()
        database = connect(address)
        with database.client, store_errors(address):
            found = differences_of(database, VERSION)
            articles = database.articles.estimated_document_count()
    if as_json:
        shown = {"articles": articles, "differences": [asdict(difference) for difference in found]}
        console.print_json(json.dumps(shown, ensure_ascii=False))
    else:
        for difference in found:
            console.print(f"[red]✗[/red] {escape(difference.what)}")
            console.print(f"  [dim]解决办法 · what helps:[/dim] {escape(difference.command)}")
        if not found:
            console.print(f"索引与 {articles:,} 篇文章一致 · the index agrees with the {articles:,} articles")
    if found:
        raise typer.Exit(1)


def _work(do: Callable[[Database[Document]], compactor.Report], as_json: bool) -> None:
    os.nice(_NICENESS)  # queries go first
    with shown_in_one_line(*_EXPECTED, Busy):
        address = database_address()
        database = connect(address)
        with database.client, store_errors(address):
            schema.prepare(database, _analyzer_of(database))
            report = _done_in_time(lambda: do(database))
    if as_json:
        console.print_json(json.dumps(asdict(report), ensure_ascii=False))
        return
    for fault in report.broken:
        console.print(f"[yellow]已修复 · mended:[/yellow] {escape(fault)}")
    for key in report.unreadable:
        console.print(f"[red]向量损坏 · damaged vector:[/red] {key}  [dim]scrapy reread[/dim]")
    console.print(
        f"{report.documents:,} 篇文章，{report.segments} 个分段 · {report.documents:,} articles in {report.segments} "
        f"segments: {report.packed:,} packed, {report.buried:,} rows buried, {report.merged} merged, "
        f"{report.swept} parts swept"
    )


def _analyzer_of(database: Database[Document]) -> str:
    """That of the index, as packing cuts no text; a new index gets this program's."""
    found = database.manifest.find_one({"_id": "index"}, {"analyzer": 1})
    return str(found["analyzer"]) if found and "analyzer" in found else VERSION


def _done_in_time(do: Callable[[], compactor.Report]) -> compactor.Report:
    """The report of *do*, again while another compactor is at work. Raises Busy."""
    deadline = time.monotonic() + _BUSY_FOR
    while (report := do()).busy:
        if time.monotonic() > deadline:
            raise Busy("another compactor is still at work on this index; try again later")
        time.sleep(1)
    return report
