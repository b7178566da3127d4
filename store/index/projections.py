"""LSI projections in MongoDB: which one belongs to the index, and its arrays as bytes, in parts with checksums.

LSI (latent semantic indexing, Deerwester et al. 1990) projects tf-idf vectors of m tokens onto k topics with a
truncated singular value decomposition. ``manifest`` holds the record ``{_id: "lsi", …}``, the fields of ``Projection``
and a checksum of them; it is replaced by compare-and-set after the arrays are stored. ``projections`` holds the arrays
in parts, whose bytes are described under "Topics" in ``FORMAT.md``. Nothing is pickled.
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
PART_BYTES = 2**20
GRACE = 600.0
"""Seconds since they were stored for which arrays that the record does not name are kept: training may be about to name
them, or a reader may be loading them."""

COMMAND = "xinwen train"
"""The command that makes a projection."""

_MAGIC = b"XINWENLS"
_PREFIX = struct.Struct("<8sIIII")
_KEY = {"_id": "lsi"}
_PARTS_PER_REPLY = 16


class NoProjection(LookupError):
    """No projection, or a damaged one, or one of another analyzer; the message is one line and names the command."""


@dataclass(frozen=True)
class Projection:
    """The record of a projection.

    ``name``: SHA-256 of its arrays, in hex digits. ``documents``: number of articles it was trained on;
    ``from_scratch``: how many of them the last full training had. ``revision``: articles up to this one are in it.
    ``kept``: share (0 to 1) of the squared length of their tf-idf vectors that it keeps. ``unknown``: share (0 to 1) of
    their tokens that it lacks.
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
        """SHA-256 of the JSON of all fields, in hex digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class LsiArrays:
    """m tokens and k topics: ``tokens`` (m ascending ids), ``idfs`` (m), ``s`` (k, singular values), ``u`` (m x k)."""

    tokens: NDArray[np.int32]
    idfs: NDArray[np.float64]
    s: NDArray[np.float64]
    u: NDArray[np.float32]

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """The row in ``tokens`` and ``u`` of each of *ids* (any shape), -1 for unknown tokens."""
        return self._table[np.minimum(ids, len(self._table) - 1)]

    @cached_property
    def _table(self) -> NDArray[np.int32]:
        """The row of every id up to the largest, and -1 at the end for all ids above."""
        last = int(self.tokens[-1]) if len(self.tokens) else -1
        rows = np.full(last + 2, -1, np.int32)
        rows[self.tokens] = np.arange(len(self.tokens))
        return rows


def encode(arrays: LsiArrays) -> bytes:
    """*arrays* as bytes, in the format of ``FORMAT.md``."""
    terms, topics = arrays.u.shape
    tokens = arrays.tokens.astype("<i4").tobytes()
    rest = (arrays.idfs.astype("<f8"), arrays.s.astype("<f8"), arrays.u.astype("<f4"))
    head = _PREFIX.pack(_MAGIC, FORMAT, terms, topics, 0) + tokens + bytes(-len(tokens) % 8)
    return head + b"".join(array.tobytes() for array in rest)


def decode(data: bytes | memoryview) -> LsiArrays:
    """The arrays as views into *data*. Raises ValueError if *data* is no projection."""
    if len(data) < _PREFIX.size:
        raise ValueError("too short for a projection")
    magic, number, terms, topics, _ = _PREFIX.unpack_from(data)
    starts = np.cumsum([_PREFIX.size, -(-4 * terms // 8) * 8, 8 * terms, 8 * topics, 4 * terms * topics]).tolist()
    if magic != _MAGIC or number != FORMAT or len(data) != starts[-1]:
        raise ValueError(f"not a projection of format {FORMAT}")

    def array(dtype: str, count: int, start: int) -> NDArray[Any]:
        return np.frombuffer(data, dtype, count, start)

    u = array("<f4", terms * topics, starts[3]).reshape(terms, topics)
    return LsiArrays(array("<i4", terms, starts[0]), array("<f8", terms, starts[1]), array("<f8", topics, starts[2]), u)


def current(database: Database[Document]) -> Projection | None:
    """The projection that belongs to the index, None if none was trained. Raises NoProjection if damaged."""
    row = database.manifest.find_one(_KEY)
    if row is None:
        return None
    try:
        projection = Projection(**{name: row[name] for name in Projection.__dataclass_fields__})
        is_whole = projection.checksum == row["checksum"] and projection.format == FORMAT
    except (KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise NoProjection(f"the record of the trained topics is damaged or of another format: {COMMAND}")
    return projection


def read(database: Database[Document], name: str) -> bytes:
    """The bytes of the arrays *name*, verified. Raises NoProjection."""
    pieces = []
    rows = database.projections.find({"_id": {"$regex": f"^{name}:"}}, batch_size=_PARTS_PER_REPLY)
    for row in sorted(rows, key=lambda row: row["part"]):
        if zlib.crc32(row["data"]) != row["crc"]:
            raise NoProjection(f"part {row['part']} of the trained topics has a wrong checksum: {COMMAND}")
        pieces.append(row["data"])
    data = b"".join(pieces)
    if hashlib.sha256(data).hexdigest() != name:
        raise NoProjection(f"the trained topics {name[:12]}… are not stored, or not all their parts: {COMMAND}")
    return data


def write(database: Database[Document], data: bytes) -> str:
    """Store the bytes of arrays and return their name."""
    name = hashlib.sha256(data).hexdigest()
    for part, start in enumerate(range(0, len(data), PART_BYTES)):
        piece = data[start : start + PART_BYTES]
        row = {"part": part, "data": Binary(piece), "crc": zlib.crc32(piece)}
        stamped = {"$mergeObjects": [{"$literal": row}, {"_id": "$_id", "stored": "$$NOW"}]}
        database.projections.update_one({"_id": f"{name}:{part}"}, [{"$replaceWith": stamped}], upsert=True)
    return name


def commit(database: Database[Document], old: int, new: Projection) -> bool:
    """Replace the record of version *old* (0: there is none) by *new*; False if that is not current any more."""
    row = _KEY | asdict(new) | {"checksum": new.checksum}
    if old:
        return database.manifest.replace_one(_KEY | {"version": old}, row).matched_count == 1
    try:
        database.manifest.insert_one(row)
    except DuplicateKeyError:
        return False
    return True


def drop(database: Database[Document]) -> None:
    """Remove the record of the projection, as when it is damaged."""
    database.manifest.delete_one(_KEY)


def collect_garbage(database: Database[Document], grace: float = GRACE) -> int:
    """Remove arrays that no record names and that are older than *grace* seconds; how many parts."""
    projection = current(database)
    now = database.command("hello")["localTime"]
    others: Document = {"stored": {"$lt": now - timedelta(seconds=grace)}}
    if projection:
        others["_id"] = {"$not": {"$regex": f"^{projection.name}:"}}
    return database.projections.delete_many(others).deleted_count
