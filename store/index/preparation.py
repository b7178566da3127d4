"""Prepares the index for a writer or a reader, and refuses an index of another analyzer or format.

Token ids and counts of two analyzers cannot be compared, so each program checks before it reads or writes vectors that
the manifest names its own analyzer.
"""

from __future__ import annotations

from pymongo import ASCENDING
from pymongo.database import Database

from store import counters
from store.connection import Document
from store.failover import repeated
from store.index import manifest, retokenized
from store.index.segment_format import FORMAT
from store.schema import INDEXES, create_collections

_BATCH = 20_000  # articles flagged in one command


class IndexMismatch(RuntimeError):
    """The index was made by another analyzer or has another format; the message says which, and which command helps."""


@repeated
def prepare(database: Database[Document], analyzer: str) -> None:
    """Create missing collections, repair the counters, and create the manifest with version *analyzer* if none exists.

    Every writer calls it before its first write; it may run in many processes at once. Raises IndexMismatch.
    """
    refuse_half_restored(database.manifest.find_one({"_id": "index"}, {manifest.RESTORING: 1}))
    create_collections(database)
    counters.repair(database)
    first = manifest.document(manifest.Manifest(analyzer, version=1))
    database.manifest.update_one({"_id": "index"}, {"$setOnInsert": first}, upsert=True)
    check(database, analyzer)


@repeated
def check(database: Database[Document], analyzer: str) -> None:
    """Raise IndexMismatch unless there is no index yet or it was made by *analyzer* in this format.

    Completes what a killed process left: the upgrade from format 1, and a ``retokenize`` after its commit.
    """
    row = database.manifest.find_one({"_id": "index"}, {"analyzer": 1, "format": 1, manifest.RESTORING: 1})
    if row is None:
        return
    refuse_half_restored(row)
    check_analyzer(row.get("analyzer"), analyzer)
    if row.get("format") == 1:
        _upgrade(database, analyzer)
    elif row.get("format") != FORMAT:
        raise IndexMismatch(f"index of format {row.get('format')}, this program reads {FORMAT}: use another database")
    retokenized.finish(database, analyzer)


def refuse_half_restored(row: Document | None) -> None:
    """Raise IndexMismatch if *row*, the manifest's document, says that a backup is being brought into the database."""
    if row and manifest.RESTORING in row:
        raise IndexMismatch(manifest.half_restored(row))


def check_analyzer(found: str | None, wanted: str) -> None:
    """Raise IndexMismatch unless *found*, the analyzer version of the index, equals *wanted*, that of this program."""
    if found != wanted:
        raise IndexMismatch(
            f"index made by analyzer {found!r}, this one is {wanted!r}: "
            "tokens would not match; python -m similarity retokenize converts it"
        )


def _upgrade(database: Database[Document], analyzer: str) -> None:
    """Turn an index of format 1, which has no segments, into one of this format: all its articles become pending."""
    database.articles.create_indexes(INDEXES["articles"])
    counters.repair(database)
    mark_all_pending(database)
    # The manifest comes last: after a kill before this line the upgrade starts again.
    first = manifest.document(manifest.Manifest(analyzer, version=1))
    database.manifest.replace_one({"_id": "index", "format": 1}, first)


def mark_all_pending(database: Database[Document]) -> None:
    """Mark every article as one that no segment holds yet."""
    last = ""
    while ids := _next_ids(database, last):
        database.articles.update_many({"_id": {"$gt": last, "$lte": ids[-1]}}, {"$set": {"pending": True}})
        last = ids[-1]


def _next_ids(database: Database[Document], last: str) -> list[str]:
    # In batches: one command over a million articles would exceed the driver's time limit.
    rows = database.articles.find({"_id": {"$gt": last}}, {"_id": 1}).sort("_id", ASCENDING).limit(_BATCH)
    return [row["_id"] for row in rows]
