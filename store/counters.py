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
    if last is not None and last["id"] >= upper_bound(database, TERMS):
        database.counters.update_one({"_id": TERMS}, {"$max": {"next": last["id"] + 1}}, upsert=True)
    if upper_bound(database, REVISIONS) == 0:
        highest = list(database.articles.aggregate([{"$group": {"_id": None, "revision": {"$max": "$revision"}}}]))
        if highest:
            database.counters.update_one({"_id": REVISIONS}, {"$max": {"next": highest[0]["revision"]}}, upsert=True)
