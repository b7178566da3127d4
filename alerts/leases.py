"""Leases in MongoDB: of many processes one at a time matches, and one at a time sends to a target.

Collection ``leases``: ``{_id: name, owner, until, number}``. The server's clock sets ``until``. ``number`` grows with
each new owner: what a process does late, after its lease has lapsed, it does under a number that is no longer the
highest, and is refused (a fencing token: Kleppmann 2016).
"""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from store.connection import Document

SECONDS = 15
"""A lease that its owner has not renewed for so long may be taken by another process."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class NumberedLease:
    """The lease *name*, taken by ``hold`` and kept by calling it again well within ``SECONDS``."""

    def __init__(self, database: Database[Document], name: str) -> None:
        self._database, self.name = database, name
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.number = 0
        self._asked = self._until = 0.0

    def hold(self) -> bool:
        """Take or renew the lease, unless that was done a moment ago; whether it is ours."""
        now = time.monotonic()
        if now < self._asked + SECONDS / 5:
            return now < self._until
        self._asked = now
        until = {"$ifNull": ["$until", _NEVER]}
        milliseconds = 1000 * SECONDS
        is_ours = {"$eq": ["$owner", self.owner]}
        is_free = {
            "$or": [
                is_ours,
                {"$lte": [until, "$$NOW"]},
                # Longer than any lease: the server's clock was set back since.
                {"$gt": [until, {"$add": ["$$NOW", 2 * milliseconds]}]},
            ]
        }
        number = {"$ifNull": ["$number", 0]}
        ours = {
            "owner": self.owner,
            "until": {"$add": ["$$NOW", milliseconds]},
            "number": {"$cond": [is_ours, number, {"$add": [number, 1]}]},
        }
        change = {name: {"$cond": [is_free, value, f"${name}"]} for name, value in ours.items()}
        try:
            row = self._database.leases.find_one_and_update(
                {"_id": self.name}, [{"$set": change}], upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # another process has just made it
            row = None
        is_held = row is not None and row["owner"] == self.owner
        if row is not None and is_held:
            self.number = row["number"]
        self._until = now + SECONDS if is_held else 0.0
        return is_held

    def release(self) -> None:
        """Give the lease up, so that another process need not wait until it lapses."""
        self._until = self._asked = 0.0
        self._database.leases.update_one({"_id": self.name, "owner": self.owner}, {"$set": {"until": _NEVER}})


def server_time(database: Database[Document]) -> datetime:
    """The time by the clock of the database server, which all processes share."""
    moment: datetime = database.command("hello")["localTime"]
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
