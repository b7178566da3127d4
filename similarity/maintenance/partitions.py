"""Partitions of the stored articles by their sorted ids: the tasks of a bulk job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pymongo.database import Database

from store.connection import Document

_BATCH = 1000  # documents in one reply of the server


class IdRange(NamedTuple):
    """All articles with an id from ``first`` to ``last``, both included, in the database at ``address``."""

    address: str
    first: str
    last: str

    def rows(self, database: Database[Document], fields: Iterable[str]) -> Iterator[Document]:
        """The *fields* of its articles, in ascending order of id."""
        in_range = {"_id": {"$gte": self.first, "$lte": self.last}}
        return iter(database.articles.find(in_range, dict.fromkeys(fields, 1), batch_size=_BATCH).sort("_id", 1))


class IdList(NamedTuple):
    """The articles ``ids``, in ascending order, in the database at ``address``."""

    address: str
    ids: tuple[str, ...]

    def rows(self, database: Database[Document], fields: Iterable[str]) -> Iterator[Document]:
        """The *fields* of those articles that are stored, in ascending order of id."""
        projection = dict.fromkeys(fields, 1)
        for start in range(0, len(self.ids), _BATCH):
            batch = self.ids[start : start + _BATCH]
            yield from database.articles.find({"_id": {"$in": batch}}, projection).sort("_id", 1)


Partition = IdRange | IdList
"""The articles of one task of a bulk job."""


def partitions(database: Database[Document], address: str, size: int) -> list[IdRange]:
    """Ranges over the articles stored now, *size* articles each.

    An article that is stored later belongs to the range that its id falls into, if there is one.
    """
    ranges: list[IdRange] = []
    first = last = ""
    number = 0
    for row in database.articles.find({}, {"_id": 1}, hint="_id_", batch_size=100 * _BATCH).sort("_id", 1):
        if number % size == 0:
            if number:
                ranges.append(IdRange(address, first, last))
            first = row["_id"]
        last = row["_id"]
        number += 1
    if number:
        ranges.append(IdRange(address, first, last))
    return ranges
