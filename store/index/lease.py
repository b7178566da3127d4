"""The compactors' lease. Optional: correctness relies on the manifest's compare-and-set, the lease only saves work.

It is the document ``{_id: "lease", owner, until}`` of the collection ``manifest``; the server's clock sets ``until``.
"""

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
"""A lease that its owner has not renewed for so long may be taken by another process."""

_KEY = {"_id": "lease"}
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class LeaseTaken(RuntimeError):
    """Another process has the lease."""


class Lease:
    """The lease of one compaction. ``renew`` has to be called well within ``SECONDS``, again and again."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._renewed = -1.0 * SECONDS
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"

    def renew(self) -> None:
        """Take or renew the lease, unless that was done less than ``SECONDS / 6`` ago. Raises LeaseTaken."""
        if time.monotonic() - self._renewed < SECONDS / 6:
            return
        self._renewed = time.monotonic()
        until = {"$ifNull": ["$until", _NEVER]}
        milliseconds = 1000 * SECONDS
        is_free = {
            "$or": [
                {"$eq": ["$owner", self.owner]},
                {"$lte": [until, "$$NOW"]},
                # Longer than any lease: the server's clock was set back since.
                {"$gt": [until, {"$add": ["$$NOW", 2 * milliseconds]}]},
            ]
        }
        ours = {"owner": self.owner, "until": {"$add": ["$$NOW", milliseconds]}}
        change = {name: {"$cond": [is_free, value, f"${name}"]} for name, value in ours.items()}
        row = self._database.manifest.find_one_and_update(
            _KEY, [{"$set": change}], upsert=True, return_document=ReturnDocument.AFTER
        )
        if row is None or row["owner"] != self.owner:
            raise LeaseTaken(f"the index is being compacted by {row and row['owner']}")

    def release(self) -> None:
        """Give the lease up, so that the next compactor need not wait until it lapses."""
        self._database.manifest.delete_one(_KEY | {"owner": self.owner})


@contextmanager
def hold_lease(database: Database[Document]) -> Iterator[Lease]:
    """Hold the lease while the block runs. Raises LeaseTaken at once when another process has it."""
    lease = Lease(database)
    lease.renew()
    try:
        yield lease
    finally:
        lease.release()
