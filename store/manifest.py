"""The manifest: the one document that says which segments make the index. It is switched last, by compare-and-set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
from bson import Binary
from pymongo.database import Database

from store import segments
from store.connection import Document
from store.segments import FORMAT
from store.vectors import CorruptVector, Ints, pack, unpack_many

_KEY = {"_id": "index"}
Packed = bytes  # Entry has a field of the name ``bytes``


class DamagedManifest(RuntimeError):
    """The manifest in the database is not what was stored; the message is one line and names what helps."""


@dataclass(frozen=True)
class Entry:
    """A segment of the index. ``dead``: its rows that count no more, packed as a vector of rows that occur once."""

    sha256: str
    bytes: int
    parts: int
    documents: int
    dead: Packed = b"\0"

    @property
    def dead_rows(self) -> Ints:
        """The dead rows, ascending."""
        return unpack_many([self.dead]).ids


@dataclass(frozen=True)
class Manifest:
    """One state of what is packed. ``terms``: the ids of tokens in the segments are below this number."""

    analyzer: str
    version: int
    segments: tuple[Entry, ...] = ()
    terms: int = 0
    format: int = field(default=FORMAT)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of all that it says, in hex digits."""
        fields = asdict(self)
        for entry in fields["segments"]:
            entry["dead"] = entry["dead"].hex()
        return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def entry_of(name: str, data: bytes) -> Entry:
    """The entry of the segment *data*."""
    return Entry(name, len(data), segments.number_of_parts(data), segments.decode(data).documents)


def packed_rows(rows: Iterable[int]) -> bytes:
    """Row numbers as ``Entry.dead`` has them."""
    return pack((int(row), 1) for row in rows)


def read(database: Database[Document]) -> Manifest:
    """The manifest; one of version 0 that names nothing where there is none. Raises DamagedManifest."""
    return parse(database.manifest.find_one(_KEY))


def read_damaged(database: Database[Document]) -> Manifest:
    """What ``switch`` needs to replace a manifest that ``read`` refuses; it names no segments."""
    row = database.manifest.find_one(_KEY) or {}
    version = row.get("version")
    found = Manifest(str(row.get("analyzer")), version if isinstance(version, int) else 0)
    found.__dict__["checksum"] = row.get("checksum")  # as it stands there: what it should be is not known
    return found


def parse(row: Document | None) -> Manifest:
    """The manifest in the document *row*. Raises DamagedManifest."""
    if row is None:
        return Manifest("", 0)
    try:
        entries = tuple(
            Entry(one["sha256"], one["bytes"], one["parts"], one["documents"], bytes(one["dead"]))
            for one in row["segments"]
        )
        found = Manifest(row["analyzer"], row["version"], entries, row["terms"], row["format"])
        whole = found.checksum == row["checksum"] and all(_fits(entry) for entry in entries)
    except (KeyError, TypeError, CorruptVector) as error:
        raise DamagedManifest(f"the index's manifest is damaged ({error!r}): {HELP}") from None
    if not whole:
        raise DamagedManifest(f"the index's manifest is damaged (its checksum is wrong): {HELP}")
    return found


HELP = "python -m similarity rebuild"


def switch(database: Database[Document], old: Manifest, new: Manifest) -> bool:
    """Put *new* in the place of *old*; False, and nothing done, when another one stands there by now."""
    assert new.version == old.version + 1
    # The checksum is of the version too.
    done = database.manifest.replace_one(_KEY | {"checksum": old.checksum}, document(new))
    return done.modified_count == 1


def document(manifest: Manifest) -> Document:
    """*manifest* as it lies in the database."""
    entries = [asdict(entry) | {"dead": Binary(entry.dead)} for entry in manifest.segments]
    return _KEY | asdict(manifest) | {"segments": entries, "checksum": manifest.checksum}


def _fits(entry: Entry) -> bool:
    rows = entry.dead_rows
    return bool(np.all(rows < entry.documents))
