"""The bytes of a segment: vectors and metadata of many articles in columns, read without copying. See ``FORMAT.md``.

Pure functions of bytes; ``segments`` stores and reads them. To add a column, add it to ``_COLUMNS``, ``Segment``,
``encode``, ``documents_of`` and ``_decode``, and raise ``FORMAT``.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.connection import Document

FORMAT = 2
"""Version of the format of segments and manifest that ``FORMAT.md`` describes."""

MAGIC = b"XINWENSG"
MAX_ROWS = 65_536
"""Articles of one segment, at most."""

MAX_BYTES = 128 * 2**20
"""Bytes of packed vectors in one segment, at most. Reports of hundreds of pages have long vectors."""

NO_DATE = int(np.iinfo(np.int64).min)
"""In the column ``published``: the article has no date."""

FIELDS = {"words": "vector", "bigrams": "bigrams", "meaning": "meaning"}
"""Kind of vector in a segment -> field of the article's document that holds it packed. ``words``: tokens and counts;
``meaning``: the embedding of the whole article. The names are stored, and older than the words used in the code."""

DEFAULTS = {"bigrams": b"\x00", "meaning": b""}
"""The vector of an article that was stored without one: no bigrams, no embedding."""

TOKEN_VECTORS = ("words", "bigrams")
"""The kinds that hold token ids and counts, packed by ``store.vectors.pack``."""

ID_BYTES = 12
"""Bytes of an article id, of which ``_id`` shows the hex digits."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_PREFIX = struct.Struct("<8sII")  # magic, format, length of the header
_DTYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i64": "<i8"}
_COLUMNS = {"ids": "u8", "revisions": "u32", "lengths": "u32", "published": "i64", "sources": "u16", "languages": "u16"}

Array = NDArray[Any]


class DamagedSegment(RuntimeError):
    """The bytes are not those that were stored, or not a segment of this format; the message names the segment."""


@dataclass(frozen=True, eq=False)
class Segment:
    """A decoded segment of ``documents`` = n rows; its arrays are views into the bytes. Rows ascend by article id.

    ``ids``: n x 12 bytes. ``lengths``: number of tokens. ``published``: seconds since 1970, or ``NO_DATE``. ``sources``
    and ``languages``: indexes into ``source_names`` and ``language_names``. The packed vector of row i of a kind is
    ``vectors[kind][vector_start[kind][i]:vector_start[kind][i + 1]]``; ``vector_start[kind]`` has n + 1 numbers.
    The head of a segment (``decode_head``) is the same with empty ``vectors``.
    """

    documents: int
    ids: NDArray[np.uint8]
    revisions: NDArray[np.uint32]
    lengths: NDArray[np.uint32]
    published: NDArray[np.int64]
    sources: NDArray[np.uint16]
    source_names: tuple[str, ...]
    languages: NDArray[np.uint16]
    language_names: tuple[str, ...]
    vector_start: dict[str, NDArray[np.uint32]]
    vectors: dict[str, NDArray[np.uint8]]

    def rows_of(self, wanted: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The row of each id in *wanted* (m x 12 bytes), -1 where the segment has none; m numbers."""
        # numpy compares fixed-width byte strings bytewise; the trailing zeros that it strips it also pads.
        keys, searched = self.ids.view("S12").ravel(), np.ascontiguousarray(wanted).view("S12").ravel()
        if not len(keys):
            return np.full(len(searched), -1, np.int64)
        place = np.minimum(np.searchsorted(keys, searched), len(keys) - 1)
        return np.where(keys[place] == searched, place, -1).astype(np.int64)


def id_bytes(ids: Sequence[str]) -> NDArray[np.uint8]:
    """Article ids of 24 hex digits as n x 12 bytes."""
    return np.frombuffer(bytes.fromhex("".join(ids)), np.uint8).reshape(-1, ID_BYTES)


def id_strings(ids: NDArray[np.uint8]) -> list[str]:
    """n x 12 bytes as article ids of 24 hex digits."""
    text = ids.tobytes().hex()
    return [text[place : place + 2 * ID_BYTES] for place in range(0, len(text), 2 * ID_BYTES)]


def seconds(moment: datetime | None) -> int:
    """*moment* as the column ``published`` holds it: whole seconds since 1970, or ``NO_DATE``."""
    return NO_DATE if moment is None else int(moment.timestamp())


def packed_vector(row: Document, kind: str) -> bytes:
    """The vector of one *kind* in an article's document."""
    return bytes(row[FIELDS[kind]] if kind not in DEFAULTS else row.get(FIELDS[kind], DEFAULTS[kind]))


def encode(rows: Sequence[Document]) -> bytes:
    """The segment of *rows*: articles with the fields of ``store.index.snapshot.PROJECTION``, in any order.

    The same rows give the same bytes. Raises ValueError for two rows with one id and for more than ``MAX_ROWS``.
    """
    rows = sorted(rows, key=lambda row: str(row["_id"]))
    ids = [str(row["_id"]) for row in rows]
    if len(rows) > MAX_ROWS or len(set(ids)) < len(ids):
        raise ValueError(f"{len(ids):,} rows with {len(set(ids)):,} ids are no segment")
    source_names = sorted({row["source"] for row in rows})
    language_names = sorted({row["language"] for row in rows})
    sections: dict[str, Array] = {
        "ids": id_bytes(ids).ravel(),
        "revisions": np.array([row["revision"] for row in rows], "<u4"),
        "lengths": np.array([row["length"] for row in rows], "<u4"),
        "published": np.array([seconds(row["published"]) for row in rows], "<i8"),
        "sources": _indexes([row["source"] for row in rows], source_names),
        "languages": _indexes([row["language"] for row in rows], language_names),
    }
    packed = {name: [packed_vector(row, name) for row in rows] for name in FIELDS}
    for name, vectors in packed.items():
        ends = np.cumsum([0, *map(len, vectors)], dtype=np.int64)
        if ends[-1] >= 2**32:
            raise ValueError(f"{ends[-1]:,} bytes of vectors are too many for a segment")
        sections[f"vector_start:{name}"] = ends.astype("<u4")
    for name, vectors in packed.items():
        sections[f"vectors:{name}"] = np.frombuffer(b"".join(vectors), np.uint8)
    metadata = {"documents": len(rows), "sources": source_names, "languages": language_names}
    return _lay_out(metadata, sections)


def documents_of(segment: Segment, live: NDArray[np.bool_]) -> list[Document]:
    """The rows of *segment* that are set in *live* (n bool), as ``encode`` takes them."""
    rows = np.flatnonzero(live)
    packed = {name: vectors.tobytes() for name, vectors in segment.vectors.items()}
    start = {name: starts.tolist() for name, starts in segment.vector_start.items()}
    keys = id_strings(segment.ids[rows])
    return [
        {
            "_id": key,
            "revision": int(segment.revisions[row]),
            "length": int(segment.lengths[row]),
            "published": _moment(int(segment.published[row])),
            "source": segment.source_names[segment.sources[row]],
            "language": segment.language_names[segment.languages[row]],
        }
        | {field: packed[name][start[name][row] : start[name][row + 1]] for name, field in FIELDS.items()}
        for key, row in zip(keys, rows.tolist(), strict=True)
    ]


def decode(data: bytes | memoryview) -> Segment:
    """The segment in *data*, without copying. Raises DamagedSegment if *data* is not a whole and consistent segment."""
    return _decode(data, head=False)


def head_of(data: bytes) -> Segment:
    """The head of the segment *data*; it keeps none of the bytes of the vectors alive."""
    return decode_head(data[: vector_sections(data)[1]])


def decode_head(data: bytes) -> Segment:
    """The head in *data*, which are the bytes of a segment up to its vectors. Raises DamagedSegment."""
    return _decode(data, head=True)


def vector_sections(data: bytes | memoryview) -> tuple[dict[str, tuple[int, int]], int]:
    """Of a segment that begins with *data*: kind -> (begin, end) of its vectors, and where the first of them begins."""
    header = _header(data)
    places = {
        section["name"].partition(":")[2]: (section["offset"], section["offset"] + section["count"])
        for section in header["sections"]
        if section["name"].startswith("vectors:")
    }
    return places, min(begin for begin, _ in places.values())


def columns(data: bytes) -> list[tuple[int, int, int]]:
    """(begin, end, bytes of an item) of each section before the vectors, in the segment that begins with *data*."""
    ranges = []
    for section in _header(data)["sections"]:
        if not section["name"].startswith("vectors:"):
            width = np.dtype(_DTYPES[section["dtype"]]).itemsize
            end = section["offset"] + section["count"] * width
            ranges.append((section["offset"], end, ID_BYTES if section["name"] == "ids" else width))
    return ranges


def _lay_out(metadata: Document, sections: dict[str, Array]) -> bytes:
    kinds = {name: _COLUMNS.get(name) or ("u32" if name.startswith("vector_start:") else "u8") for name in sections}
    sizes = {name: len(values) * np.dtype(_DTYPES[kinds[name]]).itemsize for name, values in sections.items()}
    # The header holds offsets that depend on its own length: it gets room for the longest numbers, then is padded.
    room = _aligned(_PREFIX.size + len(_header_of(metadata, sections, kinds, dict.fromkeys(sections, 2**40))))
    offsets, end = {}, room
    for name, size in sizes.items():
        offsets[name], end = end, _aligned(end + size)
    header = _header_of(metadata, sections, kinds, offsets).ljust(room - _PREFIX.size)
    out = bytearray(end)
    out[:room] = _PREFIX.pack(MAGIC, FORMAT, len(header)) + header
    for name, values in sections.items():
        out[offsets[name] : offsets[name] + sizes[name]] = values.tobytes()
    return bytes(out)


def _header_of(metadata: Document, sections: dict[str, Array], kinds: dict[str, str], offsets: dict[str, int]) -> bytes:
    table = [
        {"name": name, "dtype": kinds[name], "count": len(values), "offset": offsets[name]}
        for name, values in sections.items()
    ]
    return json.dumps(metadata | {"sections": table}, ensure_ascii=False, separators=(",", ":")).encode()


def _decode(data: bytes | memoryview, head: bool) -> Segment:
    header = _header(data)
    try:
        rows = int(header["documents"])
        arrays = {
            section["name"]: np.frombuffer(data, _DTYPES[section["dtype"]], section["count"], section["offset"])
            for section in header["sections"]
            if not (head and section["name"].startswith("vectors:"))
        }
        # Kinds that a later version has added are read too; a missing kind of FIELDS raises KeyError.
        kinds = [*FIELDS, *(name[13:] for name in arrays if name[:13] == "vector_start:" and name[13:] not in FIELDS)]
        names = [tuple(map(str, header[table])) for table in ("sources", "languages")]
        segment = Segment(
            rows,
            arrays["ids"].reshape(rows, ID_BYTES),
            arrays["revisions"],
            arrays["lengths"],
            arrays["published"],
            arrays["sources"],
            names[0],
            arrays["languages"],
            names[1],
            {name: arrays[f"vector_start:{name}"] for name in kinds},
            {} if head else {name: arrays[f"vectors:{name}"] for name in kinds},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedSegment(f"not a whole segment: {error}") from None
    _check(segment)
    return segment


def _check(segment: Segment) -> None:
    """Raise DamagedSegment unless the sections are consistent."""
    rows = segment.documents
    columns = (segment.revisions, segment.lengths, segment.published, segment.sources, segment.languages)
    ids = segment.ids.view("S12").ravel()
    checks = [all(len(column) == rows for column in columns), (ids[1:] > ids[:-1]).all()]
    checks += [(segment.sources < len(segment.source_names)).all()]
    checks += [(segment.languages < len(segment.language_names)).all()]
    for kind, start in segment.vector_start.items():
        checks += [len(start) == rows + 1 and (start[1:] >= start[:-1]).all()]
        if segment.vectors:
            checks += [len(start) > 0 and start[0] == 0 and start[-1] == len(segment.vectors[kind])]
    if not all(checks):
        raise DamagedSegment("its sections do not fit each other")


def _header(data: bytes | memoryview) -> Document:
    if len(data) < _PREFIX.size:
        raise DamagedSegment("too short for a segment")
    magic, number, length = _PREFIX.unpack_from(data)
    if magic != MAGIC or number != FORMAT or length > len(data) - _PREFIX.size:
        raise DamagedSegment(f"not a segment of format {FORMAT}")
    try:
        header: Document = json.loads(bytes(data[_PREFIX.size : _PREFIX.size + length]))
    except ValueError as error:
        raise DamagedSegment(f"its header is not JSON: {error}") from None
    return header


def _indexes(values: Sequence[str], names: Sequence[str]) -> Array:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[value] for value in values], "<u2")


def _aligned(length: int) -> int:
    return -(-length // 8) * 8


def _moment(seconds: int) -> datetime | None:
    return None if seconds == NO_DATE else _EPOCH + timedelta(seconds=seconds)
