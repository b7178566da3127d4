"""MongoDB: whether it answers, is a replica set whose majority takes writes, and has the same time as this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.errors import PyMongoError

from store.connection import StoreError, database_address, opened, store_error, without_password
from store.settings import settings
from xinwen.doctor.finding import Finding, judged

MAJORITY_SECONDS = 5.0
"""A majority that takes longer to write one document is none to work with."""

MOST_SECONDS = 2.0
"""A clock that is further off than this tells leases and schedules the wrong time."""

_OLDEST = (4, 4)


def database() -> Iterator[Finding]:
    """All about MongoDB; the embedded server is started for it, as by any command."""
    try:
        address = database_address()
        with opened(address) as found:
            yield from _facts(found, address)
    except StoreError as error:
        yield judged("MongoDB", str(error), "", _fix())


def _fix() -> str:
    if settings().mongodb_uri:
        return "start that server, or correct MONGODB_URI; unset it for the embedded one"
    return "mend what it says, or name a server of yours in MONGODB_URI"


def _facts(found: Database[dict[str, Any]], address: str) -> Iterator[Finding]:
    version = found.client.server_info()["version"]
    hello = found.client.admin.command("hello")
    old = tuple(map(int, version.split(".")[:2])) < _OLDEST
    fault = f"version {version} is too old" if old else ""
    yield judged("MongoDB", fault, f"{version} at {without_password(address)}", "MongoDB 6.0 or newer")
    if not (name := hello.get("setName")):
        fix = "mongod --replSet xinwen, then once rs.initiate() in mongosh"
        yield judged("majority 多数", "a single server without a replica set: no majority, no change streams", "", fix)
    else:
        yield _majority(found, address, f"{len(hello['hosts'])} of the set {name}")
    yield _clock(found)


def _majority(found: Database[dict[str, Any]], address: str, members: str) -> Finding:
    """Whether the majority acknowledges a document in time; it is deleted again."""
    concern = WriteConcern("majority", wtimeout=int(MAJORITY_SECONDS * 1000))
    collection = found.get_collection("doctor", write_concern=concern)
    started, fault = time.monotonic(), ""
    try:
        collection.replace_one({"_id": "doctor"}, {"at": datetime.now(UTC)}, upsert=True)
        found.drop_collection("doctor")
    except PyMongoError as error:
        why = store_error(error, address)
        fault = f"members: {members}; its majority takes no write within {MAJORITY_SECONDS:.0f} s: {why}"
    said = f"members: {members}; acknowledged in {1000 * (time.monotonic() - started):.0f} ms"
    return judged(
        "majority 多数", fault, said, "rs.status() in mongosh says which member is down; the user needs readWrite"
    )


def _clock(found: Database[dict[str, Any]]) -> Finding:
    before = datetime.now(UTC)
    theirs = found.client.admin.command("hello")["localTime"]
    after = datetime.now(UTC)
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    off = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    fault = f"{off:,.0f} s off the clock of MongoDB" if off > MOST_SECONDS else ""
    return judged("clock 时钟", fault, "as that of MongoDB", "timedatectl set-ntp true, on both machines")
