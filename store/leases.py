"""Leases in MongoDB: of many processes one at a time matches, sends to a target, compacts, or crawls a source.

Collection ``leases``: ``{_id: name, owner, until, seconds, number, done, since, host, pid}``. The server's clock sets
``until`` and ``since``. ``number`` grows with each new owner: what a process does late, after its lease has lapsed, it
does under a number that is no longer the highest, and is refused (a fencing token: Kleppmann 2016). ``done`` is the
last number whose owner gave the lease up, in place of being killed or losing it.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo import ReadPreference, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from store.connection import Document
from store.failover import repeat, repeated

SECONDS = 15.0
"""A lease that its owner has not renewed for so long may be taken by another process."""

INDEX = "index"
"""Name of the lease of whoever changes the segments of the index. Optional: correctness relies on the manifest's
compare-and-set, the lease only saves work."""

INDEX_SECONDS = 30.0
"""``SECONDS`` of the lease of the index, whose owner may be busy with a large segment."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class LeaseTaken(RuntimeError):
    """Another process has the lease; the message says which."""


class LeaseLost(RuntimeError):
    """The lease lapsed, and another process has taken it since."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lease: the process ``pid`` of ``host``, ``since`` when, and ``until`` when unless it is renewed."""

    host: str
    pid: int
    since: datetime
    until: datetime
    number: int


class NumberedLease:
    """The lease *name*, taken by ``hold`` and kept by calling it again well within its *seconds*.

    With *unless_done* it is not taken once an owner after that number has given it up (``done_of``).
    """

    def __init__(
        self, database: Database[Document], name: str, seconds: float | None = None, unless_done: int | None = None
    ) -> None:
        self._database, self.name, self._unless_done = database, name, unless_done
        self.seconds = SECONDS if seconds is None else seconds
        self.host, self.pid = socket.gethostname(), os.getpid()
        self.owner = f"{self.host}:{self.pid}:{uuid4().hex[:8]}"
        self.number = 0
        self._asked = self._until = 0.0

    def hold(self) -> bool:
        """Take or renew the lease, unless that was done a moment ago; whether it is ours."""
        if time.monotonic() >= self._asked + self.seconds / 5:
            self._take()
            if self._until and time.monotonic() >= self._until:  # it took longer to answer than the lease lasts
                self._take()
        return time.monotonic() < self._until

    def _take(self) -> None:
        self._asked = time.monotonic()
        try:
            row = repeat(
                self._database,
                lambda: self._database.leases.find_one_and_update(
                    {"_id": self.name}, [{"$set": self._taken()}], upsert=True, return_document=ReturnDocument.AFTER
                ),
            )
        except DuplicateKeyError:  # another process has just made it
            row = None
        if row is not None and row["owner"] == self.owner:
            self.number, self._until = row["number"], self._asked + self.seconds
        else:
            self._until = 0.0

    def forget(self) -> None:
        """Let the next ``hold`` ask the database, however soon it is called."""
        self._asked = self._until = 0.0

    def renew(self) -> None:
        """As ``hold``. Raises LeaseTaken."""
        if not self.hold():
            holder = holder_of(self._database, self.name)
            raise LeaseTaken(f"{holder.host} pid {holder.pid} is at work" if holder else "another process is at work")

    def confirm(self) -> None:
        """Renew the lease that ``hold`` has taken, now, and never take it again. Raises LeaseLost.

        A write, acknowledged by the majority: a read could be answered by a primary that has been replaced.
        """
        ours = {"_id": self.name, "owner": self.owner, "number": self.number}
        renewed = [{"$set": {"until": self._end()}}]
        asked = time.monotonic()  # before: the answer may take as long as an election
        if not repeat(self._database, lambda: self._database.leases.update_one(ours, renewed)).matched_count:
            raise LeaseLost(f"the lease {self.name!r} lapsed, and another process has taken it")
        self._asked, self._until = asked, asked + self.seconds

    def check(self) -> None:
        """As ``confirm``, but while less than a third of the lease has gone it only reads. Raises LeaseLost.

        A renewal waits for the journals of a majority. Nobody can have taken the lease so early, unless the clock of
        this machine has stood still. Therefore the read goes by the clock of the server.
        """
        if time.monotonic() >= self._asked + self.seconds / 3 or not repeat(self._database, self._is_ours):
            self.confirm()

    def _is_ours(self) -> bool:
        ours = {"_id": self.name, "owner": self.owner, "number": self.number}
        leases = self._database.leases.with_options(read_preference=ReadPreference.PRIMARY)
        return leases.find_one(ours | {"$expr": {"$gt": ["$until", "$$NOW"]}}, {"_id": 1}) is not None

    def release(self) -> None:
        """Give the lease up, so that another process need not wait until it lapses."""
        self._until = self._asked = 0.0
        ended = {"$set": {"until": _NEVER, "done": self.number}}
        ours = {"_id": self.name, "owner": self.owner, "number": self.number}
        repeat(self._database, lambda: self._database.leases.update_one(ours, ended))

    def _end(self) -> Document:
        return {"$add": ["$$NOW", int(1000 * self.seconds)]}

    def _taken(self) -> Document:
        """The fields of the lease, each changed where it is free or ours, and kept where it is another's."""
        is_ours = {"$eq": ["$owner", self.owner]}
        number = {"$ifNull": ["$number", 0]}
        ours = {
            "owner": self.owner,
            "until": self._end(),
            "number": {"$cond": [is_ours, number, {"$add": [number, 1]}]},
            "since": {"$cond": [is_ours, {"$ifNull": ["$since", "$$NOW"]}, "$$NOW"]},
            **{name: getattr(self, name) for name in ("host", "pid", "seconds")},
        }
        may_take: Document = {"$or": [is_ours, _is_free(self.seconds)]}
        if self._unless_done is not None:
            may_take = {"$and": [may_take, {"$lte": [{"$ifNull": ["$done", 0]}, self._unless_done]}]}
        return {name: {"$cond": [may_take, value, f"${name}"]} for name, value in ours.items()}


@contextmanager
def hold_index_lease(database: Database[Document]) -> Iterator[NumberedLease]:
    """Hold the lease of the index while the block runs. Raises LeaseTaken at once when another process has it."""
    lease = NumberedLease(database, INDEX, INDEX_SECONDS)
    lease.renew()
    try:
        yield lease
    finally:
        lease.release()


@repeated
def holder_of(database: Database[Document], name: str) -> Holder | None:
    """Who has the lease *name* now, by the server's clock; None for nobody."""
    row = database.leases.find_one({"_id": name, "$expr": {"$not": [_is_free(SECONDS)]}})
    return _holder(row) if row else None


def holders(database: Database[Document]) -> dict[str, Holder]:
    """By name of a lease who has it now, by the server's clock."""
    rows = database.leases.find({"$expr": {"$not": [_is_free(SECONDS)]}})
    return {row["_id"]: _holder(row) for row in rows}


@repeated
def done_of(database: Database[Document], names: Collection[str]) -> dict[str, int]:
    """By name of a lease the last number whose owner gave it up; without those that nobody ever did."""
    rows = database.leases.find({"_id": {"$in": list(names)}, "done": {"$exists": True}}, {"done": 1})
    return {row["_id"]: row["done"] for row in rows}


@repeated
def server_time(database: Database[Document]) -> datetime:
    """The time by the clock of the database server, which all processes share."""
    moment: datetime = database.command("hello")["localTime"]
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_free(seconds: float) -> Document:
    """The condition that a lease may be taken; *seconds*: how long it is, where its owner did not say."""
    until = {"$ifNull": ["$until", _NEVER]}
    longest = {"$multiply": [2000, {"$ifNull": ["$seconds", seconds]}]}
    return {
        "$or": [
            {"$lte": [until, "$$NOW"]},
            # Longer than any lease of its owner: the server's clock was set back since.
            {"$gt": [until, {"$add": ["$$NOW", longest]}]},
        ]
    }


def _holder(row: dict[str, Any]) -> Holder:
    # Older versions stored neither host and pid nor since.
    host, pid, *_ = f"{row['owner']}::".split(":")
    since = row.get("since") or row["until"]
    return Holder(row.get("host", host), int(row.get("pid", pid or 0)), since, row["until"], row["number"])
