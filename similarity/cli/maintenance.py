"""Upkeep of the index: ``python -m similarity compact | rebuild | verify | train | retokenize``."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer
from pymongo.database import Database
from rich.console import Console
from rich.markup import escape

from similarity.bulk import BulkError, workers
from similarity.rebuilding import rebuild as rebuild_with
from store import compactor, schema
from store.connection import Document, StoreError, connect, database_address, store_errors
from store.errors import shown_in_one_line
from store.manifest import DamagedManifest
from store.projections import NoProjection
from store.settings import SettingsError
from store.verify import verify as differences_of
from text.analyzer import VERSION

if TYPE_CHECKING:
    from similarity.training import Trained

console = Console(highlight=False, soft_wrap=True)

Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="在 Dask 集群上运行 · run on the workers of this Dask scheduler, tcp://HOST:8786"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]

_BUSY_FOR = 120.0  # seconds that are waited for another compactor
_NICENESS = 10


class _Busy(Protocol):
    @property
    def busy(self) -> bool:
        """Whether another compactor is at work."""


Report = TypeVar("Report", bound=_Busy)


class Busy(RuntimeError):
    """Another compactor is still at work."""


_EXPECTED = (StoreError, schema.IndexMismatch, SettingsError, DamagedManifest, NoProjection, BulkError, Busy)


def compact(as_json: AsJson = False) -> None:
    """Pack what is new into segments and mend what is damaged; searches go on meanwhile. Topics grow with it."""
    from similarity.training import bring_up_to_date  # gensim takes a second to load

    def do(database: Database[Document], address: str) -> tuple[compactor.Report, Trained | None]:
        report = _done_in_time(lambda: compactor.compact(database, thorough=True))
        with ExitStack() as stack:
            # Processes are started only when there is work for them.
            trained = bring_up_to_date(database, address, lambda: stack.enter_context(workers()))
        return report, trained

    _work(do, as_json)


def rebuild(scheduler: Scheduler = None, as_json: AsJson = False) -> None:
    """Make all segments anew from the stored articles' vectors; searches go on meanwhile."""

    def do(database: Database[Document], address: str) -> tuple[compactor.Report, Trained | None]:
        with workers(scheduler) as bulk:
            return _done_in_time(lambda: rebuild_with(database, address, bulk, elsewhere=bool(scheduler))), None

    _work(do, as_json)


def train(
    topics: Annotated[int, typer.Option(min=2, max=2000, help="主题数 · how many topics")] = 200,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """训练主题模型 lsi · Train the topics of model lsi on all stored articles."""
    from similarity.training import train as train_with

    with _opened() as (database, address), workers(scheduler) as bulk:
        schema.prepare(database, VERSION)
        trained = train_with(database, address, bulk, topics)
    _show_trained(trained, as_json)


def retokenize(scheduler: Scheduler = None, as_json: AsJson = False) -> None:
    """Cut all stored texts with this program's analyzer and switch the index to it; searches go on until then."""
    from similarity.retokenize import retokenize as retokenize_with
    from similarity.training import bring_up_to_date

    with _opened() as (database, address):
        schema.prepare(database, _analyzer_of(database))
        with workers(scheduler) as bulk:
            report = _done_in_time(lambda: retokenize_with(database, address, bulk))
            trained = bring_up_to_date(database, address, lambda: bulk)
    if as_json:
        console.print_json(json.dumps(asdict(report), ensure_ascii=False))
        return
    if report.switched:
        console.print(
            f"{report.articles:,} 篇文章重新分词 · {report.articles:,} articles cut anew: {report.words:,} new words, "
            f"{report.segments} segments"
        )
    else:
        console.print("索引已由本程序分词 · the index is of this program's analyzer already")
    if report.carried:
        console.print(
            f"[yellow]{report.carried:,} 篇不存正文，旧词逐个重分 · {report.carried:,} articles whose text is not kept"
            "[/yellow] have their old words, each cut again by itself; the next crawl that reads them cuts their text"
        )
    if trained and trained.outcome != "up to date":
        _show_trained(trained, as_json)


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


@contextmanager
def _opened() -> Iterator[tuple[Database[Document], str]]:
    """The database and its address, for a chore; what can be expected to go wrong ends in one line."""
    os.nice(_NICENESS)  # queries go first
    with shown_in_one_line(*_EXPECTED):
        address = database_address()
        database = connect(address)
        with database.client, store_errors(address):
            yield database, address


def _work(do: Callable[[Database[Document], str], tuple[compactor.Report, Trained | None]], as_json: bool) -> None:
    with _opened() as (database, address):
        schema.prepare(database, _analyzer_of(database))
        report, trained = do(database, address)
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
    if trained and trained.outcome != "up to date":
        _show_trained(trained, as_json)


def _show_trained(trained: Trained, as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps(asdict(trained), ensure_ascii=False))
        return
    made = trained.projection
    why = f" ({trained.reason})" if trained.reason else ""
    console.print(
        f"{made.topics} 个主题，{made.documents:,} 篇文章 · {made.topics} topics of {made.documents:,} articles: "
        f"{trained.outcome}{escape(why)}; {made.kept:.0%} of their words' weight kept"
    )


def _analyzer_of(database: Database[Document]) -> str:
    """That of the index, as packing cuts no text; a new index gets this program's."""
    found = database.manifest.find_one({"_id": "index"}, {"analyzer": 1})
    return str(found["analyzer"]) if found and "analyzer" in found else VERSION


def _done_in_time(do: Callable[[], Report]) -> Report:
    """The report of *do*, again while another compactor is at work. Raises Busy."""
    deadline = time.monotonic() + _BUSY_FOR
    while (report := do()).busy:
        if time.monotonic() > deadline:
            raise Busy("another compactor is still at work on this index; try again later")
        time.sleep(1)
    return report
