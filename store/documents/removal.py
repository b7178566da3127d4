"""Removes articles with everything that is stored of them: index, stories, fingerprints and raw pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pymongo.database import Database

from store.connection import Document
from store.documents import archive, articles

_AT_ONCE = 500


def ids_before(database: Database[Document], source: str, moment: datetime) -> list[str]:
    """The ids of the articles of *source* from before *moment*, those without a date by when they were fetched."""
    undated = {"published": None, "fetched": {"$lt": moment}}
    wanted = {"source": source, "$or": [{"published": {"$lt": moment}}, undated]}
    return [row["_id"] for row in database.articles.find(wanted, {"_id": 1}).sort("_id", 1)]


def remove(database: Database[Document], ids: Collection[str]) -> int:
    """Remove the articles *ids*; how many there were. Their pages may be fetched again by the next crawl.

    In small steps: a process that is killed has removed some articles whole, and the same call removes the rest.
    """
    removed, left = 0, sorted(ids)
    for start in range(0, len(left), _AT_ONCE):
        some = left[start : start + _AT_ONCE]
        rows = database.articles.find({"_id": {"$in": some}, "raw.sha256": {"$exists": True}}, {"raw.sha256": 1})
        keys = {row["raw"]["sha256"] for row in rows}
        removed += articles.delete(database, some)
        archive.drop_unused(database, keys)
    return removed
