"""Maintenance of the index: ``compact``, ``rebuild``, ``train``, ``retokenize`` and ``verify``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer
from pymongo.database import Database
from rich.markup import escape

from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from similarity.maintenance.executor import JobError, open_executor
from similarity.maintenance.rebuild import rebuild_segments
from similarity.maintenance.retokenize import RetokenizeReport, retokenize_index
from store.connection import Document, database_address, opened
from store.index import compactor, preparation
from store.index.verify import verify as differences_of
from store.layout import OLDEST_READ
from text.analysis.analyzer import VERSION

if TYPE_CHECKING:
    from similarity.maintenance.lsi_training import TrainingReport

Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="在 Dask 集群上运行 · run on the workers of this Dask scheduler, tcp://HOST:8786"
    ),
]

_BUSY_FOR = 120.0  # seconds to wait for another compactor
_NICENESS = 10


class _BusyReport(Protocol):
    @property
    def busy(self) -> bool:
        """Whether another compactor is at work, so that nothing was done."""


_Report = TypeVar("_Report", bound=_BusyReport)


class CompactorBusy(JobError):
    """Another compactor is still at work."""


def compact(as_json: AsJson = False) -> None:
    """打包 · Pack new articles into segments, repair damaged ones, and update LSI; searches go on meanwhile."""
    from similarity.maintenance.lsi_training import bring_up_to_date  # gensim takes a second to load

    with _index_database() as (database, address):
        preparation.prepare(database, _analyzer_version(database))
        report = _when_free(lambda: compactor.compact(database, thorough=True))
        with ExitStack() as stack:
            # Processes are started only when there is work for them.
            trained = bring_up_to_date(database, address, lambda: stack.enter_context(open_executor()))
    _show_compaction(report, trained, as_json)


def rebuild(scheduler: Scheduler = None, as_json: AsJson = False) -> None:
    """重建 · Rebuild all segments from the stored articles' vectors; searches go on meanwhile."""
    with _index_database() as (database, address):
        preparation.prepare(database, _analyzer_version(database))
        with open_executor(scheduler) as executor:
            report = _when_free(lambda: rebuild_segments(database, address, executor, remote=bool(scheduler)))
    _show_compaction(report, None, as_json)


def train(
    topics: Annotated[int, typer.Option(min=2, max=2000, help="主题数 · how many topics")] = 200,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """训练主题模型 lsi · Train the topics of model lsi on all stored articles."""
    from similarity.maintenance.lsi_training import train_topics

    with _index_database() as (database, address), open_executor(scheduler) as executor:
        preparation.prepare(database, VERSION)
        trained = train_topics(database, address, executor, topics)
    if as_json:
        print_json(asdict(trained))
    else:
        _show_training(trained)


def retokenize(scheduler: Scheduler = None, as_json: AsJson = False) -> None:
    """重新分词 · Tokenize all stored texts with this program's analyzer, then switch the index to it.

    换好之前照常可以搜索 · Searches go on until the switch.
    """
    from similarity.maintenance.lsi_training import bring_up_to_date

    with _index_database() as (database, address):
        preparation.prepare(database, _analyzer_version(database))
        with open_executor(scheduler) as executor:
            report = _when_free(lambda: retokenize_index(database, address, executor))
            trained = bring_up_to_date(database, address, lambda: executor)
    if as_json:
        print_json(asdict(report))
    else:
        _show_retokenization(report, trained)


def verify(as_json: AsJson = False) -> None:
    """核对 · Compare the whole index with the articles; status 1 when something differs."""
    with errors_in_one_line(), opened() as database:
        preparation.refuse_other_layout(database, OLDEST_READ)
        differences = differences_of(database, VERSION)
        articles = database.articles.estimated_document_count()
    if as_json:
        print_json({"articles": articles, "differences": [asdict(difference) for difference in differences]})
    else:
        for difference in differences:
            console.print(f"[red]✗[/red] {escape(difference.what)}")
            console.print(f"  [dim]解决办法 · what helps:[/dim] {escape(difference.command)}")
        if not differences:
            console.print(f"索引与 {articles:,} 篇文章一致 · the index agrees with the {articles:,} articles")
    if differences:
        raise typer.Exit(1)


@contextmanager
def _index_database() -> Iterator[tuple[Database[Document], str]]:
    """The database and its address, for a job of low priority; expected errors end in one line."""
    os.nice(_NICENESS)  # queries go first
    with errors_in_one_line():
        address = database_address()
        with opened(address) as database:
            yield database, address


def _analyzer_version(database: Database[Document]) -> str:
    """The analyzer version of the index, because packing tokenizes nothing; a new index gets this program's."""
    manifest = database.manifest.find_one({"_id": "index"}, {"analyzer": 1})
    return str(manifest["analyzer"]) if manifest and "analyzer" in manifest else VERSION


def _when_free(job: Callable[[], _Report]) -> _Report:
    """The report of *job*, which is called again while another compactor is at work. Raises CompactorBusy."""
    deadline = time.monotonic() + _BUSY_FOR
    while (report := job()).busy:
        if time.monotonic() > deadline:
            raise CompactorBusy("another compactor is still at work on this index; try again later")
        time.sleep(1)
    return report


def _show_compaction(report: compactor.CompactionReport, trained: TrainingReport | None, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    for fault in report.broken:
        console.print(f"[yellow]已修复 · repaired:[/yellow] {escape(fault)}")
    for key in report.unreadable:
        console.print(f"[red]向量损坏 · damaged vector:[/red] {key}  [dim]xinwen reread[/dim]")
    console.print(
        f"{report.documents:,} 篇文章，{report.segments} 个分段 · {report.documents:,} articles in {report.segments} "
        f"segments: {report.packed:,} packed, {report.buried:,} rows deleted, {report.merged} merged, "
        f"{report.swept} parts removed"
    )
    _show_update(trained)


def _show_retokenization(report: RetokenizeReport, trained: TrainingReport | None) -> None:
    if report.switched:
        console.print(
            f"{report.articles:,} 篇文章重新分词 · {report.articles:,} articles re-tokenized: {report.words:,} new "
            f"words, {report.segments} segments"
        )
    else:
        console.print("索引已由本程序分词 · the index is of this program's analyzer already")
    if report.carried:
        console.print(
            f"[yellow]{report.carried:,} 篇不存正文，旧词逐个重分 · {report.carried:,} articles whose text is not kept"
            "[/yellow] keep their old words, each re-tokenized by itself; the next crawl that reads them tokenizes "
            "their text"
        )
    _show_update(trained)


def _show_update(trained: TrainingReport | None) -> None:
    if trained and trained.outcome != "up to date":
        _show_training(trained)


def _show_training(trained: TrainingReport) -> None:
    projection = trained.projection
    why = f" ({trained.reason})" if trained.reason else ""
    console.print(
        f"{projection.topics} 个主题，{projection.documents:,} 篇文章 · {projection.topics} topics of "
        f"{projection.documents:,} articles: {trained.outcome}{escape(why)}; {projection.kept:.0%} of their words' "
        "weight kept"
    )
