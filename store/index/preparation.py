"""Prepares the index for a writer or a reader, and refuses an index of another analyzer or layout.

Token ids and counts of two analyzers cannot be compared, so each program checks before it reads or writes vectors that
the manifest names its own analyzer.
"""

from __future__ import annotations

from collections.abc import Callable

from pymongo import ASCENDING
from pymongo.database import Database

from store import counters
from store.connection import Document
from store.failover import repeated
from store.index import manifest, retokenized
from store.layout import LAYOUT, OLDEST_READ, wrong_layout
from store.schema import create_collections

_BATCH = 20_000  # articles flagged in one command


class IndexMismatch(RuntimeError):
    """The index was made by another analyzer or has another layout; the message says which, and which command helps."""


@repeated
def prepare(database: Database[Document], analyzer: str) -> None:
    """Create missing collections, repair the counters, and create the manifest with version *analyzer* if none exists.

    Every writer calls it before its first write; it may run in many processes at once. Raises IndexMismatch, before it
    changes anything of a store of another layout.
    """
    row = database.manifest.find_one({"_id": "index"}, {"format": 1, manifest.RESTORING: 1})
    refuse_half_restored(row)
    if row:
        _check_layout(row, LAYOUT)
    create_collections(database)
    counters.repair(database)
    first = manifest.document(manifest.Manifest(analyzer, version=1))
    database.manifest.update_one({"_id": "index"}, {"$setOnInsert": first}, upsert=True)
    check(database, analyzer)


@repeated
def check(database: Database[Document], analyzer: str, oldest: int = LAYOUT) -> None:
    """Raise IndexMismatch unless there is no index yet or it was made by *analyzer* in this layout.

    *oldest*: of the layouts that will do. Completes what a ``retokenize`` that was killed after its commit has left.
    """
    row = database.manifest.find_one({"_id": "index"}, {"analyzer": 1, "format": 1, manifest.RESTORING: 1})
    if row is None:
        return
    refuse_half_restored(row)
    _check_layout(row, oldest)
    check_analyzer(row.get("analyzer"), analyzer)
    retokenized.finish(database, analyzer)


def check_readable(database: Database[Document], analyzer: str) -> None:
    """As ``check``, also of a store that is not upgraded yet but can be searched. Raises IndexMismatch."""
    check(database, analyzer, OLDEST_READ)


def layout_of(database: Database[Document]) -> int | None:
    """The number of the stored layout; None where there is no index yet. Raises IndexMismatch."""
    row = database.manifest.find_one({"_id": "index"}, {"format": 1, manifest.RESTORING: 1})
    refuse_half_restored(row)
    if row is None:
        return None
    if not isinstance(row.get("format"), int):
        raise IndexMismatch(wrong_layout(row.get("format")))
    return int(row["format"])


def refuse_other_layout(database: Database[Document], oldest: int = LAYOUT, newest: int = LAYOUT) -> None:
    """Raise IndexMismatch unless there is no index yet or its layout is one of *oldest* to *newest*.

    For what needs no analyzer. It also refuses a database that has half of a backup.
    """
    layout = layout_of(database)
    if layout is not None and not oldest <= layout <= newest:
        raise IndexMismatch(wrong_layout(layout))


def _check_layout(row: Document, oldest: int) -> None:
    layout = row.get("format")
    if not isinstance(layout, int) or not oldest <= layout <= LAYOUT:
        raise IndexMismatch(wrong_layout(layout))


def refuse_half_restored(row: Document | None) -> None:
    """Raise IndexMismatch if *row*, the manifest's document, says that a backup is being brought into the database."""
    if row and manifest.RESTORING in row:
        raise IndexMismatch(manifest.half_restored(row))


def check_analyzer(found: str | None, wanted: str) -> None:
    """Raise IndexMismatch unless *found*, the analyzer version of the index, equals *wanted*, that of this program."""
    if found != wanted:
        raise IndexMismatch(
            f"index made by analyzer {found!r}, this one is {wanted!r}: "
            "tokens would not match; xinwen retokenize converts it"
        )


def mark_all_pending(database: Database[Document], between: Callable[[], None] = lambda: None) -> None:
    """Mark every article as one that no segment holds yet, in a story of its own where it has none.

    *between* is called between two batches.
    """
    marked = {"pending": True, "story": {"$ifNull": ["$story", "$_id"]}}
    last = ""
    while ids := _next_ids(database, last):
        database.articles.update_many({"_id": {"$gt": last, "$lte": ids[-1]}}, [{"$set": marked}])
        last = ids[-1]
        between()


def _next_ids(database: Database[Document], last: str) -> list[str]:
    # In batches: one command over a million articles would exceed the driver's time limit.
    rows = database.articles.find({"_id": {"$gt": last}}, {"_id": 1}).sort("_id", ASCENDING).limit(_BATCH)
    return [row["_id"] for row in rows]
