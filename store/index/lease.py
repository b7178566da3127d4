"""The lease that keeps compactors out of each other's way: politeness only, the safety is in the manifest's switch."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.database import Database

from store.connection import Document

SECONDS = 30

_KEY = {"_id": "lease"}
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Taken(RuntimeError):
    """Somebody else has the lease."""


class Lease:
    """Ours while nobody else could have taken it: ``keep`` renews it and has to be called well within ``SECONDS``."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._kept = -1.0 * SECONDS
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"

    def keep(self) -> None:
        """Take or renew it, by the clock of the server, when it was not done a moment ago. Raises Taken."""
        if time.monotonic() - self._kept < SECONDS / 6:
            return
        self._kept = time.monotonic()
        until = {"$ifNull": ["$until", _NEVER]}
        length = 1000 * SECONDS
        free = {
            "$or": [
                {"$eq": ["$owner", self.owner]},
                {"$lte": [until, "$$NOW"]},
                # The server's clock was put back: a lease that ends so late was never given.
                {"$gt": [until, {"$add": ["$$NOW", 2 * length]}]},
            ]
        }
        ours = {"owner": self.owner, "until": {"$add": ["$$NOW", length]}}
        change = {name: {"$cond": [free, value, f"${name}"]} for name, value in ours.items()}
        row = self._database.manifest.find_one_and_update(
            _KEY, [{"$set": change}], upsert=True, return_document=ReturnDocument.AFTER
        )
        if row is None or row["owner"] != self.owner:
            raise Taken(f"the index is being compacted by {row and row['owner']}")

    def give_back(self) -> None:
        """Let the next one have it at once."""
        self._database.manifest.delete_one(_KEY | {"owner": self.owner})


@contextmanager
def held(database: Database[Document]) -> Iterator[Lease]:
    """The lease for as long as the block runs. Raises Taken at once when somebody else has it."""
    lease = Lease(database)
    lease.keep()
    try:
        yield lease
    finally:
        lease.give_back()
