"""Articles that were deleted behind the index's back: by hand, by another program, by a partial restore."""

from __future__ import annotations

from collections.abc import Iterable

from pymongo.database import Database

from similarity.collection import Collection, Revisions
from similarity.loading import stored_ids
from store.connection import Document
from store.segments import id_bytes, id_strings


def vanished_among(database: Database[Document], collection: Collection, ids: Iterable[str]) -> dict[str, int]:
    """Those of *ids* that are not stored but can be found in a segment, with the revision found there."""
    wanted = list(ids)
    stored = {row["_id"] for row in database.articles.find({"_id": {"$in": wanted}}, {"_id": 1})}
    gone = [key for key in wanted if key not in stored]
    found: dict[str, int] = {}
    keys = id_bytes(gone)
    for held in (*collection.packed, *collection.stand_ins):
        rows = held.block.segment.rows_of(keys)
        for key, row in zip(gone, rows.tolist(), strict=True):
            if row >= 0 and held.alive[row]:
                found[key] = int(held.block.segment.revisions[row])
    return found


def all_vanished(database: Database[Document], collection: Collection, known: Revisions) -> dict[str, int]:
    """What ``vanished_among`` finds for all articles of *collection*, with those *known* that are still not stored.

    Goes through the ids of all stored articles, so its time grows with their number.
    """
    blocks = (*collection.packed, *collection.stand_ins)
    unseen = [held.alive.copy() for held in blocks]
    left = dict(known)
    for ids in stored_ids(database):
        keys = id_bytes(ids)
        for held, mask in zip(blocks, unseen, strict=True):
            rows = held.block.segment.rows_of(keys)
            mask[rows[rows >= 0]] = False
        for key in ids:
            left.pop(key, None)
    suspects = [
        key for held, mask in zip(blocks, unseen, strict=True) for key in id_strings(held.block.segment.ids[mask])
    ]
    # Asked again one by one: an article may have been stored behind the place that the walk had come to.
    return left | vanished_among(database, collection, suspects)
