"""Partitions of the stored articles by their sorted ids: what bulk jobs are cut into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pymongo.database import Database

from store.connection import Document

_AT_ONCE = 1000  # documents in one answer of the server


class Partition(NamedTuple):
    """All articles with an id from *first* to *last*, in the database at *address*."""

    address: str
    first: str
    last: str

    def rows(self, database: Database[Document], fields: Iterable[str]) -> Iterator[Document]:
        """The *fields* of its articles, in ascending order of id."""
        asked = {"_id": {"$gte": self.first, "$lte": self.last}}
        return iter(database.articles.find(asked, dict.fromkeys(fields, 1), batch_size=_AT_ONCE).sort("_id", 1))


class Some(NamedTuple):
    """The articles *ids*, in ascending order, in the database at *address*."""

    address: str
    ids: tuple[str, ...]

    def rows(self, database: Database[Document], fields: Iterable[str]) -> Iterator[Document]:
        """The *fields* of those that are stored, in ascending order of id."""
        wanted = dict.fromkeys(fields, 1)
        for place in range(0, len(self.ids), _AT_ONCE):
            some = self.ids[place : place + _AT_ONCE]
            yield from database.articles.find({"_id": {"$in": some}}, wanted).sort("_id", 1)


def partitions(database: Database[Document], address: str, size: int) -> list[Partition]:
    """The articles stored now, *size* a partition; what is stored later belongs to the partition it falls into."""
    found: list[Partition] = []
    first = last = ""
    number = 0
    for row in database.articles.find({}, {"_id": 1}, hint="_id_", batch_size=100 * _AT_ONCE).sort("_id", 1):
        if number % size == 0:
            if number:
                found.append(Partition(address, first, last))
            first = row["_id"]
        last = row["_id"]
        number += 1
    if number:
        found.append(Partition(address, first, last))
    return found
