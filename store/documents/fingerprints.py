"""Fingerprints of articles in MongoDB, by which articles that tell the same story are found, and the pairs found.

They are in the collection ``portraits`` (an older name). A fingerprint's ``stamp`` is a digest of its content. Two
articles that may tell the same story are recorded with the stamps of both, so that the record is void as soon as one of
the two gets another fingerprint. With it is their agreement in percent, 100 for pairs of a program that recorded none.
``text.stories`` makes fingerprints and compares them.
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
from store.failover import repeat
from store.schema import FINGERPRINT_TIME_INDEX


@dataclass(frozen=True, slots=True)
class StoredFingerprint:
    """A fingerprint as its document holds it: the fields that candidates are selected by, and the rest as ``data``.

    ``id``: of its article. ``made``: versions of the program and of the encoder; only fingerprints with equal ``made``
    are compared. ``bands``: keys of the MinHash bands, which copies share. ``paragraphs``: a hash of each paragraph.
    ``marks``: keys of its numbers. ``direction``: the mean embedding of its first sentences, int8 (empty without an
    encoder). ``stamp``: see ``stamp_of``. The field names are stored.
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


Agreements = Mapping[str, tuple[str, float]]
"""Stamps of fingerprints by their articles' ids, each with how likely it tells the story of one article, 0 to 1."""

_FIELDS = dict.fromkeys(("made", "source", "time", "paragraphs", "marks", "direction", "stamp"), 1)
_STAMP_DIGITS = 16  # hexadecimal


def stamp_of(fingerprint: StoredFingerprint) -> str:
    """The stamp of *fingerprint*: equal for equal ``made`` and ``data`` only."""
    content = fingerprint.made.encode() + b"\0" + fingerprint.data
    return hashlib.blake2b(content, digest_size=_STAMP_DIGITS // 2).hexdigest()


def keep(database: Database[Document], fingerprints: Sequence[StoredFingerprint]) -> set[str]:
    """Store *fingerprints* in place of those that their articles had; returns the ids of articles that had none.

    A fingerprint with the same stamp is left as it is, with the pairs recorded in it.
    """
    writes = []
    for fingerprint in fingerprints:
        names = (name for name in StoredFingerprint.__dataclass_fields__ if name != "id")
        fields: Document = {name: getattr(fingerprint, name) for name in names}
        fields |= {
            "direction": Binary(fingerprint.direction),
            "data": Binary(fingerprint.data),
            "_id": fingerprint.id,
            "alike": [],
            "agreements": {},
        }
        is_same = {"$eq": ["$stamp", fingerprint.stamp]}
        change = [{"$replaceWith": {"$cond": [is_same, "$$ROOT", {"$literal": fields}]}}]
        writes.append(UpdateOne({"_id": fingerprint.id}, change, upsert=True))
    if not writes:
        return set()
    result = repeat(database, lambda: database.portraits.bulk_write(writes, ordered=False))
    return set((result.upserted_ids or {}).values())


def drop(database: Database[Document], ids: Collection[str]) -> int:
    """Remove the fingerprints of the articles *ids*; how many there were."""
    dropped = {"_id": {"$in": list(ids)}}
    # Counted before: a deletion that is repeated does not know what it deleted the first time.
    number = repeat(database, lambda: database.portraits.count_documents(dropped))
    if number:
        repeat(database, lambda: database.portraits.delete_many(dropped))
    return number


def stamps(database: Database[Document], made: str, windows: Iterable[tuple[datetime, datetime]]) -> dict[str, str]:
    """The stamps of all fingerprints by *made* in the time *windows* (both ends included), by article id."""
    found: dict[str, str] = {}
    for since, until in windows:
        # Runs with every batch of articles: a covering index answers it, so that no document is read.
        query = {"made": made, "time": {"$gte": since, "$lte": until}}
        rows = database.portraits.find(query, {"stamp": 1}, hint=FINGERPRINT_TIME_INDEX, batch_size=100_000)
        found |= {row["_id"]: row["stamp"] for row in rows if "stamp" in row}
    return found


def without_data(database: Database[Document], ids: Collection[str]) -> list[StoredFingerprint]:
    """The fingerprints of the articles *ids* without ``bands`` and ``data``, which make up most of their bytes."""
    rows = database.portraits.find({"_id": {"$in": list(ids)}, "stamp": {"$exists": True}}, _FIELDS)
    return [StoredFingerprint(row.pop("_id"), bands=[], **row) for row in rows]


def with_bands(
    database: Database[Document], made: str, bands: Collection[int], since: datetime, until: datetime
) -> dict[str, frozenset[int]]:
    """The bands of articles between *since* and *until* that share one of *bands*: near-duplicate candidates."""
    query = {"bands": {"$in": list(bands)}, "made": made, "time": {"$gte": since, "$lte": until}}
    return {row["_id"]: frozenset(row["bands"]) for row in database.portraits.find(query, {"bands": 1})}


def data_of(database: Database[Document], ids: Collection[str]) -> dict[str, tuple[str, bytes]]:
    """Stamp and ``data`` of the fingerprints of the articles *ids*."""
    rows = database.portraits.find({"_id": {"$in": list(ids)}}, {"data": 1, "stamp": 1})
    return {row["_id"]: (row["stamp"], row["data"]) for row in rows if "stamp" in row}


def record_alike(database: Database[Document], pairs: Iterable[tuple[tuple[str, str], Agreements]]) -> None:
    """Record for articles, each given as (id, stamp), how likely others tell their story.

    Nothing is recorded in a fingerprint that has another stamp by now: it was compared before it was replaced.
    """
    writes = []
    for (key, stamp), others in pairs:
        agreements = {_recorded(other, its_stamp): value for other, (its_stamp, value) in others.items()}
        if agreements:
            # ``alike`` is there for its index: pairs are read from both sides.
            change = {
                "$addToSet": {"alike": {"$each": list(agreements)}},
                "$set": {f"agreements.{pair}": round(100 * value) for pair, value in agreements.items()},
            }
            writes.append(UpdateOne({"_id": key, "stamp": stamp}, change))
    if writes:
        repeat(database, lambda: database.portraits.bulk_write(writes, ordered=False))


def alike_pairs(
    database: Database[Document], ids: Collection[str]
) -> tuple[dict[str, str], dict[tuple[str, str], float]]:
    """The stamps of the fingerprints of *ids*, and the agreement of each valid pair of which one is among *ids*.

    A pair is two article ids, the smaller one first.
    """
    ours = {row["_id"]: row for row in _with_pairs(database, {"_id": {"$in": list(ids)}})}
    theirs = _with_pairs(database, {"alike": {"$in": [_recorded(key, row["stamp"]) for key, row in ours.items()]}})
    rows = {row["_id"]: row for row in (*theirs, *ours.values())}
    stamps = {key: row["stamp"] for key, row in rows.items()}
    recorded = [(key, *pair.split(" "), _agreement(row, pair)) for key, row in rows.items() for pair in row["alike"]]
    unknown = {other for _, other, _, _ in recorded} - stamps.keys()
    stamps |= {row["_id"]: row["stamp"] for row in _with_pairs(database, {"_id": {"$in": list(unknown)}})}
    pairs: dict[tuple[str, str], float] = {}
    for key, other, stamp, agreement in recorded:
        if stamps.get(other) == stamp:
            pair = min(key, other), max(key, other)
            pairs[pair] = max(pairs.get(pair, 0.0), agreement)
    return {key: row["stamp"] for key, row in ours.items()}, pairs


def _with_pairs(database: Database[Document], query: Document) -> list[Document]:
    fields = {"stamp": 1, "alike": 1, "agreements": 1}
    return list(database.portraits.find(query | {"stamp": {"$exists": True}}, fields))


def _agreement(row: Document, pair: str) -> float:
    percent: float = row.get("agreements", {}).get(pair, 100)
    return percent / 100


def _recorded(key: str, stamp: str) -> str:
    """The other article of a pair, as the field ``alike`` holds it."""
    return f"{key} {stamp}"
