"""Rankings that are read page by page: kept as they were made, so that no article is met twice or passed over.

Each belongs to one question. MongoDB deletes it an hour after it was read last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from pymongo.database import Database

from store.connection import Document
from store.schema import INDEXES

_ID_DIGITS = 24


@dataclass(frozen=True, slots=True)
class StoredRanking:
    """The ids and scores of a ranking, best first.

    ``before``: ids that were shown before its first. ``is_all``: nothing comes after its last.
    """

    ids: list[str]
    scores: list[float]
    before: list[str]
    is_all: bool


def keep(database: Database[Document], question: str, ranking: StoredRanking) -> str:
    """Store *ranking* of the *question* (a digest of it); returns its key."""
    database.rankings.create_indexes(INDEXES["rankings"])  # who reads an older database may be the first to need it
    fields: Document = {
        "question": question,
        "ids": _packed(ranking.ids),
        "scores": np.array(ranking.scores, "<f8").tobytes(),
        "before": _packed(ranking.before),
        "is_all": ranking.is_all,
        "made": "$$NOW",
    }
    key = uuid4().hex
    database.rankings.update_one({"_id": key}, [{"$set": fields}], upsert=True)
    return key


def read(database: Database[Document], key: str, question: str) -> StoredRanking | None:
    """The ranking *key* if it is kept still and is one of *question*."""
    row = database.rankings.find_one_and_update({"_id": key, "question": question}, [{"$set": {"made": "$$NOW"}}])
    if row is None:
        return None
    scores = np.frombuffer(row["scores"], "<f8").tolist()
    return StoredRanking(_ids(row["ids"]), scores, _ids(row["before"]), row["is_all"])


def _packed(ids: Sequence[str]) -> bytes:
    return bytes.fromhex("".join(ids))


def _ids(packed: bytes) -> list[str]:
    text = packed.hex()
    return [text[at : at + _ID_DIGITS] for at in range(0, len(text), _ID_DIGITS)]
