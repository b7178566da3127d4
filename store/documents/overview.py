"""What a store holds: how many articles by source, language, kind and month, and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pymongo.database import Database

from store.connection import Document

_SIZES = {"articles": ("articles",), "index": ("segments", "dictionary"), "archive": ("raw", "fs.chunks")}
_MONTHS_IN = "Asia/Shanghai"


@dataclass(frozen=True)
class Overview:
    """Numbers of articles, the largest first; ``months`` (YYYY-MM in Asia/Shanghai, "" without a date) newest first.

    ``bytes``: what articles, index and archive take on disk, each with its database indexes.
    """

    articles: int
    sources: Mapping[str, int]
    languages: Mapping[str, int]
    kinds: Mapping[str, int]
    months: Mapping[str, int]
    bytes: Mapping[str, int]


def overview(database: Database[Document]) -> Overview:
    """The overview of *database*; reads every article's facts."""
    month = {"$dateToString": {"date": "$published", "format": "%Y-%m", "timezone": _MONTHS_IN, "onNull": ""}}
    by = {"sources": "$source", "languages": "$language", "kinds": "$kind", "months": month}
    facets = {name: [{"$group": {"_id": value, "number": {"$sum": 1}}}] for name, value in by.items()}
    (found,) = database.articles.aggregate([{"$facet": facets}])
    numbers = {name: {row["_id"] or "": row["number"] for row in rows} for name, rows in found.items()}
    for name in ("sources", "languages", "kinds"):
        numbers[name] = dict(sorted(numbers[name].items(), key=lambda item: (-item[1], item[0])))
    months = dict(sorted(numbers["months"].items(), reverse=True))
    there = {*database.list_collection_names()}
    sizes = {name: sum(_bytes(database, one) for one in there.intersection(parts)) for name, parts in _SIZES.items()}
    total = sum(numbers["sources"].values())
    return Overview(total, numbers["sources"], numbers["languages"], numbers["kinds"], months, sizes)


def _bytes(database: Database[Document], collection: str) -> int:
    rows = database[collection].aggregate([{"$collStats": {"storageStats": {}}}])
    return sum(row["storageStats"]["storageSize"] + row["storageStats"]["totalIndexSize"] for row in rows)
