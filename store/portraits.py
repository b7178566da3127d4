"""Portraits of articles in MongoDB: what is looked through for articles that tell the same story, and what was found.

A portrait has a stamp that stands for all that is in it. A pair of articles found alike is noted with the stamps of
both, so that it counts no more from the moment on at which one of them is portrayed anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import Binary
from pymongo import UpdateOne
from pymongo.database import Database

from store.connection import Document


@dataclass(frozen=True, slots=True)
class Kept:
    """A portrait as it is stored: what it is found by, and the rest as ``data``.

    ``made``: versions of the program and of the encoder; others are never compared with it. ``bands`` are the keys
    that copies share, ``paragraphs`` those of its paragraphs, ``marks`` stand for its numbers, ``direction`` for its
    meaning. ``stamp`` is equal for equal portraits only.
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
    stamp: str = ""


Stamps = Mapping[str, str]
"""Stamps of portraits by the ids of their articles."""

NEAR = "near"
"""Name of the index that covers the question which portraits there are in a window."""

_FIELDS = dict.fromkeys(("made", "source", "time", "paragraphs", "marks", "direction", "stamp"), 1)
_STAMP = 16  # hexadecimal digits


def stamped(one: Kept) -> str:
    """The stamp of *one*, which its ``data`` and who made it decide."""
    return hashlib.blake2b(one.made.encode() + b"\0" + one.data, digest_size=_STAMP // 2).hexdigest()


def keep(database: Database[Document], portraits: Sequence[Kept]) -> set[str]:
    """Store *portraits*, in place of those that their articles had; the ids of those that had none.

    A portrait that is stored already is left as it is, with the pairs that it is noted in.
    """
    writes = []
    for one in portraits:
        fields: Document = {name: getattr(one, name) for name in Kept.__dataclass_fields__ if name != "id"}
        fields |= {"direction": Binary(one.direction), "data": Binary(one.data), "_id": one.id, "alike": []}
        same = {"$eq": ["$stamp", one.stamp]}
        writes.append(
            UpdateOne(
                {"_id": one.id},
                [{"$replaceWith": {"$cond": [same, "$$ROOT", {"$literal": fields}]}}],
                upsert=True,
            )
        )
    if not writes:
        return set()
    done = database.portraits.bulk_write(writes, ordered=False)
    return set((done.upserted_ids or {}).values())


def drop(database: Database[Document], ids: Collection[str]) -> int:
    """Remove the portraits of the articles *ids*; how many there were."""
    return database.portraits.delete_many({"_id": {"$in": list(ids)}}).deleted_count


def stamps(database: Database[Document], made: str, windows: Iterable[tuple[datetime, datetime]]) -> dict[str, str]:
    """The stamps of the portraits of the *windows*."""
    found: dict[str, str] = {}
    for since, until in windows:
        # Asked with every batch: an index holds all of the answer, and so no portrait is read for it.
        asked = {"made": made, "time": {"$gte": since, "$lte": until}}
        rows = database.portraits.find(asked, {"stamp": 1}, hint=NEAR, batch_size=100_000)
        found |= {row["_id"]: row["stamp"] for row in rows if "stamp" in row}
    return found


def near(database: Database[Document], ids: Collection[str]) -> list[Kept]:
    """The portraits of *ids* without bands and data."""
    rows = database.portraits.find({"_id": {"$in": list(ids)}, "stamp": {"$exists": True}}, _FIELDS)
    return [Kept(row.pop("_id"), bands=[], **row) for row in rows]


def with_bands(
    database: Database[Document], made: str, bands: Collection[int], since: datetime, until: datetime
) -> dict[str, frozenset[int]]:
    """The bands of the articles between *since* and *until* that have some of *bands*: copies, or nearly."""
    asked = {"bands": {"$in": list(bands)}, "made": made, "time": {"$gte": since, "$lte": until}}
    return {row["_id"]: frozenset(row["bands"]) for row in database.portraits.find(asked, {"bands": 1})}


def data_of(database: Database[Document], ids: Collection[str]) -> dict[str, tuple[str, bytes]]:
    """Stamp and ``data`` of the portraits *ids*."""
    rows = database.portraits.find({"_id": {"$in": list(ids)}}, {"data": 1, "stamp": 1})
    return {row["_id"]: (row["stamp"], row["data"]) for row in rows if "stamp" in row}


def note_alike(database: Database[Document], pairs: Iterable[tuple[tuple[str, str], Stamps]]) -> None:
    """Note with articles, each given with its stamp, those that were found to be alike, given with theirs.

    What was found of a portrait that has been replaced since says nothing of the new one and is not noted.
    """
    writes = [
        UpdateOne(
            {"_id": key, "stamp": stamp}, {"$addToSet": {"alike": {"$each": [_pair(*one) for one in others.items()]}}}
        )
        for (key, stamp), others in pairs
        if others
    ]
    if writes:
        database.portraits.bulk_write(writes, ordered=False)


def alike(database: Database[Document], ids: Collection[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The stamps of the portraits *ids*, and the pairs (of ids) that count today and in which one of *ids* is."""
    ours = {row["_id"]: row for row in _with_pairs(database, {"_id": {"$in": list(ids)}})}
    theirs = _with_pairs(database, {"alike": {"$in": [_pair(key, row["stamp"]) for key, row in ours.items()]}})
    known = {row["_id"]: row["stamp"] for row in (*ours.values(), *theirs)}
    noted = {(row["_id"], *pair.split(" ")) for row in (*ours.values(), *theirs) for pair in row["alike"]}
    unknown = {other for _, other, _ in noted} - known.keys()
    known |= {row["_id"]: row["stamp"] for row in _with_pairs(database, {"_id": {"$in": list(unknown)}})}
    pairs = [(one, other) for one, other, stamp in noted if known.get(other) == stamp]
    return {key: row["stamp"] for key, row in ours.items()}, pairs


def _with_pairs(database: Database[Document], asked: Document) -> list[Document]:
    return list(database.portraits.find(asked | {"stamp": {"$exists": True}}, {"stamp": 1, "alike": 1}))


def _pair(key: str, stamp: str) -> str:
    return f"{key} {stamp}"
