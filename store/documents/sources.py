"""What is known of each source beside its articles: its row in the source table.

``sources.json`` next to this file has the rows that the program comes with; ``crawler.authoring.source_table`` writes
it. The file of the user's own sources (``store.sources_file``) changes rows and adds some. A crawl notes the row that
it ran with in MongoDB, so that programs elsewhere know it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from pymongo.database import Database

from store.article import Access
from store.connection import Document
from store.failover import repeated
from store.sources_file import SourcesFile, SourcesFileError, sources_file

PACKAGED = Path(__file__).with_name("sources.json")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as people see it: ``number`` in the table, key, names, category, address, and what is kept of it."""

    number: int
    key: str
    name: str
    name_zh: str
    category: str
    address: str
    note: str
    language: str
    keep: str
    enabled: bool


def source_rows(database: Database[Document]) -> dict[str, SourceRow]:
    """The rows of all known sources by key, in the order of the table. Raises SourcesFileError."""
    rows = packaged() | {row["_id"]: _row(row) for row in database.sources.find()} | own_rows()
    return {row.key: row for row in sorted(rows.values(), key=lambda row: (row.number, row.key))}


@repeated
def note_source(database: Database[Document], row: Document) -> None:
    """Remember the *row* (see ``SourceRow``) that a crawl ran with."""
    fields = dict(row)
    database.sources.replace_one({"_id": fields.pop("key")}, fields, upsert=True)


@lru_cache(maxsize=1)
def packaged() -> dict[str, SourceRow]:
    """The rows that the program comes with, by key."""
    return {row["key"]: SourceRow(**row) for row in json.loads(PACKAGED.read_text("utf-8"))}


def own_rows() -> dict[str, SourceRow]:
    """The rows of the user's file, whole ones of sources that the program does not come with. Raises SourcesFileError.

    Only what is shown is checked here; a crawl checks everything.
    """
    file = sources_file()
    if file is None:
        return {}
    mistakes = [mistake for key in file.entries for mistake in _mistakes_in(file, key)]
    if mistakes:
        raise SourcesFileError(mistakes)
    added = [key for key in file.entries if key not in packaged()]
    rows = {}
    for key, entry in file.entries.items():
        given = {name: entry[name] for name in _GIVEN if name in entry}
        if key in added:
            number = len(packaged()) + 1 + added.index(key)
            added_row: dict[str, Any] = {"number": number, "key": key, "name_zh": ""}
            rows[key] = SourceRow(**added_row | given)
        else:
            rows[key] = SourceRow(**asdict(packaged()[key]) | given)
    return rows


_GIVEN = tuple(field.name for field in fields(SourceRow) if field.name not in ("number", "key"))


def _mistakes_in(file: SourcesFile, key: str) -> Iterator[str]:
    entry = file.entries[key]
    missing = [name for name in _GIVEN if name not in entry and name != "name_zh"]
    if missing and key not in packaged():
        yield file.mistake((key,), f"a new source needs {', '.join(missing)}")
    for name in _GIVEN:
        if name in entry and (reason := _reason_against(name, entry[name])):
            yield file.mistake((key, name), reason)


def _reason_against(name: str, value: Any) -> str:
    kind: type = bool if name == "enabled" else str
    if not isinstance(value, kind):
        return f"{value!r} is neither true nor false" if kind is bool else f"{value!r} is no text"
    allowed = _allowed().get(name, ())
    return f"{value!r} is none of {', '.join(allowed)}" if allowed and value not in allowed else ""


@lru_cache(maxsize=1)
def _allowed() -> Mapping[str, tuple[str, ...]]:
    """The values of the fields that have few: those that the page has names for."""
    categories = tuple(dict.fromkeys(row.category for row in packaged().values()))
    return {"category": categories, "language": ("zh", "en"), "keep": get_args(Access)}


def _row(stored: Document) -> SourceRow:
    return SourceRow(key=stored["_id"], **{name: stored[name] for name in SourceRow.__slots__ if name != "key"})
