"""The collections: their validators and indexes, made at first use by whoever writes."""

from __future__ import annotations

from typing import get_args

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from store.article import Access, Kind
from store.connection import Document

FORMAT = 1
"""Of the vectors and the dictionary as described in ``store.vectors`` and ``store.terms``."""


_NAMESPACE_EXISTS = 48


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
    },
    "quarantine": {"_id": _TEXT, "source": _TEXT, "url": _TEXT, "reasons": _TEXTS, "seen": _TIME},
    "pages": {"_id": _TEXT, "source": _TEXT, "outcome": _TEXT, "seen": _TIME, "due": _TIME},
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
    ],
    "portraits": [IndexModel([("time", ASCENDING)]), IndexModel([("bands", ASCENDING)])],
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
        database[name].create_indexes(INDEXES[name])
    database.manifest.update_one(
        {"_id": "index"}, {"$setOnInsert": {"analyzer": analyzer, "format": FORMAT}}, upsert=True
    )
    check(database, analyzer)


def _create(database: Database[Document], name: str, schema: Document) -> None:
    try:
        database.create_collection(name, validator=schema, check_exists=False)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:  # another process made it in this moment, with the same validator
            raise


def check(database: Database[Document], analyzer: str) -> None:
    """Raise IndexMismatch unless the index is empty or of this format and *analyzer*."""
    manifest = database.manifest.find_one({"_id": "index"}) or {"analyzer": analyzer, "format": FORMAT}
    if manifest["format"] != FORMAT:
        raise IndexMismatch(f"index of format {manifest['format']}, this program reads {FORMAT}: use another database")
    if manifest["analyzer"] != analyzer:
        raise IndexMismatch(
            f"index made by analyzer {manifest['analyzer']!r}, this one is {analyzer!r}: "
            "words would not meet; use the program that made it, or another database and crawl again"
        )
