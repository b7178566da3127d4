"""Segments in MongoDB: immutable byte strings, stored in compressed parts with checksums. See ``FORMAT.md``.

A segment's name is the SHA-256 of its bytes: two segments with the same content are one, and none is ever changed in
place. ``segment_format`` says what the bytes mean.
"""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
from bson import Binary
from pymongo import UpdateOne
from pymongo.database import Database

from store.connection import Document
from store.index.interleave import interleave, restore
from store.index.segment_format import (
    FORMAT,
    DamagedSegment,
    Segment,
    columns,
    decode,
    decode_head,
    vector_sections,
)

PART_BYTES = 2**18
"""Bytes of a part before compression. WiredTiger writes a large document more than once and leaves the space of the
first copy empty: with parts of 8 MiB a third of the collection's file was empty."""

_DECODING_ERRORS = (DamagedSegment, KeyError, TypeError, ValueError)
"""Raised by bytes that are no segment although their checksums are right: another program has written them."""

_PARTS_PER_WRITE = 32


class MissingSegment(LookupError):
    """The database does not hold a segment, or not all its parts; the message names the segment."""


def write(database: Database[Document], data: bytes) -> str:
    """Store the segment *data* and return its name.

    A segment that is stored already is written again: its age starts again and damaged parts are repaired.
    """
    name = hashlib.sha256(data).hexdigest()
    writes = [_upsert(name, part, piece) for part, piece in enumerate(split(data))]
    for first in range(0, len(writes), _PARTS_PER_WRITE):
        database.segments.bulk_write(writes[first : first + _PARTS_PER_WRITE], ordered=False)
    return name


def read(database: Database[Document], name: str, parts: int) -> bytes:
    """The bytes of the segment *name*, all checksums verified. Raises MissingSegment, DamagedSegment."""
    pieces = {}
    for row in database.segments.find({"_id": {"$in": [f"{name}:{part}" for part in range(parts)]}}):
        pieces[row["part"]] = _decompress(row)
    if sorted(pieces) != list(range(parts)):
        raise MissingSegment(f"segment {name[:12]}…: {len(pieces)} of its {parts} parts are stored")
    try:
        data = _join([pieces[part] for part in range(parts)])
    except _DECODING_ERRORS as error:
        raise DamagedSegment(f"segment {name[:12]}…: {error}") from None
    if hashlib.sha256(data).hexdigest() != name:
        raise DamagedSegment(f"segment {name[:12]}… does not have the checksum that is its name")
    return data


def read_head(database: Database[Document], name: str) -> Segment:
    """The segment *name* without its vectors; reads part 0 only. Raises MissingSegment, DamagedSegment."""
    row = database.segments.find_one({"_id": f"{name}:0"})
    if row is None:
        raise MissingSegment(f"segment {name[:12]}…: its first part is not stored")
    try:
        return decode_head(_unshuffle(_decompress(row)))
    except _DECODING_ERRORS as error:
        raise DamagedSegment(f"segment {name[:12]}…: {error}") from None


def split(data: bytes) -> list[bytes]:
    """The parts of a segment before compression.

    Part 0 is all that precedes the vectors (at most 3 MiB), each column shuffled. The vectors of each kind follow,
    interleaved, in pieces of ``PART_BYTES``.
    """
    sections, head_end = vector_sections(data)
    start = decode(data).vector_start
    parts = [_shuffle(data[:head_end])]
    for kind, (begin, end) in sections.items():
        interleaved = interleave(np.frombuffer(data[begin:end], np.uint8), start[kind])
        parts += [interleaved[at : at + PART_BYTES] for at in range(0, len(interleaved), PART_BYTES)]
    return parts


def number_of_parts(data: bytes) -> int:
    """How many parts ``split`` makes of the segment *data*."""
    sections, _ = vector_sections(data)
    return 1 + sum(-(-(end - begin) // PART_BYTES) for begin, end in sections.values())


def _upsert(name: str, part: int, piece: bytes) -> UpdateOne:
    packed = _compress(piece)
    row = {"segment": name, "part": part, "format": FORMAT, "data": Binary(packed), "crc": zlib.crc32(packed)}
    # Garbage collection compares these times: they are the server's, as the clock of the writer may be wrong.
    stamped = {"$mergeObjects": [{"$literal": row}, {"_id": "$_id", "stored": "$$NOW"}]}
    return UpdateOne({"_id": f"{name}:{part}"}, [{"$replaceWith": stamped}], upsert=True)


def _join(parts: list[bytes]) -> bytes:
    """The segment of which ``split`` made *parts*."""
    head = _unshuffle(parts[0])
    sections, _ = vector_sections(head)
    start = decode_head(head).vector_start
    interleaved = np.frombuffer(b"".join(parts[1:]), np.uint8)
    out = bytearray(head)
    for kind, (begin, end) in sections.items():
        out += bytes(begin - len(out)) + restore(interleaved[: end - begin], start[kind])
        interleaved = interleaved[end - begin :]
    return bytes(out + bytes(-len(out) % 8))


def _shuffle(head: bytes) -> bytes:
    """*head* with each column shuffled by byte: byte 0 of every item, then byte 1, and so on (as in HDF5 and Blosc).

    The high bytes of neighbouring items are mostly equal and compress to nearly nothing.
    """
    out = bytearray(head)
    for begin, end, width in columns(head):
        out[begin:end] = np.frombuffer(head[begin:end], np.uint8).reshape(-1, width).T.tobytes()
    return bytes(out)


def _unshuffle(head: bytes) -> bytes:
    """The head that ``_shuffle`` shuffled; the header, which says where the columns are, is not shuffled."""
    out = bytearray(head)
    for begin, end, width in columns(head):
        out[begin:end] = np.frombuffer(head[begin:end], np.uint8).reshape(width, -1).T.tobytes()
    return bytes(out)


def _compress(data: bytes) -> bytes:
    # Z_FILTERED: gaps are small numbers that hardly ever repeat in a row, so Huffman coding gains more than matching.
    deflate = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return deflate.compress(data) + deflate.flush()


def _decompress(row: Document) -> bytes:
    where = f"segment {row['segment'][:12]}…, part {row['part']}"
    if row["format"] != FORMAT or zlib.crc32(row["data"]) != row["crc"]:
        raise DamagedSegment(f"{where}: its checksum is wrong")
    try:
        return zlib.decompress(row["data"])
    except zlib.error as error:
        raise DamagedSegment(f"{where}: {error}") from None
