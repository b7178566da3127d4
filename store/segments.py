"""Segments in MongoDB: immutable byte strings in parts, each under the checksum of what it holds. See ``FORMAT.md``.

A segment's name is the SHA-256 of its bytes, so two that hold the same are one, and nothing is ever changed in place.
"""

from __future__ import annotations

import hashlib
import zlib

from bson import Binary
from pymongo.database import Database

from store.connection import Document
from store.layout import (
    FIELDS,
    FORMAT,
    ID_BYTES,
    MOST_BYTES,
    MOST_ROWS,
    NEVER,
    DamagedSegment,
    Segment,
    decode,
    decode_head,
    encode,
    head_of,
    id_bytes,
    id_strings,
    rows_of,
    seconds,
    split,
)

__all__ = [
    "FIELDS",
    "FORMAT",
    "ID_BYTES",
    "MOST_BYTES",
    "MOST_ROWS",
    "NEVER",
    "DamagedSegment",
    "MissingSegment",
    "Segment",
    "decode",
    "encode",
    "head_of",
    "id_bytes",
    "id_strings",
    "read",
    "read_head",
    "rows_of",
    "seconds",
    "split",
    "write",
]


class MissingSegment(LookupError):
    """The database does not hold a segment, or not all its parts; the message names it."""


def write(database: Database[Document], data: bytes) -> str:
    """Store the segment *data*; its name. What is stored already is written again, and so is new and whole."""
    name = hashlib.sha256(data).hexdigest()
    for part, piece in enumerate(split(data)):
        row = {"segment": name, "part": part, "format": FORMAT, "data": Binary(piece), "crc": zlib.crc32(piece)}
        # The server's clock, as for all that is swept: who made it may have a clock that is wrong.
        stamped = {"$mergeObjects": [{"$literal": row}, {"_id": "$_id", "stored": "$$NOW"}]}
        database.segments.update_one({"_id": f"{name}:{part}"}, [{"$replaceWith": stamped}], upsert=True)
    return name


def read(database: Database[Document], name: str, parts: int) -> bytes:
    """The bytes of the segment *name*, every checksum seen to be right. Raises MissingSegment, DamagedSegment."""
    pieces = {}
    for row in database.segments.find({"_id": {"$in": [f"{name}:{part}" for part in range(parts)]}}):
        pieces[row["part"]] = _checked(row)
    if sorted(pieces) != list(range(parts)):
        raise MissingSegment(f"segment {name[:12]}…: {len(pieces)} of its {parts} parts are stored")
    data = b"".join(pieces[part] for part in range(parts))
    if hashlib.sha256(data).hexdigest() != name:
        raise DamagedSegment(f"segment {name[:12]}… does not have the checksum that is its name")
    return data


def read_head(database: Database[Document], name: str) -> Segment:
    """The segment *name* without its vectors, which lie in the later parts. Raises MissingSegment, DamagedSegment."""
    row = database.segments.find_one({"_id": f"{name}:0"})
    if row is None:
        raise MissingSegment(f"segment {name[:12]}…: its first part is not stored")
    try:
        return decode_head(_checked(row))
    except DamagedSegment as error:
        raise DamagedSegment(f"segment {name[:12]}…: {error}") from None


def _checked(row: Document) -> bytes:
    data = bytes(row["data"])
    if row["format"] != FORMAT or zlib.crc32(data) != row["crc"]:
        raise DamagedSegment(f"segment {row['segment'][:12]}…, part {row['part']}: its checksum is wrong")
    return data
