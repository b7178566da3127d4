"""Projections of LSI in MongoDB: which one goes with the index, and its arrays as bytes in parts under checksums.

``manifest`` holds ``{_id: "lsi", …}``: the fields of ``Projection`` but for its arrays, and a checksum of them. It is
replaced by compare-and-set, after the arrays are stored. ``projections`` holds ``{_id: "<name>:<part>", part, data,
crc, stored}``; the parts joined have the SHA-256 that is the name and are, in little endian: ``XINWENLS``, u32 format,
u32 terms m, u32 topics k, u32 zero; then m token ids i32 ascending, zeros up to a multiple of 8, m idfs f64, k singular
values f64, and m x k numbers f32: how much each token has of each topic. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
from bson import Binary
from numpy.typing import NDArray
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from store.connection import Document

FORMAT = 1
MOST_IN_PART = 2**20  # bytes
GRACE = 600.0
"""Seconds for which the arrays of a projection that is replaced are kept, for readers that are loading them."""

COMMAND = "python -m similarity train"

_MAGIC = b"XINWENLS"
_PREFIX = struct.Struct("<8sIIII")
_KEY = {"_id": "lsi"}
_AT_ONCE = 16  # parts in one answer of the server


class NoProjection(LookupError):
    """There is none, or it is not whole, or of another analyzer; the message is one line and names what helps."""


@dataclass(frozen=True)
class Projection:
    """What the database says of a projection. ``name``: of its arrays.

    ``documents`` it was trained on; ``from_scratch`` so many of them before it grew; ``revision``: the articles up to
    this one are in it. ``kept``: share of the squared length of their tf-idf vectors that it keeps; ``unknown``: share
    of their tokens that it does not know.
    """

    name: str
    analyzer: str
    topics: int
    documents: int
    from_scratch: int
    revision: int
    kept: float
    unknown: float
    version: int
    format: int = FORMAT

    @property
    def checksum(self) -> str:
        """SHA-256 of all that it says, in hex digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Arrays:
    """Of m tokens and k topics: ``tokens`` (their ids, ascending), ``idfs``, ``s`` (k), ``u`` (m x k)."""

    tokens: NDArray[np.int32]
    idfs: NDArray[np.float64]
    s: NDArray[np.float64]
    u: NDArray[np.float32]

    def places_of(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """The place in ``tokens`` of each of *ids*, -1 for those that are not there."""
        return self._table[np.minimum(ids, len(self._table) - 1)]

    @cached_property
    def _table(self) -> NDArray[np.int32]:
        """The place of every id up to the last one, and -1 at the end for all above."""
        last = int(self.tokens[-1]) if len(self.tokens) else -1
        places = np.full(last + 2, -1, np.int32)
        places[self.tokens] = np.arange(len(self.tokens))
        return places


def encode(arrays: Arrays) -> bytes:
    """*arrays* as bytes."""
    terms, topics = arrays.u.shape
    tokens = arrays.tokens.astype("<i4").tobytes()
    rest = (arrays.idfs.astype("<f8"), arrays.s.astype("<f8"), arrays.u.astype("<f4"))
    head = _PREFIX.pack(_MAGIC, FORMAT, terms, topics, 0) + tokens + bytes(-len(tokens) % 8)
    return head + b"".join(array.tobytes() for array in rest)


def decode(data: bytes | memoryview) -> Arrays:
    """Views into *data*. Raises ValueError where that is no projection."""
    if len(data) < _PREFIX.size:
        raise ValueError("too short for a projection")
    magic, number, terms, topics, _ = _PREFIX.unpack_from(data)
    starts = np.cumsum([_PREFIX.size, -(-4 * terms // 8) * 8, 8 * terms, 8 * topics, 4 * terms * topics]).tolist()
    if magic != _MAGIC or number != FORMAT or len(data) != starts[-1]:
        raise ValueError(f"not a projection of format {FORMAT}")

    def array(dtype: str, count: int, start: int) -> NDArray[Any]:
        return np.frombuffer(data, dtype, count, start)

    u = array("<f4", terms * topics, starts[3]).reshape(terms, topics)
    return Arrays(array("<i4", terms, starts[0]), array("<f8", terms, starts[1]), array("<f8", topics, starts[2]), u)


def current(database: Database[Document]) -> Projection | None:
    """What goes with the index; None when nothing was trained. Raises NoProjection when it is damaged."""
    row = database.manifest.find_one(_KEY)
    if row is None:
        return None
    try:
        found = Projection(**{name: row[name] for name in Projection.__dataclass_fields__})
        whole = found.checksum == row["checksum"] and found.format == FORMAT
    except (KeyError, TypeError):
        whole = False
    if not whole:
        raise NoProjection(f"the record of the trained topics is damaged or of another format: {COMMAND}")
    return found


def read(database: Database[Document], name: str) -> bytes:
    """The arrays *name* as bytes. Raises NoProjection."""
    pieces = []
    rows = database.projections.find({"_id": {"$regex": f"^{name}:"}}, batch_size=_AT_ONCE)
    for row in sorted(rows, key=lambda row: row["part"]):
        if zlib.crc32(row["data"]) != row["crc"]:
            raise NoProjection(f"part {row['part']} of the trained topics has a wrong checksum: {COMMAND}")
        pieces.append(row["data"])
    data = b"".join(pieces)
    if hashlib.sha256(data).hexdigest() != name:
        raise NoProjection(f"the trained topics {name[:12]}… are not stored, or not all their parts: {COMMAND}")
    return data


def write(database: Database[Document], data: bytes) -> str:
    """Store arrays; their name."""
    name = hashlib.sha256(data).hexdigest()
    for part, place in enumerate(range(0, len(data), MOST_IN_PART)):
        piece = data[place : place + MOST_IN_PART]
        row = {"part": part, "data": Binary(piece), "crc": zlib.crc32(piece)}
        stamped = {"$mergeObjects": [{"$literal": row}, {"_id": "$_id", "stored": "$$NOW"}]}
        database.projections.update_one({"_id": f"{name}:{part}"}, [{"$replaceWith": stamped}], upsert=True)
    return name


def switch(database: Database[Document], old: int, new: Projection) -> bool:
    """Put *new* in the place of the one of version *old* (0: none); False when another one stands there by now."""
    row = _KEY | asdict(new) | {"checksum": new.checksum}
    if old:
        return database.manifest.replace_one(_KEY | {"version": old}, row).matched_count == 1
    try:
        database.manifest.insert_one(row)
    except DuplicateKeyError:
        return False
    return True


def drop(database: Database[Document]) -> None:
    """Let go of the record of what is trained, as when it is damaged."""
    database.manifest.delete_one(_KEY)


def sweep(database: Database[Document], grace: float = GRACE) -> int:
    """Remove arrays that were replaced and are older than *grace* seconds; how many parts."""
    named = current(database)
    now = database.command("hello")["localTime"]
    others: Document = {"stored": {"$lt": now - timedelta(seconds=grace)}}
    if named:
        others["_id"] = {"$not": {"$regex": f"^{named.name}:"}}
    return database.projections.delete_many(others).deleted_count
