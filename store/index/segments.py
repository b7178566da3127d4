"""Segments in MongoDB: immutable byte strings in parts, each under the checksum of what it holds. See ``FORMAT.md``.

A segment's name is the SHA-256 of its bytes, so two that hold the same are one, and nothing is ever changed in place.
"""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
from bson import Binary
from pymongo import UpdateOne
from pymongo.database import Database

from store.connection import Document
from store.dealing import deal, gather
from store.layout import (
    FIELDS,
    FORMAT,
    ID_BYTES,
    MOST_BYTES,
    MOST_ROWS,
    NEVER,
    SPARSE,
    DamagedSegment,
    Segment,
    columns,
    decode,
    decode_head,
    encode,
    head_of,
    held,
    id_bytes,
    id_strings,
    rows_of,
    seconds,
    vector_sections,
)

__all__ = [
    "FIELDS",
    "FORMAT",
    "ID_BYTES",
    "MOST_BYTES",
    "MOST_ROWS",
    "NEVER",
    "SPARSE",
    "DamagedSegment",
    "MissingSegment",
    "Segment",
    "decode",
    "encode",
    "head_of",
    "held",
    "id_bytes",
    "id_strings",
    "number_of_parts",
    "read",
    "read_head",
    "rows_of",
    "seconds",
    "split",
    "write",
]


MOST_IN_PART = 2**18
"""Bytes before they are compressed. WiredTiger writes a large document more than once and leaves the room of the first
time empty: with parts of 8 MiB a third of the collection's file was that."""

_WRONG = (DamagedSegment, KeyError, TypeError, ValueError)
"""What bytes raise that are no segment, though their checksums are right: another program has written them."""

_AT_ONCE = 32  # parts in one write


class MissingSegment(LookupError):
    """The database does not hold a segment, or not all its parts; the message names it."""


def write(database: Database[Document], data: bytes) -> str:
    """Store the segment *data*; its name. What is stored already is written again, and so is new and whole."""
    name = hashlib.sha256(data).hexdigest()
    writes = [_upsert(name, part, piece) for part, piece in enumerate(split(data))]
    for place in range(0, len(writes), _AT_ONCE):
        database.segments.bulk_write(writes[place : place + _AT_ONCE], ordered=False)
    return name


def read(database: Database[Document], name: str, parts: int) -> bytes:
    """The bytes of the segment *name*, every checksum seen to be right. Raises MissingSegment, DamagedSegment."""
    pieces = {}
    for row in database.segments.find({"_id": {"$in": [f"{name}:{part}" for part in range(parts)]}}):
        pieces[row["part"]] = _inflated(row)
    if sorted(pieces) != list(range(parts)):
        raise MissingSegment(f"segment {name[:12]}…: {len(pieces)} of its {parts} parts are stored")
    try:
        data = _joined([pieces[part] for part in range(parts)])
    except _WRONG as error:
        raise DamagedSegment(f"segment {name[:12]}…: {error}") from None
    if hashlib.sha256(data).hexdigest() != name:
        raise DamagedSegment(f"segment {name[:12]}… does not have the checksum that is its name")
    return data


def read_head(database: Database[Document], name: str) -> Segment:
    """The segment *name* without its vectors, which lie in the later parts. Raises MissingSegment, DamagedSegment."""
    row = database.segments.find_one({"_id": f"{name}:0"})
    if row is None:
        raise MissingSegment(f"segment {name[:12]}…: its first part is not stored")
    try:
        return decode_head(_turned(_inflated(row), back=True))
    except _WRONG as error:
        raise DamagedSegment(f"segment {name[:12]}…: {error}") from None


def split(data: bytes) -> list[bytes]:
    """The parts of a segment before they are compressed.

    First all that comes before the vectors (at most 3 MiB), its columns turned; then the vectors of each field, dealt
    out, in pieces.
    """
    places, cut = vector_sections(data)
    start = decode(data).vector_start
    dealt = [deal(np.frombuffer(data[a:b], np.uint8), start[name]) for name, (a, b) in places.items()]
    return [_turned(data[:cut])] + [
        some[place : place + MOST_IN_PART] for some in dealt for place in range(0, len(some), MOST_IN_PART)
    ]


def number_of_parts(data: bytes) -> int:
    """How many ``split`` makes of the segment *data*."""
    places, _ = vector_sections(data)
    return 1 + sum(-(-(b - a) // MOST_IN_PART) for a, b in places.values())


def _upsert(name: str, part: int, piece: bytes) -> UpdateOne:
    packed = _deflated(piece)
    row = {"segment": name, "part": part, "format": FORMAT, "data": Binary(packed), "crc": zlib.crc32(packed)}
    # The server's clock, as for all that is swept: who made it may have a clock that is wrong.
    stamped = {"$mergeObjects": [{"$literal": row}, {"_id": "$_id", "stored": "$$NOW"}]}
    return UpdateOne({"_id": f"{name}:{part}"}, [{"$replaceWith": stamped}], upsert=True)


def _joined(parts: list[bytes]) -> bytes:
    head = _turned(parts[0], back=True)
    places, _ = vector_sections(head)
    start = decode_head(head).vector_start
    dealt = np.frombuffer(b"".join(parts[1:]), np.uint8)
    out = bytearray(head)
    for name, (a, b) in places.items():
        out += bytes(a - len(out)) + gather(dealt[: b - a], start[name])
        dealt = dealt[b - a :]
    return bytes(out + bytes(-len(out) % 8))


def _turned(head: bytes, back: bool = False) -> bytes:
    """*head* with the first byte of every item of a column first, then every second, …: the high ones are alike."""
    out = bytearray(head)
    for begin, end, width in columns(head):
        items = np.frombuffer(head[begin:end], np.uint8)
        out[begin:end] = items.reshape((width, -1) if back else (-1, width)).T.tobytes()
    return bytes(out)


def _deflated(data: bytes) -> bytes:
    # Short gaps in a row hardly ever repeat: what counts is that they are short.
    deflate = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return deflate.compress(data) + deflate.flush()


def _inflated(row: Document) -> bytes:
    where = f"segment {row['segment'][:12]}…, part {row['part']}"
    if row["format"] != FORMAT or zlib.crc32(row["data"]) != row["crc"]:
        raise DamagedSegment(f"{where}: its checksum is wrong")
    try:
        return zlib.decompress(row["data"])
    except zlib.error as error:
        raise DamagedSegment(f"{where}: {error}") from None
