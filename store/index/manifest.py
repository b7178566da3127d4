"""The manifest: the one document that says which segments make up the index, as Lucene's ``segments_N`` file does.

It is replaced last, by compare-and-set on its checksum (``commit``). A compactor that is killed before leaves the old
index; of two compactors only one commits. The fields are described in ``FORMAT.md``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
from bson import Binary
from pymongo.database import Database

from store.connection import Document
from store.index import segment_format, segments
from store.layout import LAYOUT
from store.vectors import CorruptVector, Ints, pack, unpack_many

REBUILD = "xinwen rebuild"
"""The command that repairs a damaged manifest."""

RESTORING = "restoring"
"""Field that a database has in the place of a manifest while a backup is brought into it."""

PackedRows = bytes  # SegmentEntry has a field named ``bytes``, which hides the type of that name

_KEY = {"_id": "index"}


class DamagedManifest(RuntimeError):
    """The manifest in the database is not what was stored; the message is one line and names the command that helps."""


@dataclass(frozen=True)
class SegmentEntry:
    """One segment as the manifest names it.

    ``sha256``: its name, which is the SHA-256 of its bytes; ``bytes``: its length; ``parts``: documents in the
    collection ``segments``; ``documents``: its rows. ``dead``: numbers of its deleted rows, packed by ``pack_rows``
    (the stored field's name is older than the word "deleted").
    """

    sha256: str
    bytes: int
    parts: int
    documents: int
    dead: PackedRows = b"\0"

    @property
    def deleted_rows(self) -> Ints:
        """Numbers of the deleted rows, ascending; int64."""
        return unpack_many([self.dead]).ids


@dataclass(frozen=True)
class Manifest:
    """One committed state of the index. The ids of all tokens in its segments are below ``terms``.

    ``is_damaged``: its record was refused by ``parse``, and ``recorded_checksum`` is what that record says (None:
    nothing), whatever it should say.
    """

    analyzer: str
    version: int
    segments: tuple[SegmentEntry, ...] = ()
    terms: int = 0
    format: int = LAYOUT
    is_damaged: bool = field(default=False, compare=False, repr=False)
    recorded_checksum: str | None = field(default=None, compare=False, repr=False)

    @cached_property
    def checksum(self) -> str | None:
        """SHA-256, in hex digits, of the JSON of all other stored fields; of a damaged manifest the recorded one."""
        if self.is_damaged:
            return self.recorded_checksum
        fields = _fields(self)
        for entry in fields["segments"]:
            entry["dead"] = entry["dead"].hex()
        return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def entry_of(name: str, data: bytes) -> SegmentEntry:
    """The manifest's entry for the segment *name* with the bytes *data*, none of whose rows is deleted."""
    return SegmentEntry(name, len(data), segments.number_of_parts(data), segment_format.decode(data).documents)


def pack_rows(rows: Iterable[int]) -> bytes:
    """Row numbers as ``SegmentEntry.dead`` holds them: a packed vector in which each number occurs once."""
    return pack((int(row), 1) for row in rows)


def read(database: Database[Document]) -> Manifest:
    """The current manifest; where there is none, one of version 0 without segments. Raises DamagedManifest."""
    return parse(database.manifest.find_one(_KEY))


def read_damaged(database: Database[Document]) -> Manifest:
    """What ``commit`` needs to replace a manifest that ``read`` refuses; it names no segments."""
    row = database.manifest.find_one(_KEY) or {}
    version, layout = row.get("version"), row.get("format")
    return Manifest(
        str(row.get("analyzer")),
        version if isinstance(version, int) else 0,
        format=layout if isinstance(layout, int) else LAYOUT,
        is_damaged=True,
        recorded_checksum=row.get("checksum"),
    )


def parse(row: Document | None) -> Manifest:
    """The manifest in the document *row*; None gives one of version 0. Raises DamagedManifest."""
    if row is None:
        return Manifest("", 0)
    if RESTORING in row:
        raise DamagedManifest(half_restored(row))
    try:
        entries = tuple(
            SegmentEntry(entry["sha256"], entry["bytes"], entry["parts"], entry["documents"], bytes(entry["dead"]))
            for entry in row["segments"]
        )
        manifest = Manifest(row["analyzer"], row["version"], entries, row["terms"], row["format"])
        is_whole = manifest.checksum == row["checksum"] and all(map(_rows_exist, entries))
    except (KeyError, TypeError, CorruptVector) as error:
        raise DamagedManifest(f"the index's manifest is damaged ({error!r}): {REBUILD}") from None
    if not is_whole:
        raise DamagedManifest(f"the index's manifest is damaged (its checksum is wrong): {REBUILD}")
    return manifest


def half_restored(row: Document) -> str:
    """What to say of a database whose document *row* says that a backup is being brought into it."""
    return f"this database has half of a backup: xinwen restore {row[RESTORING]['folder']} goes on"


def commit(database: Database[Document], old: Manifest, new: Manifest) -> bool:
    """Replace *old* by *new* (compare-and-set); False, and nothing is written, when *old* is not current any more."""
    assert new.version == old.version + 1
    # The checksum covers the version too, so equal checksums mean the same manifest.
    result = database.manifest.replace_one(_KEY | {"checksum": old.checksum}, document(new))
    return result.modified_count == 1


def document(manifest: Manifest) -> Document:
    """*manifest* as its document in the collection ``manifest``."""
    fields = _fields(manifest)
    for entry in fields["segments"]:
        entry["dead"] = Binary(entry["dead"])
    return _KEY | fields | {"checksum": manifest.checksum}


def _fields(manifest: Manifest) -> Document:
    """The fields that the checksum covers."""
    return {
        "analyzer": manifest.analyzer,
        "version": manifest.version,
        "segments": [asdict(entry) for entry in manifest.segments],
        "terms": manifest.terms,
        "format": manifest.format,
    }


def _rows_exist(entry: SegmentEntry) -> bool:
    return bool(np.all(entry.deleted_rows < entry.documents))
