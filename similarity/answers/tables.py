"""Tables that are written row by row: CSV for spreadsheets, JSON lines and Parquet for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from similarity.errors import NotInstalled, QueryError
from similarity.option_values import TIME_ZONE
from store.places import install

if TYPE_CHECKING:
    import pyarrow

TEXT, TEXTS, NUMBER, WHOLE, TIME, TIME_IN_SHANGHAI = "text", "texts", "number", "whole", "time", "time in Shanghai"

UTC_TIME = "_utc"
"""How the names of fields with times in UTC end."""

FIELDS: Mapping[str, str] = {
    "id": TEXT, "story": TEXT, "score": NUMBER, "title": TEXT, "source": TEXT, "source_name": TEXT, "category": TEXT,
    "kind": TEXT, "language": TEXT, "access": TEXT, "published_utc": TIME, "published_shanghai": TIME_IN_SHANGHAI,
    "page": WHOLE, "url": TEXT, "authors": TEXTS, "tags": TEXTS, "summary": TEXT, "passage": TEXT,
    "fetched_utc": TIME, "files": TEXTS, "body": TEXT,
}  # fmt: skip
"""The fields of a hit in a table, each with its type."""

USUAL = tuple(name for name in FIELDS if name not in ("fetched_utc", "files", "body"))
"""The fields of a table unless others are asked for."""

MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
"""The formats of tables, each with its media type."""

PARQUET_NEEDS = install("parquet")

_BOM = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GROUP_ROWS, _GROUP_CHARACTERS = 10_000, 2_000_000  # of a row group of Parquet, at most


class Writer(Protocol):
    """Writes one table; what it returns, in this order, are the bytes of the file."""

    def begin(self) -> bytes:
        """What stands before the first row."""

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """*rows*, or what is complete so far."""

    def end(self) -> bytes:
        """The rest."""


def writer(table_format: str, fields: tuple[str, ...]) -> Writer:
    """A writer of a table in *table_format* (of ``MEDIA_TYPES``) with *fields*. Raises NotInstalled."""
    kinds: dict[str, Callable[[tuple[str, ...]], Writer]] = {
        "csv": CsvWriter,
        "jsonl": JsonLinesWriter,
        "parquet": ParquetWriter,
    }
    return kinds[table_format](fields)


def fields_of(names: str | None) -> tuple[str, ...]:
    """The fields that *names*, parted by commas, ask for; the usual ones for None. Raises QueryError."""
    if names is None:
        return USUAL
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in FIELDS:
            every = ", ".join(FIELDS)
            raise QueryError(
                f"no field {name[:40]!r}; there are {every}", "fields", f"没有字段 {name[:40]!r}；有 {every}"
            )
    return tuple(dict.fromkeys(wanted))


def value_of(moment: datetime, is_utc: bool) -> datetime:
    """*moment* in UTC or in Shanghai; in UTC too where the last hours of the calendar do not exist in Shanghai."""
    try:
        return moment.astimezone(UTC if is_utc else TIME_ZONE)
    except OverflowError:
        return moment


class CsvWriter:
    """CSV with a BOM; no cell is a formula to a program that opens it, and none has a NUL."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self._fields = fields

    def begin(self) -> bytes:
        """The BOM and the names of the fields."""
        return (_BOM + line(self._fields)).encode()

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """One line a row."""
        return "".join(line(_cell(row[name]) for name in self._fields) for row in rows).encode()

    def end(self) -> bytes:
        """Nothing."""
        return b""


class JsonLinesWriter:
    """One JSON object a line."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self._fields = fields

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """One line a row."""
        lines = (
            json.dumps({name: row[name] for name in self._fields}, ensure_ascii=False, default=_iso) for row in rows
        )
        return "".join(f"{text}\n" for text in lines).encode("utf-8", "replace")

    def end(self) -> bytes:
        """Nothing."""
        return b""


class ParquetWriter:
    """Parquet with columns of their own types; a row group is written when it is large enough."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise NotInstalled(
                f"Parquet needs the package pyarrow: {PARQUET_NEEDS}", f"Parquet 需要 pyarrow：{PARQUET_NEEDS}"
            ) from None
        self._schema = _schema(pyarrow, fields)
        self._sink = _Sink()
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._waiting: list[Mapping[str, Any]] = []
        self._characters = 0

    def begin(self) -> bytes:
        """The head of the file."""
        return self._sink.taken()

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """The row groups that *rows* complete."""
        for row in rows:
            self._waiting.append({name: _whole(value) for name, value in row.items()})
            self._characters += sum(len(value) for value in row.values() if isinstance(value, str))
            if len(self._waiting) == _GROUP_ROWS or self._characters > _GROUP_CHARACTERS:
                self._write_group()
        return self._sink.taken()

    def end(self) -> bytes:
        """The last row group and the foot of the file."""
        if self._waiting:
            self._write_group()
        self._writer.close()
        return self._sink.taken()

    def _write_group(self) -> None:
        import pyarrow

        self._writer.write_table(pyarrow.Table.from_pylist(self._waiting, self._schema))
        self._waiting, self._characters = [], 0


class _Sink(io.RawIOBase):
    """A file of which what is written is taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _schema(arrow: Any, fields: Iterable[str]) -> pyarrow.Schema:
    types = {
        TEXT: arrow.string(),
        TEXTS: arrow.list_(arrow.string()),
        NUMBER: arrow.float64(),
        WHOLE: arrow.int32(),
        TIME: arrow.timestamp("ms", "UTC"),
        TIME_IN_SHANGHAI: arrow.timestamp("ms", TIME_ZONE.key),
    }
    return arrow.schema([(name, types[FIELDS[name]]) for name in fields])


def line(cells: Iterable[str]) -> str:
    """*cells* as a line of CSV; none is a formula to a program that opens it, and none has a NUL."""
    text = io.StringIO()
    whole = [cell.replace("\0", "") for cell in cells]
    safe = [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in whole]
    csv.writer(text, lineterminator="\r\n").writerow(safe)
    return text.getvalue().encode("utf-8", "replace").decode()


def chunks(table: Writer, batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[bytes]:
    """The file of *table* with the rows of all *batches*, part by part; one part for each batch, and two besides."""
    yield table.begin()
    for rows in batches:
        yield table.rows(rows)
    yield table.end()


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, float):
        return f"{value:.6f}"
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else str(value)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _whole(value: Any) -> Any:
    """*value* without halves of surrogate pairs, which Arrow refuses."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return [_whole(one) for one in value] if isinstance(value, list) else value
