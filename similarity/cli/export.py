"""``export``: all hits of a question, or the whole store, as a table in a file or on standard output."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TypeVar

import typer

from similarity.answers.question import Question, read
from similarity.answers.tables import MEDIA_TYPES, USUAL, chunks, fields_of, writer
from similarity.cli.options import AsJson, Since, Until, console, errors_in_one_line, parse_day, print_json
from similarity.cli.search import (
    Across,
    Categories,
    Companies,
    Kinds,
    Languages,
    MinScore,
    ModelName,
    Must,
    Not,
    Recent,
    Sort,
    Sources,
    TargetPrecision,
)
from similarity.errors import QueryError
from similarity.option_values import DEFAULT_MODEL, SCORE

if TYPE_CHECKING:
    from similarity.answers.export import Export

_Batch = TypeVar("_Batch")


class ExportFailed(RuntimeError):
    """The file of an export cannot be written; the message is one line."""


def export(
    text: Annotated[str, typer.Argument(help="问题，同 search；不给则为全部文章 · as for search; all articles")] = "",
    like: Annotated[str, typer.Option("--like", metavar="ID", help="与这篇相似的 · what is similar to this one")] = "",
    table_format: Annotated[
        str | None,
        typer.Option("--format", help="csv（默认 default）、jsonl、parquet；或按 --out 的后缀 · or as FILE ends"),
    ] = None,
    fields: Annotated[str | None, typer.Option("--fields", help="字段，以逗号分隔 · fields, parted by commas")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="写入文件 · the file; else stdout")] = None,
    model: ModelName = DEFAULT_MODEL,
    source: Sources = None,
    category: Categories = None,
    kind: Kinds = None,
    language: Languages = None,
    company: Companies = None,
    since: Since = None,
    until: Until = None,
    must: Must = None,
    not_: Not = None,
    sort: Sort = SCORE,
    recent: Recent = None,
    across: Across = True,
    min_score: MinScore = None,
    target_precision: TargetPrecision = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--everything",
            help="连同词、向量与故事，供 import · for import elsewhere: with words, embeddings, stories",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """导出 · All hits as a table, one row an article, or all articles where no TEXT is given.

    A file appears whole or not at all. Fields: id story score title source source_name category kind language access
    published_utc published_shanghai page url authors tags summary passage; and fetched_utc files body, if named.
    """
    with errors_in_one_line(ExportFailed):
        if as_json and out is None:
            raise QueryError("--json needs --out FILE: standard output has the table itself", "out")
        options = {
            "q": text,
            "like": like,
            "model": model,
            "source": source,
            "category": category,
            "kind": kind,
            "language": language,
            "company": company,
            "since": parse_day("--since", since),
            "until": parse_day("--until", until),
            "must": must,
            "not": not_,
            "sort": sort,
            "recent": recent,
            "across": across,
            "min_score": min_score,
            "target_precision": target_precision,
        }
        if everything and (fields or table_format not in (None, "jsonl")):
            raise QueryError("--everything has all fields, as JSON lines: leave out --format and --fields", "format")
        wanted = None if everything else fields_of(fields)
        rows = _export(read(options), "jsonl" if everything else _format_of(table_format, out), wanted, out)
        if out is None:
            return
        if as_json:
            print_json({"rows": rows, "file": str(out)})
        else:
            console.print(f"{rows:,} 篇 · articles: {out}", markup=False)


def _export(question: Question, table_format: str, fields: tuple[str, ...] | None, out: Path | None) -> int:
    """Write the table, or for no *fields* what an import needs; how many articles."""
    from similarity.answers.export import BATCH  # loads numpy, numba and the rest
    from store.transfer.dump import dump
    from text.analysis.analyzer import VERSION

    table = writer(table_format, fields or USUAL)
    with _opened_export(question) as found:
        for ranked in found.rank():
            progress(f"{ranked:,} ranked")
        starts = range(0, found.total, BATCH)
        if fields is None:
            ids = (_counted(found.hits.keys(start, start + BATCH), start, found.total) for start in starts)
            parts = dump(found.database, VERSION, ids)
        else:
            batches = zip(starts, found.rows(fields), strict=True)
            parts = chunks(table, (_counted(rows, start, found.total) for start, rows in batches))
        with destination(out) as file:
            for part in parts:
                write(file, out, part)
        progress("")
        return found.total


@contextmanager
def _opened_export(question: Question) -> Iterator[Export]:
    """The export of *question*; the index of a large store takes a gigabyte, and only words need it."""
    from similarity.answers.export import export as export_of
    from similarity.answers.export import export_of_store
    from similarity.answers.stored_articles import is_plain
    from similarity.index import SimilarityIndex
    from store.connection import opened, store_errors
    from store.index import preparation
    from text.analysis.analyzer import VERSION

    if is_plain(question):
        with opened() as database:
            preparation.check_readable(database, VERSION)
            yield export_of_store(database, question)
        return
    with SimilarityIndex.open(live=False) as index, store_errors(index.address):
        yield export_of(index, question)


def _counted(batch: _Batch, start: int, total: int) -> _Batch:
    progress(f"{start:,} / {total:,}")
    return batch


def _format_of(given: str | None, out: Path | None) -> str:
    suffix = out.suffix[1:].lower() if out else ""
    found = given or (suffix if suffix in MEDIA_TYPES else "csv")
    if found not in MEDIA_TYPES:
        raise QueryError(f"no format {found[:40]!r}; there are {', '.join(MEDIA_TYPES)}", "format")
    if found == "parquet" and out is None and sys.stdout.isatty():
        raise QueryError("Parquet is no text for a terminal: give --out FILE", "out")
    return found


@contextmanager
def destination(out: Path | None) -> Iterator[BinaryIO]:
    """The file to write to: standard output, or a new file that is *out* once all was written.

    A device or a pipe is written to as it is. Raises ExportFailed.
    """
    if out is None:
        yield sys.stdout.buffer
        with _failing(out):
            sys.stdout.buffer.flush()
        return
    with _failing(out):
        is_kept = out.exists() and not out.is_file()  # a device or a pipe
        partial = out if is_kept else out.with_name(f".{out.name}.{os.getpid()}.partial")
        file = partial.open("wb" if is_kept else "xb")
    try:
        try:
            yield file
            with _failing(out):
                file.flush()
                if not is_kept:
                    os.fsync(file.fileno())
        finally:
            with suppress(OSError):  # what could not be written is tried again by close
                file.close()
        if not is_kept:
            with _failing(out):
                partial.replace(out)
    finally:
        if not is_kept:
            partial.unlink(missing_ok=True)


def write(file: BinaryIO, out: Path | None, data: bytes) -> None:
    """Write *data* to the *file* that ``destination`` gave for *out*. Raises ExportFailed."""
    with _failing(out):
        file.write(data)


@contextmanager
def _failing(out: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever read it has enough
        raise ExportFailed(f"{out or 'standard output'} cannot be written: {error.strerror}") from None


def progress(text: str) -> None:
    """Show *text* in the line that it replaces, on a terminal alone."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
