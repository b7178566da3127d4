"""Reads the files of ``xinwen ingest`` as articles: rows, pages, reports, documents, texts."""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler.extraction import OFFICE_FILES, TEXT_FILES, Unreadable, read_document
from crawler.extraction.dates import parse_date
from crawler.items import UnreadablePage
from crawler.source import Source
from crawler.sources import SOURCES
from pipelines.ingest.advice import advice_for_name, with_advice
from pipelines.ingest.rows import UNKNOWN, article_of_row, source_of
from store.article import Article

WORKBOOKS = (".xlsx",)
PAGES = (".html", ".htm", ".html.gz", ".htm.gz", ".xhtml", ".shtml", ".pdf", *OFFICE_FILES, *TEXT_FILES, *WORKBOOKS)
LINES = (".jsonl", ".jsonl.gz")
MANIFEST = "MANIFEST.tsv"
_MAX_LINE_BYTES = 32 * 2**20
"""Of a line of rows; what a few kilobytes of gzip unpack to may have no end of line."""

_ABOUT_FOLDER = re.compile(r"(?:readme|licen[cs]e|changelog|notice)\b.*", re.IGNORECASE)
"""Names of texts about the files of a folder; they are read where they are named themselves."""


class CannotIngest(ValueError):
    """A path or manifest cannot be used; the message is one line."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read, with the address and the time of capture that the manifest gives for it."""

    path: Path
    url: str = ""
    captured: datetime | None = None


def find_files(paths: list[Path], manifest: Path | None = None) -> list[InputFile]:
    """The readable files among *paths* and in their folders, each once, folders sorted by name. Raises CannotIngest.

    A manifest is a TSV table with the columns ``file`` (relative to the manifest), ``address`` and ``captured``. The
    ``MANIFEST.tsv`` in the folder of each path is read unless *manifest* is given.
    """
    if manifest and not manifest.is_file():
        raise CannotIngest(f"{manifest}: no such file")
    files: dict[Path, InputFile] = {}
    for path in paths:
        if not path.exists():
            raise CannotIngest(f"{path}: no such file or folder")
        if path.is_file() and not path.name.lower().endswith(PAGES + LINES):
            advice = advice_for_name(path.name)
            raise CannotIngest(f"{path}: only {', '.join(PAGES + LINES)} are read{f'; {advice}' if advice else ''}")
        table = manifest or (path if path.is_dir() else path.parent) / MANIFEST
        described = _read_manifest(table) if table.is_file() else {}
        candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in candidates:
            about = path.is_dir() and _ABOUT_FOLDER.fullmatch(file.name)
            if file.is_file() and not about and file.name.lower().endswith(PAGES + LINES):
                path_of_file = file.resolve()
                files.setdefault(path_of_file, described.get(path_of_file, InputFile(path_of_file)))
    if not files:
        raise CannotIngest(f"{', '.join(map(str, paths))}: no file that can be read ({', '.join(PAGES + LINES)})")
    return list(files.values())


def files_not_read(paths: list[Path]) -> list[tuple[Path, str]]:
    """The files in the folders of *paths* whose kind is not read, each with what would help ("" where nothing does)."""
    found = sorted(file for path in paths if path.is_dir() for file in path.rglob("*") if file.is_file())
    others = [file for file in found if not file.name.lower().endswith(PAGES + LINES) and file.name != MANIFEST]
    return [(file, advice_for_name(file.name)) for file in others if not file.name.startswith(".")]


def read_file(file: InputFile, now: datetime) -> Iterator[Article | UnreadablePage]:
    """The articles in *file*, and an ``UnreadablePage`` with the reasons for each that cannot be read.

    *now* dates the files without a time of capture. The articles get full access: the policy of a source limits what
    is stored of fetched pages, not of files that people already have.
    """
    url = file.url or file.path.as_uri()
    if file.path.name.lower().endswith(LINES):
        yield from _read_lines(file.path, now)
        return
    source = source_of(url)
    try:
        data = file.path.read_bytes()
        if file.path.name.lower().endswith(WORKBOOKS):
            source = _reader_of_workbooks(source)
        article = read_document(data, url, captured=file.captured or now, source=source, name=file.path.name)
    except (Unreadable, OSError) as error:
        yield UnreadablePage(source.key if source else UNKNOWN, url, [with_advice(str(error))], now)
        return
    article.source, article.access, article.fetched = source.key if source else UNKNOWN, "full", file.captured or now
    yield article


def _reader_of_workbooks(source: Source | None) -> Source:
    """The source that reads a workbook: *source*, that of its address, or without one the first that reads any.

    Raises Unreadable when the source only links workbooks: without ``workbook_of`` nobody knows what the cells hold.
    """
    reader = source or next((other for other in SOURCES.values() if other.workbook_of), None)
    if reader is None or not reader.workbook_of:
        raise Unreadable(f"a workbook; those of {source.key if source else 'no source'} are linked, not read")
    return reader


def _read_lines(path: Path, now: datetime) -> Iterator[Article | UnreadablePage]:
    read = 0
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as lines:
            while data := lines.readline(_MAX_LINE_BYTES + 1):
                if len(data) > _MAX_LINE_BYTES:
                    raise ValueError(f"a line of more than {_MAX_LINE_BYTES // 2**20} MiB")
                # With a byte order mark, which Windows writes, or without.
                text = data.decode("utf-8" if read else "utf-8-sig")
                for line in text.rstrip("\r\n").split("\r"):  # some programs end lines so
                    read += 1
                    if not line.strip():
                        continue
                    place = f"{path.as_uri()}#line={read}"
                    try:
                        yield article_of_row(json.loads(line), now)
                    except (ValueError, TypeError, AttributeError, RecursionError) as error:
                        yield UnreadablePage(UNKNOWN, place, [f"line {read}: {error}"], now)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        # One broken file must not stop the others; the lines before the fault have been read.
        yield UnreadablePage(UNKNOWN, path.as_uri(), [f"cannot be read beyond line {read}: {error}"], now)


def _read_manifest(path: Path) -> dict[Path, InputFile]:
    with path.open(encoding="utf-8-sig", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {"file", "address"} <= set(rows.fieldnames or ()):
            raise CannotIngest(f"{path}: not a manifest, it has no columns file and address")
        files = {}
        for row in rows:
            file = (path.parent / row["file"]).resolve()
            captured = parse_date(row.get("captured") or "", timezone="UTC")
            address = (row["address"] or "").strip()
            try:
                urlsplit(address)
            except ValueError as error:
                raise CannotIngest(f"{path}: {address!r} is no address: {error}") from None
            files[file] = InputFile(file, address, captured)
    return files
