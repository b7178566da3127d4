"""Numbers that are handed out once, to any number of writers: ids of tokens, revisions of articles."""

from __future__ import annotations

from pymongo import DESCENDING, ReturnDocument
from pymongo.database import Database

from store.connection import Document

TERMS = "terms"
REVISIONS = "revisions"


def reserve(database: Database[Document], name: str, how_many: int) -> int:
    """The first of *how_many* numbers in a row that are nobody else's. Revisions begin with 1, ids of tokens with 0."""
    counter = database.counters.find_one_and_update(
        {"_id": name}, {"$inc": {"next": how_many}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    assert counter is not None  # upserted
    return int(counter["next"]) - how_many + (name == REVISIONS)


def upper_bound(database: Database[Document], name: str) -> int:
    """No number that was handed out so far is above this one; ids of tokens are below it."""
    counter = database.counters.find_one({"_id": name})
    return int(counter["next"]) if counter else 0


def heal(database: Database[Document]) -> None:
    """Raise counters that stand below numbers in use, as after an index of format 1 or a partial restore."""
    last = database.terms.find_one({}, {"id": 1}, sort=[("id", DESCENDING)])
    index = database.manifest.find_one({"_id": "index"}, {"terms": 1}) or {}
    # An id that vectors use must not become another word's, even when the dictionary has lost its word.
    _raise_to(database, TERMS, max(last["id"] + 1 if last else 0, index.get("terms", 0)))
    if upper_bound(database, REVISIONS) == 0:
        highest = list(database.articles.aggregate([{"$group": {"_id": None, "revision": {"$max": "$revision"}}}]))
        _raise_to(database, REVISIONS, highest[0]["revision"] if highest else 0)


def _raise_to(database: Database[Document], name: str, least: int) -> None:
    if upper_bound(database, name) < least:
        database.counters.update_one({"_id": name}, {"$max": {"next": least}}, upsert=True)
