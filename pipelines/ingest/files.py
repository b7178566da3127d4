"""Files that people already have, read as articles: JSONL, HTML (also gzipped), PDF and workbooks, one by one."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.read import Unreadable, read_document
from crawler.read.dates import parse_date
from crawler.refused import Refused
from crawler.source import Source
from crawler.sources import SOURCES
from store.article import Article

WORKBOOKS = (".xlsx",)
PAGES = (".html", ".htm", ".html.gz", ".htm.gz", ".xhtml", ".shtml", ".pdf", *WORKBOOKS)
LINES = (".jsonl", ".jsonl.gz")
MANIFEST = "MANIFEST.tsv"

UNKNOWN = "file"
"""The source of articles whose address belongs to no row of the table."""


class CannotIngest(ValueError):
    """A path given is of no use; the message is one line."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read, with what the manifest says of it."""

    path: Path
    url: str = ""
    captured: datetime | None = None


def find_files(paths: list[Path], manifest: Path | None = None) -> list[Found]:
    """The readable files at and below *paths*, in order of name, addresses from manifests.

    A manifest is a table in TSV with the columns ``file`` (beside it), ``address`` and ``captured``; ``MANIFEST.tsv``
    in a folder given is used by itself. Raises CannotIngest.
    """
    if manifest and not manifest.is_file():
        raise CannotIngest(f"{manifest}: no such file")
    found: dict[Path, Found] = {}
    for path in paths:
        if not path.exists():
            raise CannotIngest(f"{path}: no such file or folder")
        if path.is_file() and not path.name.lower().endswith(PAGES + LINES):
            raise CannotIngest(f"{path}: only {', '.join(PAGES + LINES)} are read")
        table = manifest or (path if path.is_dir() else path.parent) / MANIFEST
        said = _read_manifest(table) if table.is_file() else {}
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in inside:
            if file.is_file() and file.name.lower().endswith(PAGES + LINES):
                found.setdefault(file.resolve(), said.get(file.resolve(), Found(file.resolve())))
    if not found:
        raise CannotIngest(f"{', '.join(map(str, paths))}: no file that can be read ({', '.join(PAGES + LINES)})")
    return list(found.values())


def read_file(found: Found, now: datetime) -> Iterator[Article | Refused]:
    """The articles in a file, or why there are none.

    They are kept whole: a row's policy is about what we fetch, not about what people already have.
    """
    url = found.url or found.path.as_uri()
    if found.path.name.lower().endswith(LINES):
        yield from _read_lines(found.path, now)
        return
    row = source_of(url)
    try:
        data = found.path.read_bytes()
        if found.path.name.lower().endswith(WORKBOOKS):
            row = _reader_of_workbooks(row)
        article = read_document(data, url, captured=found.captured or now, source=row, name=found.path.name)
    except (Unreadable, OSError) as error:
        yield Refused(row.key if row else UNKNOWN, url, [str(error)], now)
        return
    article.source, article.access, article.fetched = row.key if row else UNKNOWN, "full", found.captured or now
    yield article


def _reader_of_workbooks(row: Source | None) -> Source:
    """The row that reads a workbook: that of its address, or of one without address the one that reads any.

    Raises Unreadable when the row only links workbooks: what their cells mean, only a row can tell.
    """
    reader = row or next((other for other in SOURCES.values() if other.workbook_of), None)
    if reader is None or not reader.workbook_of:
        raise Unreadable(f"a workbook; those of {row.key if row else 'no source'} are linked, not read")
    return reader


def source_of(url: str) -> Source | None:
    """The row of the source table whose site *url* belongs to."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    for row in SOURCES.values():
        for allowed in row.allowed:
            own = allowed.removeprefix("www.")
            if host == own or host.endswith("." + own):
                return row
    return None


def _read_lines(path: Path, now: datetime) -> Iterator[Article | Refused]:
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                place = f"{path.as_uri()}#line={number}"
                try:
                    yield _article(json.loads(line), now)
                except (ValueError, TypeError, AttributeError, RecursionError) as error:
                    yield Refused(UNKNOWN, place, [f"line {number}: {error}"], now)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        # The lines before it have been read; the other files must be, too.
        yield Refused(UNKNOWN, path.as_uri(), [f"cannot be read beyond line {number}: {error}"], now)


def _article(row: dict[str, Any], now: datetime) -> Article:
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    if not isinstance(row.get("url"), str) or not row["url"].strip():
        raise ValueError("url is missing")
    known = source_of(row["url"])
    link = known.link_of_address(row["url"]) if known and known.link_of_address else None
    title = row.get("title") or (link.title if link else "")
    if not isinstance(title, str) or not title.strip():
        raise ValueError("title is missing")
    source = _text(row, "source") or (known.key if known else UNKNOWN)
    fetched = _time(row, "fetched", now) or now
    article = Article(
        source=source,
        url=known.address_of(row["url"]) if known and known.address_of else row["url"],
        title=title,
        fetched=fetched,
        body=_text(row, "body") or _text(row, "text"),
        summary=_text(row, "summary"),
        language=_text(row, "language"),
        published=_time(row, "published", fetched) or (link.published if link else None),
        authors=_texts(row, "authors"),
        tags=_texts(row, "tags") or list(link.tags if link and not row.get("title") else ()),
        kind=row.get("kind") or "news",
    )
    if not article.body and known and known.keep == "headline":
        # Of such a source people have no more than addresses and headlines, and no more is asked for.
        article.access = "headline"
    return article


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    return value


def _texts(row: dict[str, Any], name: str) -> list[str]:
    value = row.get(name) or []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ValueError(f"{name} is not a list of texts")
    return value


def _time(row: dict[str, Any], name: str, captured: datetime) -> datetime | None:
    value = row.get(name)
    if value in (None, ""):
        return None
    moment = parse_date(str(value), timezone="Asia/Shanghai", captured=captured)
    if moment is None:
        raise ValueError(f"{name} {value!r} is not a date")
    return moment


def _read_manifest(path: Path) -> dict[Path, Found]:
    with path.open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {"file", "address"} <= set(rows.fieldnames or ()):
            raise CannotIngest(f"{path}: not a manifest, it has no columns file and address")
        found = {}
        for row in rows:
            file = (path.parent / row["file"]).resolve()
            captured = parse_date(row.get("captured") or "", timezone="UTC")
            address = (row["address"] or "").strip()
            try:
                urlsplit(address)
            except ValueError as error:
                raise CannotIngest(f"{path}: {address!r} is no address: {error}") from None
            found[file] = Found(file, address, captured)
    return found
