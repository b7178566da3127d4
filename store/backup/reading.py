"""Reads the collections of a database for a backup: at one moment, or else in an order in which nothing is missing.

MongoDB reads all collections as they were at one moment (``readConcern: snapshot`` with ``atClusterTime``) as long as
it keeps that history: five minutes unless its administrator says otherwise, and for the embedded server as long as a
backup takes. A server that is no replica set cannot do that. Where the moment is lost, reading goes on with what is
there by then, and what was read before is good still, because of the order: what a writer writes first is read last.
An article is stored after its words and its raw page, and loses its mark for the watches after the outbox has its row;
so every article in the backup has its words, its page, and its message or its mark. What ``retokenize`` has made goes
into the articles before its rows are removed, so these are read before the articles.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo.database import Database
from pymongo.errors import AutoReconnect, OperationFailure

from store.connection import Document

TRANSIENT = ("rankings", "request_counts")
"""Collections whose documents are forgotten within the hour; they are in no backup."""

INDEX_COLLECTIONS = ("segments", "deleted")
"""Collections that are packed from the articles, and good only beside the very articles that they were packed from."""

_FIRST = ("watches", "retokenized", "articles", "portraits", "quarantine", "pages", "raw", "raw.files", "raw.chunks")
_THEN = ("outbox", "messages", "digests", "runs", "segments", "deleted", "manifest", "projections")
_LAST = ("terms", "counters")

_HISTORY_SECONDS = 3600
_RECONNECT_SECONDS = 60.0
_AT_ONCE = 10_000
"""Documents in a reply; MongoDB ends it at 16 MiB."""

_TOO_OLD, _CHANGED = 239, 246  # SnapshotTooOld, SnapshotUnavailable; MongoDB's error codes
_NO_SNAPSHOTS = (20, 72, 115, 123)  # likewise, of servers that are no replica set


class SnapshotLost(RuntimeError):
    """The server does not keep the moment at which the backup was read, or never did.

    ``may_pass``: a collection was made or changed just then, so another moment may do.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(f"MongoDB's error {code}")
        self.may_pass = code == _CHANGED


def collections_of(database: Database[Document]) -> list[str]:
    """The names of the collections to back up, in the order in which they are to be read."""
    found = {row["name"] for row in database.list_collections() if row.get("type", "collection") == "collection"}
    found -= {name for name in found if name in TRANSIENT or name.startswith(("system.", "import"))}
    found -= {name for name in found if name.startswith("before_import_")}
    named = {*_FIRST, *_THEN, *_LAST}
    order = [*_FIRST, *_THEN, *sorted(found - named), *_LAST]
    return [name for name in order if name in found]


class CollectionReader:
    """Reads documents as they are stored, in the order of their ids; each query stands by itself and can be repeated.

    ``moment``: the server's time at which all is read; None until the first query has chosen one. ``is_snapshot``:
    whether there is such a moment.
    """

    def __init__(self, database: Database[Document], moment: Timestamp | None = None, is_snapshot: bool = True) -> None:
        self._database = database
        self._options: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
        self.moment, self.is_snapshot = moment, is_snapshot

    def batches(self, collection: str, after: Any = None) -> Iterator[list[RawBSONDocument]]:
        """The documents of *collection* with an ``_id`` after *after*. Raises SnapshotLost, PyMongoError.

        After SnapshotLost ``is_snapshot`` is False, and the same call reads what is there now.
        """
        while rows := self._next(collection, after):
            yield rows
            after = rows[-1]["_id"]

    def _next(self, collection: str, after: Any) -> list[RawBSONDocument]:
        command: Document = {"find": collection, "hint": {"_id": 1}, "batchSize": _AT_ONCE, "singleBatch": True}
        if after is not None:
            command["min"] = {"_id": after}  # not $gt, which finds only ids of the same type
        rows = self._answer(command)
        if not rows or rows[0]["_id"] != after:
            return rows
        if len(rows) == 1:  # the last document, or one that leaves no room in the reply for the next
            ids = self._answer(command | {"projection": {"_id": 1}, "limit": 2})
            next_id = next((row["_id"] for row in ids if row["_id"] != after), None)
            return [] if next_id is None else self._answer(command | {"min": {"_id": next_id}})
        return rows[1:]

    def _answer(self, command: Document) -> list[RawBSONDocument]:
        deadline = time.monotonic() + _RECONNECT_SECONDS
        while True:
            try:
                return self._ask(command)
            except AutoReconnect:  # an election, or a server that starts again
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _ask(self, command: Document) -> list[RawBSONDocument]:
        concern: Document = {"level": "snapshot" if self.is_snapshot else "majority"}
        if self.moment and self.is_snapshot:
            concern["atClusterTime"] = self.moment
        try:
            reply = self._database.command(
                command | {"readConcern": concern},
                codec_options=self._options,
                read_preference=self._database.read_preference,
            )
        except OperationFailure as error:
            if not self.is_snapshot or error.code not in (_TOO_OLD, _CHANGED, *_NO_SNAPSHOTS):
                raise
            self.is_snapshot, self.moment = False, None
            raise SnapshotLost(error.code) from None
        cursor = reply["cursor"]
        if self.is_snapshot and self.moment is None:
            self.moment = cursor["atClusterTime"]
        return list(cursor["firstBatch"])


@contextmanager
def history_kept(database: Database[Document]) -> Iterator[None]:
    """Let the embedded server keep its history meanwhile, which it otherwise does not."""
    name = "minSnapshotHistoryWindowInSeconds"
    admin = database.client.admin
    before = admin.command({"getParameter": 1, name: 1})[name]
    admin.command({"setParameter": 1, name: max(before, _HISTORY_SECONDS)})
    try:
        yield
    finally:
        with suppress(AutoReconnect):  # a server that was started again has forgotten it
            admin.command({"setParameter": 1, name: 0})
