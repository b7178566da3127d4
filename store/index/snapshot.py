"""One consistent state of the index for readers: the manifest, and what has changed since it was committed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pymongo.database import Database

from store.connection import Document
from store.index.manifest import Manifest, parse
from store.index.segment_format import FIELDS
from store.schema import PENDING_INDEX

PROJECTION = dict.fromkeys(("length", "source", "language", "published", "revision", "stored", *FIELDS.values()), 1)
"""The fields of an article that the index is made of, as a MongoDB projection."""

_BATCH = 1000  # documents in one query


@dataclass(frozen=True)
class Snapshot:
    """One state of the index.

    ``pending``: id and revision of every article that no segment is known to hold in that revision. Rows of that id
    with another revision are not live. ``deleted``: id and revision of deleted articles. Rows of that id with this
    revision or a lower one are not live, except a row that ``pending`` names.
    """

    manifest: Manifest
    pending: tuple[tuple[str, int], ...] = ()
    deleted: tuple[tuple[str, int], ...] = ()


def read(database: Database[Document], known: Manifest | None = None) -> Snapshot:
    """The current state. *known*: a manifest read before, which is not read again if it is still the current one.

    The manifest is checked again after both lists were read: entries leave the lists only after a commit, so an
    unchanged manifest proves that nothing is missing from them. Raises DamagedManifest.
    """
    manifest = _current(database, known)
    while True:
        rows = database.articles.find({"pending": True}, {"revision": 1}, hint=PENDING_INDEX, batch_size=100_000)
        pending = tuple((row["_id"], row["revision"]) for row in rows)
        deleted = tuple((row["_id"], row["revision"]) for row in database.deleted.find({}, {"revision": 1}))
        after = _current(database, manifest)
        if after is manifest:
            return Snapshot(manifest, pending, deleted)
        manifest = after


def documents(database: Database[Document], ids: Iterable[str]) -> list[Document]:
    """The stored articles among *ids* with the fields of ``PROJECTION``, in no particular order."""
    wanted = list(ids)
    found: list[Document] = []
    for start in range(0, len(wanted), _BATCH):
        found += database.articles.find({"_id": {"$in": wanted[start : start + _BATCH]}}, PROJECTION)
    return found


def _current(database: Database[Document], known: Manifest | None) -> Manifest:
    """The current manifest; *known* itself if that is still current, which costs one small query."""
    if known is not None:
        row = database.manifest.find_one({"_id": "index"}, {"version": 1, "checksum": 1}) or {"version": 0}
        if row["version"] == known.version and row.get("checksum", known.checksum) == known.checksum:
            return known
    return parse(database.manifest.find_one({"_id": "index"}))
