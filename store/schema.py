"""The collections of the database: their validators and their secondary indexes, created by whoever writes first.

The index of a search engine is another thing: see ``store/index``. ``store.index.preparation`` calls
``create_collections`` and then makes the index itself ready.
"""

from __future__ import annotations

from typing import get_args

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from store.article import Access, Kind
from store.connection import Document

PENDING_INDEX = "pending"
"""MongoDB index that covers the query for pending articles: it holds their ids and revisions."""

FINGERPRINT_TIME_INDEX = "near"
"""MongoDB index that covers the query for the fingerprints of a time window; its stored name is older."""

UNMATCHED_INDEX = "unmatched"
"""MongoDB index of the articles that the matcher of the watches has not seen."""

_NAMESPACE_EXISTS = 48  # MongoDB's error code

_TEXT = {"bsonType": "string"}
_TEXTS = {"bsonType": "array", "items": _TEXT}
_OBJECTS = {"bsonType": "array", "items": {"bsonType": "object"}}
_NUMBER = {"bsonType": ["int", "long"], "minimum": 0}
_WHOLE_NUMBERS = {"bsonType": "array", "items": {"bsonType": ["int", "long"]}}
_TIME = {"bsonType": "date"}
_TIME_OR_NONE = {"bsonType": ["date", "null"]}
_BYTES = {"bsonType": "binData"}
_REAL = {"bsonType": ["double", "int"]}
_FLAG = {"bsonType": "bool"}

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
    "sources": {"_id": _TEXT, "number": _NUMBER, "name": _TEXT, "category": _TEXT},
    "rankings": {"_id": _TEXT, "question": _TEXT, "ids": _BYTES, "scores": _BYTES, "made": _TIME},
    "tokens": {"_id": _TEXT, "key": _TEXT, "hash": _TEXT, "write": _FLAG, "made": _TIME},
    "downloads": {"_id": _TEXT, "day": _TEXT, "source": _TEXT, "bytes": _NUMBER},
    "request_counts": {"_id": _TEXT, "number": _NUMBER, "made": _TIME},
    "watches": {"_id": _TEXT, "name": _TEXT, "question": {"bsonType": "object"}, "min_score": _REAL, "made": _TIME},
    "outbox": {
        "_id": _TEXT,
        "watch": _TEXT,
        "article": _TEXT,
        "change": _NUMBER,
        "notified": _FLAG,
        "waiting": _OBJECTS,
    },
    "messages": {"_id": _TEXT, "watch": _TEXT, "target": _TEXT, "matches": _TEXTS, "state": _TEXT, "next": _TIME},
    "digests": {"_id": _TEXT, "stories": _TEXTS, "sent": _TIME},
    "leases": {"_id": _TEXT, "owner": _TEXT, "until": _TIME, "number": _NUMBER},
    "runs": {"source": _TEXT, "verdict": _TEXT, "started": _TIME, "ended": _TIME},
}
"""Required fields of every document of a collection, and their BSON types. Optional fields are not listed."""

INDEXES: dict[str, list[IndexModel]] = {
    "articles": [
        IndexModel([("stored", ASCENDING)]),
        IndexModel([("source", ASCENDING), ("published", DESCENDING)]),
        IndexModel([("published", DESCENDING), ("story", ASCENDING)]),
        IndexModel([("digest", ASCENDING)], partialFilterExpression={"digest": {"$exists": True}}),
        IndexModel([("raw.sha256", ASCENDING)], partialFilterExpression={"raw": {"$exists": True}}),
        IndexModel([("story", ASCENDING)]),
        # Ends with _id, so that the ids of a kind are read from the index alone.
        IndexModel([("kind", ASCENDING), ("_id", ASCENDING)]),
        IndexModel(
            [("pending", ASCENDING), ("_id", ASCENDING), ("revision", ASCENDING)],
            name=PENDING_INDEX,
            partialFilterExpression={"pending": True},
        ),
        IndexModel(
            [("unmatched", ASCENDING), ("stored", ASCENDING)],
            name=UNMATCHED_INDEX,
            partialFilterExpression={"unmatched": {"$exists": True}},
        ),
    ],
    "portraits": [
        IndexModel(
            [("made", ASCENDING), ("time", ASCENDING), ("_id", ASCENDING), ("stamp", ASCENDING)],
            name=FINGERPRINT_TIME_INDEX,
        ),
        IndexModel([("bands", ASCENDING)]),
        IndexModel([("alike", ASCENDING)]),
    ],
    # Ends with _id, so that listing the parts by age is covered by the index and reads no part.
    "segments": [IndexModel([("stored", ASCENDING), ("_id", ASCENDING)])],
    "projections": [IndexModel([("stored", ASCENDING), ("_id", ASCENDING)])],
    "deleted": [],
    "terms": [IndexModel([("id", ASCENDING)], unique=True)],
    "quarantine": [IndexModel([("source", ASCENDING), ("seen", DESCENDING)])],
    "pages": [
        IndexModel([("article", ASCENDING)]),
        IndexModel([("listed_at", ASCENDING)]),
        # The few entry pages of a source, which a deletion looks up among all pages.
        IndexModel([("source", ASCENDING)], partialFilterExpression={"outcome": "entry"}),
    ],
    "downloads": [],
    "sources": [],
    # Deleted an hour after the last page of it was read.
    "rankings": [IndexModel([("made", ASCENDING)], expireAfterSeconds=3600)],
    "tokens": [IndexModel([("key", ASCENDING)], unique=True)],
    "request_counts": [IndexModel([("made", ASCENDING)], expireAfterSeconds=60)],
    "watches": [
        IndexModel([("name", ASCENDING)], unique=True),
        IndexModel([("targets.key", ASCENDING)]),
        IndexModel([("feed", ASCENDING)], unique=True, partialFilterExpression={"feed": {"$type": "string"}}),
    ],
    "outbox": [
        # A watch notifies of an article once, whatever is killed and however many match at a time.
        IndexModel([("watch", ASCENDING), ("article", ASCENDING), ("change", ASCENDING)], unique=True),
        IndexModel([("waiting.due", ASCENDING)]),
        IndexModel([("watch", ASCENDING), ("found", DESCENDING)]),
    ],
    "digests": [],
    "messages": [
        # A match is in one message to each target: two senders at a time cannot make two of it.
        IndexModel([("target", ASCENDING), ("matches", ASCENDING)], unique=True),
        IndexModel([("state", ASCENDING), ("next", ASCENDING)]),
        IndexModel([("target", ASCENDING), ("tried", ASCENDING)]),
        IndexModel([("watch", ASCENDING), ("made", DESCENDING)]),
    ],
    "leases": [],
    "runs": [IndexModel([("source", ASCENDING), ("ended", DESCENDING)])],
}


def validator_of(name: str) -> Document:
    """The validator of the collection *name*."""
    properties = VALIDATORS[name]
    return {"$jsonSchema": {"required": sorted(properties), "properties": properties}}


def create_collections(database: Database[Document]) -> None:
    """Create the collections, validators and MongoDB indexes that are missing or differ from this module."""
    for name, indexes in INDEXES.items():
        if indexes:
            # Creates the collection with them where it is missing: a reader finds none without the index it names.
            database[name].create_indexes(indexes)
    present = {collection["name"]: collection["options"].get("validator") for collection in database.list_collections()}
    for name in VALIDATORS:
        schema = validator_of(name)
        if name not in present:
            _create(database, name, schema)
        elif present[name] != schema:
            database.command("collMod", name, validator=schema)


def _create(database: Database[Document], name: str, schema: Document) -> None:
    try:
        database.create_collection(name, validator=schema, check_exists=False)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:  # another process has just created it, with the same validator
            raise
