"""``export``: all hits of a question, or the whole store, as a table in a file or on standard output."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from similarity.answers.question import read
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

_FORMATS = ("csv", "jsonl", "parquet")


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
    as_json: AsJson = False,
) -> None:
    """导出 · All hits as a table, one row an article, or all articles where no TEXT is given.

    A file appears whole or not at all. Fields: id story score title source source_name category kind language access
    published_utc published_shanghai page url authors tags summary passage; and fetched_utc files body, if named.
    """
    with errors_in_one_line(ExportFailed):
        if as_json and out is None:
            raise QueryError("--json needs --out FILE: standard output has the table itself")
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
        rows = _export(options, _format_of(table_format, out), fields, out)
        if out is None:
            return
        if as_json:
            print_json({"rows": rows, "file": str(out)})
        else:
            console.print(f"{rows:,} 篇 · articles: {out}", markup=False)


def _export(options: Mapping[str, Any], table_format: str, fields: str | None, out: Path | None) -> int:
    from similarity.answers.export import export as export_of  # loads numpy, numba and the rest
    from similarity.answers.tables import chunks, fields_of, writer
    from similarity.index import SimilarityIndex
    from store.connection import store_errors

    question, wanted = read(options), fields_of(fields)
    table = writer(table_format, wanted)
    with SimilarityIndex.open(live=False) as index, store_errors(index.address):
        found = export_of(index, question)
        for ranked in found.rank():
            _progress(f"{ranked:,} ranked")
        with destination(out) as file:
            for number, part in enumerate(chunks(table, found.rows(wanted))):
                write(file, out, part)
                _progress(f"{min(number * 200, found.total):,} / {found.total:,}")
        _progress("")
        return found.total


def _format_of(given: str | None, out: Path | None) -> str:
    suffix = out.suffix[1:].lower() if out else ""
    found = given or (suffix if suffix in _FORMATS else "csv")
    if found not in _FORMATS:
        raise QueryError(f"no format {found[:40]!r}; there are {', '.join(_FORMATS)}", "format")
    if found == "parquet" and out is None and sys.stdout.isatty():
        raise QueryError("Parquet is no text for a terminal: give --out FILE", "out")
    return found


@contextmanager
def destination(out: Path | None) -> Iterator[BinaryIO]:
    """The file to write to: standard output, or a new file that is *out* once all was written. Raises ExportFailed."""
    if out is None:
        yield sys.stdout.buffer
        with _failing(out):
            sys.stdout.buffer.flush()
        return
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with _failing(out):
            file = partial.open("xb")
        try:
            yield file
            with _failing(out):
                file.flush()
                os.fsync(file.fileno())
        finally:
            with suppress(OSError):  # what could not be written is tried again by close
                file.close()
        with _failing(out):
            partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def write(file: BinaryIO, out: Path | None, data: bytes) -> None:
    """Write *data* to the *file* that ``destination`` gave for *out*. Raises ExportFailed."""
    with _failing(out):
        file.write(data)


def write_lines(out: Path | None, lines: Iterable[bytes]) -> int:
    """Write *lines* to *out*, see ``destination``; how many."""
    number = 0
    with destination(out) as file:
        for number, one in enumerate(lines, 1):
            write(file, out, one)
            if number % 200 == 0:
                _progress(f"{number:,}")
    _progress("")
    return number


@contextmanager
def _failing(out: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever read it has enough
        raise ExportFailed(f"{out or 'standard output'} cannot be written: {error.strerror}") from None


def _progress(text: str) -> None:
    """Show *text* in the line that it replaces, on a terminal alone."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
