"""What a reader asks of the database: the manifest, and all that happened since it was switched, as one state.

The three lists of a ``Snapshot`` belong together: flags of what is packed are taken away only after the manifest was
switched, so a manifest that is still the same after the lists were read proves that nothing is missing from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pymongo.database import Database

from store.connection import Document
from store.manifest import Manifest, parse
from store.segments import FIELDS

PROJECTION = dict.fromkeys(("length", "source", "language", "published", "revision", "stored", *FIELDS.values()), 1)
"""The fields of an article that the index is made of."""

PENDING = "pending"
"""Name of the index that covers the question what is pending."""

_AT_ONCE = 1000  # documents asked for in one question


@dataclass(frozen=True)
class Snapshot:
    """One state of the index.

    ``pending``: id and revision of every article that no segment is known to hold in that revision; it stands in the
    place of every packed row of that id. ``deleted``: id and revision of deleted articles; packed rows of that id with
    this revision or a lower one are gone, except a row that ``pending`` names.
    """

    manifest: Manifest
    pending: tuple[tuple[str, int], ...] = ()
    deleted: tuple[tuple[str, int], ...] = ()


def read(database: Database[Document], known: Manifest | None = None) -> Snapshot:
    """The present state; *known* saves reading a manifest that has not changed. Raises DamagedManifest."""
    manifest = _current(database, known)
    while True:
        rows = database.articles.find({"pending": True}, {"revision": 1}, hint=PENDING, batch_size=100_000)
        pending = tuple((row["_id"], row["revision"]) for row in rows)
        deleted = tuple((row["_id"], row["revision"]) for row in database.deleted.find({}, {"revision": 1}))
        after = _current(database, manifest)
        if after is manifest:
            return Snapshot(manifest, pending, deleted)
        manifest = after


def documents(database: Database[Document], ids: Iterable[str]) -> list[Document]:
    """The fields of ``PROJECTION`` of those of *ids* that are stored, in no particular order."""
    wanted = list(ids)
    found: list[Document] = []
    for place in range(0, len(wanted), _AT_ONCE):
        found += database.articles.find({"_id": {"$in": wanted[place : place + _AT_ONCE]}}, PROJECTION)
    return found


def _current(database: Database[Document], known: Manifest | None) -> Manifest:
    if known is not None:
        row = database.manifest.find_one({"_id": "index"}, {"version": 1, "checksum": 1}) or {"version": 0}
        if row["version"] == known.version and row.get("checksum", known.checksum) == known.checksum:
            return known
    return parse(database.manifest.find_one({"_id": "index"}))
