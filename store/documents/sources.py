"""What is known of each source beside its articles: its row in the source table.

``sources.json`` next to this file has the rows that the program comes with; ``crawler.authoring.source_table`` writes
it. A crawl notes the row that it ran with in MongoDB, so that sources of one's own are known here too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pymongo.database import Database

from store.connection import Document

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
    """The rows of all known sources by key, in the order of the table."""
    rows = packaged() | {row["_id"]: _row(row) for row in database.sources.find()}
    return {row.key: row for row in sorted(rows.values(), key=lambda row: (row.number, row.key))}


def note_source(database: Database[Document], row: Document) -> None:
    """Remember the *row* (see ``SourceRow``) that a crawl ran with."""
    fields = dict(row)
    database.sources.replace_one({"_id": fields.pop("key")}, fields, upsert=True)


@lru_cache(maxsize=1)
def packaged() -> dict[str, SourceRow]:
    """The rows that the program comes with, by key."""
    return {row["key"]: SourceRow(**row) for row in json.loads(PACKAGED.read_text("utf-8"))}


def _row(stored: Document) -> SourceRow:
    return SourceRow(key=stored["_id"], **{name: stored[name] for name in SourceRow.__slots__ if name != "key"})
