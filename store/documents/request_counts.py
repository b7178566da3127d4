"""How many requests a client made in this second: counted in MongoDB, so that all processes of a server share it."""

from __future__ import annotations

import time

from pymongo import ReturnDocument, WriteConcern
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure

from store.connection import Document, is_disk_full

_UNSAFE = WriteConcern(w=1, j=False)
"""A count that a crash loses does no harm; waiting for a majority would slow each request."""


def count(database: Database[Document], client: str) -> int:
    """Count one more request of *client* in this second; returns how many that are, 0 while the disk is full."""
    collection = database.get_collection("request_counts", write_concern=_UNSAFE)
    key = f"{client} {int(time.time())}"
    change = {"$inc": {"number": 1}, "$currentDate": {"made": True}}
    while True:
        try:
            row = collection.find_one_and_update(
                {"_id": key}, change, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # another process has just begun this second
            continue
        except OperationFailure as error:
            if not is_disk_full(error):
                raise
            return 0  # readers are answered still
        return int(row["number"]) if row else 1
