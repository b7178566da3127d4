"""Which articles tell the same story, and the portraits by which that is seen, in MongoDB.

Every article bears the id of its ``story``: the least of the ids of its articles. Portraits lie beside the articles, in
a collection of their own, as only those who store articles need them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import Binary
from pymongo import ReplaceOne
from pymongo.database import Database

from store.connection import Document


@dataclass(frozen=True, slots=True)
class Kept:
    """A portrait as it is stored: what it is found by, and the rest as ``data``.

    ``made``: versions of the program and of the encoder; others are never compared with it. ``bands`` are the keys
    that copies share, ``paragraphs`` those of its paragraphs, ``marks`` stand for its numbers, ``direction`` for its
    meaning.
    """

    id: str
    made: str
    source: str
    time: datetime
    bands: list[int]
    paragraphs: list[int]
    marks: list[int]
    direction: bytes
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Also:
    """Another article of a story, as far as a list of sources shows it."""

    id: str
    source: str
    url: str
    title: str
    language: str
    published: datetime | None


_SHOWN = {"source": 1, "url": 1, "title": 1, "language": 1, "published": 1, "story": 1}


def keep(database: Database[Document], portraits: Sequence[Kept]) -> None:
    """Store *portraits*, in place of those that their articles had."""
    writes = []
    for one in portraits:
        fields: Document = {name: getattr(one, name) for name in Kept.__dataclass_fields__ if name != "id"}
        fields |= {"direction": Binary(one.direction), "data": Binary(one.data)}
        writes.append(ReplaceOne({"_id": one.id}, fields, upsert=True))
    if writes:
        database.portraits.bulk_write(writes, ordered=False)


def in_windows(database: Database[Document], made: str, windows: Iterable[tuple[datetime, datetime]]) -> list[Kept]:
    """The portraits of the *windows* without their data, the earliest first."""
    asked = [{"time": {"$gte": since, "$lte": until}} for since, until in windows]
    if not asked:
        return []
    rows = database.portraits.find({"made": made, "$or": asked}, {"data": 0}).sort([("time", 1), ("_id", 1)])
    return [Kept(row.pop("_id"), **row) for row in rows]


def with_bands(
    database: Database[Document], made: str, bands: list[int], since: datetime, until: datetime
) -> list[str]:
    """The ids of articles between *since* and *until* that have one of *bands*: copies, or nearly."""
    asked = {"bands": {"$in": bands}, "made": made, "time": {"$gte": since, "$lte": until}}
    return sorted(row["_id"] for row in database.portraits.find(asked, {"_id": 1}))


def data_of(database: Database[Document], ids: Collection[str]) -> dict[str, bytes]:
    """The ``data`` of the portraits *ids*."""
    return {row["_id"]: row["data"] for row in database.portraits.find({"_id": {"$in": list(ids)}}, {"data": 1})}


def join(database: Database[Document], ids: Collection[str]) -> None:
    """Make one story of the stories of the articles *ids*, under the least of their names.

    Another process may be joining some of them with others at the same moment. Names only ever become less, and
    whoever has used a name goes on until no article bears it any more, so nothing that hangs together stays apart.
    """
    members: Document = {"_id": {"$in": list(ids)}}
    # Articles that were stored before there were stories are one each.
    database.articles.update_many(members | {"story": {"$exists": False}}, [{"$set": {"story": "$_id"}}])
    seen: set[str] = set()
    while True:
        names = {row["story"] for row in database.articles.find(members, {"story": 1})}
        new, seen = names - seen, names | seen
        former: Document = {"story": {"$in": sorted(seen - {min(seen, default="")})}}
        renamed = database.articles.update_many(former, {"$set": {"story": min(seen, default="")}}).matched_count
        if not new and not renamed:
            return


def also(database: Database[Document], ids: Collection[str]) -> dict[str, tuple[str, list[Also]]]:
    """The story of each of the articles *ids* with its other articles, the earliest first."""
    asked: dict[str, str] = {row["_id"]: _story(row) for row in _rows(database, "_id", ids)}
    stories: dict[str, list[Also]] = {story: [] for story in asked.values()}
    for row in _rows(database, "story", stories):
        story = row.pop("story")
        stories[story].append(Also(row.pop("_id"), **row))
    for members in stories.values():
        members.sort(key=lambda one: (one.published is None, one.published, one.id))
    return {key: (story, [one for one in stories[story] if one.id != key]) for key, story in asked.items()}


def _story(row: Document) -> str:
    # Articles that were stored before there were stories are one each.
    story: str = row.get("story") or row["_id"]
    return story


def _rows(database: Database[Document], name: str, values: Iterable[str]) -> list[Document]:
    return list(database.articles.find({name: {"$in": list(values)}}, _SHOWN))
