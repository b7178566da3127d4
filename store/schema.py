"""The collections: their validators and indexes, made at first use by whoever writes."""

from __future__ import annotations

from typing import get_args

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from store import counters, manifest, portraits, retokenized
from store.article import Access, Kind
from store.connection import Document
from store.segments import FORMAT
from store.snapshot import PENDING

_NAMESPACE_EXISTS = 48
_AT_ONCE = 20_000  # articles taken over in one command


class IndexMismatch(RuntimeError):
    """The index in the database was made by another analyzer or format; the message says which and what to do."""


_TEXT = {"bsonType": "string"}
_TEXTS = {"bsonType": "array", "items": _TEXT}
_NUMBER = {"bsonType": ["int", "long"], "minimum": 0}
_WHOLE_NUMBERS = {"bsonType": "array", "items": {"bsonType": ["int", "long"]}}
_TIME = {"bsonType": "date"}
_TIME_OR_NONE = {"bsonType": ["date", "null"]}
_BYTES = {"bsonType": "binData"}

VALIDATORS: dict[str, Document] = {
    "articles": {
        "_id": {"bsonType": "string", "pattern": "^[0-9a-f]{24}$"},
        "source": _TEXT,
        "url": {"bsonType": "string", "minLength": 1},
        "title": {"bsonType": "string", "minLength": 1},
        "body": _TEXT,
        "summary": _TEXT,
        "language": _TEXT,
        "published": _TIME_OR_NONE,
        "fetched": _TIME,
        "authors": _TEXTS,
        "tags": _TEXTS,
        "kind": {"enum": list(get_args(Kind))},
        "files": {"bsonType": "array", "items": {"bsonType": "object", "required": ["url"]}},
        "access": {"enum": list(get_args(Access))},
        "content": _TEXT,
        "vector": _BYTES,
        "page_vectors": {"bsonType": "array", "items": _BYTES},
        "length": _NUMBER,
        "revision": _NUMBER,
        "stored": _TIME,
    },
    "terms": {"_id": _TEXT, "id": _NUMBER},
    "portraits": {
        "_id": _TEXT,
        "made": _TEXT,
        "source": _TEXT,
        "time": _TIME,
        "bands": _WHOLE_NUMBERS,
        "paragraphs": _WHOLE_NUMBERS,
        "marks": _WHOLE_NUMBERS,
        "direction": _BYTES,
        "data": _BYTES,
        "stamp": _TEXT,
        "alike": _TEXTS,
    },
    "quarantine": {"_id": _TEXT, "source": _TEXT, "url": _TEXT, "reasons": _TEXTS, "seen": _TIME},
    "pages": {"_id": _TEXT, "source": _TEXT, "outcome": _TEXT, "seen": _TIME, "due": _TIME},
    "deleted": {"_id": _TEXT, "revision": _NUMBER},
    "segments": {"_id": _TEXT, "segment": _TEXT, "part": _NUMBER, "format": _NUMBER, "data": _BYTES, "stored": _TIME},
    "projections": {"_id": _TEXT, "part": _NUMBER, "data": _BYTES, "stored": _TIME},
    "runs": {"source": _TEXT, "verdict": _TEXT, "started": _TIME, "ended": _TIME},
}
"""The fields that every document of a collection has, and what they must be."""

INDEXES: dict[str, list[IndexModel]] = {
    "articles": [
        IndexModel([("stored", ASCENDING)]),
        IndexModel([("source", ASCENDING), ("published", DESCENDING)]),
        IndexModel([("digest", ASCENDING)], partialFilterExpression={"digest": {"$exists": True}}),
        IndexModel([("raw.sha256", ASCENDING)], partialFilterExpression={"raw": {"$exists": True}}),
        IndexModel([("story", ASCENDING)]),
        IndexModel(
            [("pending", ASCENDING), ("_id", ASCENDING), ("revision", ASCENDING)],
            name=PENDING,
            partialFilterExpression={"pending": True},
        ),
    ],
    "portraits": [
        IndexModel(
            [("made", ASCENDING), ("time", ASCENDING), ("_id", ASCENDING), ("stamp", ASCENDING)], name=portraits.NEAR
        ),
        IndexModel([("bands", ASCENDING)]),
        IndexModel([("alike", ASCENDING)]),
    ],
    # With the id, so that asking which parts there are reads none of them.
    "segments": [IndexModel([("stored", ASCENDING), ("_id", ASCENDING)])],
    "projections": [IndexModel([("stored", ASCENDING), ("_id", ASCENDING)])],
    "deleted": [],
    "terms": [IndexModel([("id", ASCENDING)], unique=True)],
    "quarantine": [IndexModel([("source", ASCENDING), ("seen", DESCENDING)])],
    "pages": [IndexModel([("article", ASCENDING)]), IndexModel([("listed_at", ASCENDING)])],
    "runs": [IndexModel([("source", ASCENDING), ("ended", DESCENDING)])],
}


def prepare(database: Database[Document], analyzer: str) -> None:
    """Make what is missing of collections, validators and indexes, and claim the index for *analyzer*.

    Raises IndexMismatch where the index belongs to another analyzer.
    """
    present = {found["name"]: found["options"].get("validator") for found in database.list_collections()}
    for name, properties in VALIDATORS.items():
        schema = {"$jsonSchema": {"required": sorted(properties), "properties": properties}}
        if name not in present:
            _create(database, name, schema)
        elif present[name] != schema:
            database.command("collMod", name, validator=schema)
        if INDEXES[name]:
            database[name].create_indexes(INDEXES[name])
    counters.heal(database)
    first = manifest.document(manifest.Manifest(analyzer, version=1))
    database.manifest.update_one({"_id": "index"}, {"$setOnInsert": first}, upsert=True)
    check(database, analyzer)


def _create(database: Database[Document], name: str, schema: Document) -> None:
    try:
        database.create_collection(name, validator=schema, check_exists=False)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:  # another process made it in this moment, with the same validator
            raise


def check(database: Database[Document], analyzer: str) -> None:
    """Raise IndexMismatch unless the index is empty or of *analyzer*; an index of format 1 is taken over."""
    found = database.manifest.find_one({"_id": "index"}, {"analyzer": 1, "format": 1})
    if found is None:
        return
    check_analyzer(found.get("analyzer"), analyzer)
    if found.get("format") == 1:
        _take_over(database, analyzer)
    elif found.get("format") != FORMAT:
        raise IndexMismatch(f"index of format {found.get('format')}, this program reads {FORMAT}: use another database")
    retokenized.finish(database, analyzer)


def check_analyzer(found: str | None, wanted: str) -> None:
    """Raise IndexMismatch unless the index's analyzer is ours."""
    if found != wanted:
        raise IndexMismatch(
            f"index made by analyzer {found!r}, this one is {wanted!r}: "
            "words would not meet; python -m similarity retokenize makes it this one's"
        )


def _take_over(database: Database[Document], analyzer: str) -> None:
    """Make an index of format 1, which has no segments, one of this format whose articles are all pending."""
    database.articles.create_indexes(INDEXES["articles"])
    counters.heal(database)
    last = ""
    while ids := _next_ids(database, last):
        database.articles.update_many({"_id": {"$gt": last, "$lte": ids[-1]}}, {"$set": {"pending": True}})
        last = ids[-1]
    # Last, so that a process that is killed before leaves it to be done again.
    first = manifest.document(manifest.Manifest(analyzer, version=1))
    database.manifest.replace_one({"_id": "index", "format": 1}, first)


def _next_ids(database: Database[Document], last: str) -> list[str]:
    # Some at a time: a million in one command would take longer than the driver waits.
    rows = database.articles.find({"_id": {"$gt": last}}, {"_id": 1}).sort("_id", ASCENDING).limit(_AT_ONCE)
    return [row["_id"] for row in rows]
