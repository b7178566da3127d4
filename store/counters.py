"""Counters from which each number is given out once, whatever the number of writers: token ids and article revisions.

Collection ``counters``: ``{_id: name, next}``.
"""

from __future__ import annotations

from pymongo import DESCENDING, ReturnDocument
from pymongo.database import Database

from store.connection import Document
from store.failover import repeated

TERMS = "terms"
"""Counter of token ids, which begin with 0."""

REVISIONS = "revisions"
"""Counter of article revisions, which begin with 1."""

STORIES = "stories"
"""Counter of the times that articles were given another story, which changes no revision."""


@repeated
def reserve(database: Database[Document], name: str, count: int) -> int:
    """Reserve *count* consecutive numbers of the counter *name* for the caller alone; returns the first.

    Repeated, it leaves a gap.
    """
    counter = database.counters.find_one_and_update(
        {"_id": name}, {"$inc": {"next": count}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    assert counter is not None  # upserted
    return int(counter["next"]) - count + (name == REVISIONS)


def upper_bound(database: Database[Document], name: str) -> int:
    """No number given out so far is above this one; token ids are below it."""
    counter = database.counters.find_one({"_id": name})
    return int(counter["next"]) if counter else 0


@repeated
def repair(database: Database[Document]) -> None:
    """Raise counters that are below numbers in use, as after an index of format 1 or a partial restore of a backup."""
    last = database.terms.find_one({}, {"id": 1}, sort=[("id", DESCENDING)])
    index = database.manifest.find_one({"_id": "index"}, {"terms": 1}) or {}
    # An id that vectors use must not be given to another token, even if the dictionary has lost its token.
    raise_to(database, TERMS, max(last["id"] + 1 if last else 0, index.get("terms", 0)))
    if upper_bound(database, REVISIONS) == 0:
        highest = list(database.articles.aggregate([{"$group": {"_id": None, "revision": {"$max": "$revision"}}}]))
        raise_to(database, REVISIONS, highest[0]["revision"] if highest else 0)


def raise_to(database: Database[Document], name: str, minimum: int) -> None:
    """Give out no number of the counter *name* below *minimum* from now on."""
    if upper_bound(database, name) < minimum:
        database.counters.update_one({"_id": name}, {"$max": {"next": minimum}}, upsert=True)
