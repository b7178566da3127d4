"""Segments as bytes: the vectors and facts of many articles, laid out to be read without copying. See ``FORMAT.md``."""

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
"""Of segments and manifest, as ``FORMAT.md`` describes them."""

MAGIC = b"XINWENSG"
MOST_ROWS = 65_536
MOST_BYTES = 128 * 2**20
"""Reports of hundreds of pages have long vectors: a segment is closed at this size, whatever rows it has."""

NEVER = int(np.iinfo(np.int64).min)
"""Stands for "no date", in seconds."""

FIELDS = {"words": "vector", "bigrams": "bigrams", "meaning": "meaning"}
"""Name of each kind of vector in a segment -> the field of the article's document that holds it packed."""

NONE = {"bigrams": b"\x00", "meaning": b""}
"""What stands for the vector of an article that was stored without one: no pairs, no meaning."""

SPARSE = ("words", "bigrams")
"""Those of them that are counts of tokens, as ``store.vectors`` packs them."""

ID_BYTES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_PREFIX = struct.Struct("<8sII")  # magic, format, length of the header
_DTYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i64": "<i8"}
_FACTS = {"ids": "u8", "revisions": "u32", "lengths": "u32", "published": "i64", "sources": "u16", "languages": "u16"}

Array = NDArray[Any]


class DamagedSegment(RuntimeError):
    """The bytes are not what was stored, or no segment of this format; the message names the segment."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Views into the bytes of a segment; row ``i`` of each array is the ``i``-th article in ascending order of id.

    ``ids`` is n x 12 bytes; ``published`` seconds since 1970 or ``NEVER``; ``sources`` and ``languages`` are places in
    the tuples of names. The packed vector ``name`` of row i is ``vectors[name][vector_start[name][i]:...[i + 1]]``.
    A head (``read_head``) has no ``vectors``.
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
        """The row of each id in *wanted* (m x 12 bytes), -1 where the segment has none."""
        # Fixed-width byte strings compare as their bytes do; what numpy strips are zeros that it puts back.
        keys, asked = self.ids.view("S12").ravel(), np.ascontiguousarray(wanted).view("S12").ravel()
        if not len(keys):
            return np.full(len(asked), -1, np.int64)
        place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        return np.where(keys[place] == asked, place, -1).astype(np.int64)


def id_bytes(ids: Sequence[str]) -> NDArray[np.uint8]:
    """Article ids as rows of 12 bytes."""
    return np.frombuffer(bytes.fromhex("".join(ids)), np.uint8).reshape(-1, ID_BYTES)


def id_strings(ids: NDArray[np.uint8]) -> list[str]:
    """Rows of 12 bytes as article ids."""
    text = ids.tobytes().hex()
    return [text[place : place + 2 * ID_BYTES] for place in range(0, len(text), 2 * ID_BYTES)]


def seconds(moment: datetime | None) -> int:
    """*moment* as a segment has it."""
    return NEVER if moment is None else int(moment.timestamp())


def held(row: Document, kind: str) -> bytes:
    """What an article's document holds of one kind of vector."""
    return bytes(row[FIELDS[kind]] if kind not in NONE else row.get(FIELDS[kind], NONE[kind]))


def encode(rows: Sequence[Document]) -> bytes:
    """The segment of *rows*: documents of articles with the fields of ``store.snapshot.PROJECTION``, in any order.

    The same rows give the same bytes. Raises ValueError for two rows of one id and for more than ``MOST_ROWS``.
    """
    rows = sorted(rows, key=lambda row: str(row["_id"]))
    ids = [str(row["_id"]) for row in rows]
    if len(rows) > MOST_ROWS or len(set(ids)) < len(ids):
        raise ValueError(f"{len(ids):,} rows with {len(set(ids)):,} ids are no segment")
    source_names = sorted({row["source"] for row in rows})
    language_names = sorted({row["language"] for row in rows})
    sections: dict[str, Array] = {
        "ids": id_bytes(ids).ravel(),
        "revisions": np.array([row["revision"] for row in rows], "<u4"),
        "lengths": np.array([row["length"] for row in rows], "<u4"),
        "published": np.array([seconds(row["published"]) for row in rows], "<i8"),
        "sources": _places([row["source"] for row in rows], source_names),
        "languages": _places([row["language"] for row in rows], language_names),
    }
    packed = {name: [held(row, name) for row in rows] for name in FIELDS}
    for name, vectors in packed.items():
        ends = np.cumsum([0, *map(len, vectors)], dtype=np.int64)
        if ends[-1] >= 2**32:
            raise ValueError(f"{ends[-1]:,} bytes of vectors are too many for a segment")
        sections[f"vector_start:{name}"] = ends.astype("<u4")
    for name, vectors in packed.items():
        sections[f"vectors:{name}"] = np.frombuffer(b"".join(vectors), np.uint8)
    facts = {"documents": len(rows), "sources": source_names, "languages": language_names}
    return _laid_out(facts, sections)


def rows_of(segment: Segment, alive: NDArray[np.bool_]) -> list[Document]:
    """The rows of *segment* marked in *alive*, as ``encode`` takes them."""
    rows = np.flatnonzero(alive)
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
    """The segment in *data*, without copying. Raises DamagedSegment where a reader would read something else."""
    return _decode(data, head=False)


def head_of(data: bytes) -> Segment:
    """The segment *data* without its vectors, which may then be let go."""
    return decode_head(data[: vector_sections(data)[1]])


def decode_head(data: bytes) -> Segment:
    """The head in *data*, the first part of a segment. Raises DamagedSegment."""
    return _decode(data, head=True)


def vector_sections(data: bytes | memoryview) -> tuple[dict[str, tuple[int, int]], int]:
    """Where the vectors of each field lie in the segment that begins with *data*, and where the first begins."""
    header = _header(data)
    places = {
        section["name"].partition(":")[2]: (section["offset"], section["offset"] + section["count"])
        for section in header["sections"]
        if section["name"].startswith("vectors:")
    }
    return places, min(begin for begin, _ in places.values())


def columns(data: bytes) -> list[tuple[int, int, int]]:
    """Begin, end and bytes of an item of each section before the vectors, in the segment that begins with *data*."""
    found = []
    for section in _header(data)["sections"]:
        if not section["name"].startswith("vectors:"):
            width = np.dtype(_DTYPES[section["dtype"]]).itemsize
            end = section["offset"] + section["count"] * width
            found.append((section["offset"], end, ID_BYTES if section["name"] == "ids" else width))
    return found


def _laid_out(facts: Document, sections: dict[str, Array]) -> bytes:
    kinds = {name: _FACTS.get(name) or ("u32" if name.startswith("vector_start:") else "u8") for name in sections}
    sizes = {name: len(values) * np.dtype(_DTYPES[kinds[name]]).itemsize for name, values in sections.items()}
    # The header names offsets, and its own length moves them: room for the longest numbers settles it.
    room = _aligned(_PREFIX.size + len(_header_of(facts, sections, kinds, dict.fromkeys(sections, 2**40))))
    offsets, end = {}, room
    for name, size in sizes.items():
        offsets[name], end = end, _aligned(end + size)
    header = _header_of(facts, sections, kinds, offsets).ljust(room - _PREFIX.size)
    out = bytearray(end)
    out[:room] = _PREFIX.pack(MAGIC, FORMAT, len(header)) + header
    for name, values in sections.items():
        out[offsets[name] : offsets[name] + sizes[name]] = values.tobytes()
    return bytes(out)


def _header_of(facts: Document, sections: dict[str, Array], kinds: dict[str, str], offsets: dict[str, int]) -> bytes:
    table = [
        {"name": name, "dtype": kinds[name], "count": len(values), "offset": offsets[name]}
        for name, values in sections.items()
    ]
    return json.dumps(facts | {"sections": table}, ensure_ascii=False, separators=(",", ":")).encode()


def _decode(data: bytes | memoryview, head: bool) -> Segment:
    header = _header(data)
    try:
        rows = int(header["documents"])
        arrays = {
            section["name"]: np.frombuffer(data, _DTYPES[section["dtype"]], section["count"], section["offset"])
            for section in header["sections"]
            if not (head and section["name"].startswith("vectors:"))
        }
        # Kinds that a later program has added are known by their names; one that is missing here is missed.
        kinds = [*FIELDS, *(name[13:] for name in arrays if name[:13] == "vector_start:" and name[13:] not in FIELDS)]
        names = [tuple(map(str, header[table])) for table in ("sources", "languages")]
        found = Segment(
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
    _check(found)
    return found


def _check(found: Segment) -> None:
    """Raise DamagedSegment unless the sections fit each other."""
    per_row = (found.revisions, found.lengths, found.published, found.sources, found.languages)
    keys = found.ids.view("S12").ravel()
    right = all(len(values) == found.documents for values in per_row) and bool((keys[1:] > keys[:-1]).all())
    for places, names in ((found.sources, found.source_names), (found.languages, found.language_names)):
        right = right and bool((places < len(names)).all())
    for name, start in found.vector_start.items():
        right = right and len(start) == found.documents + 1 and bool((start[1:] >= start[:-1]).all())
        right = right and (not found.vectors or (start[0] == 0 and start[-1] == len(found.vectors[name])))
    if not right:
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


def _places(values: Sequence[str], names: Sequence[str]) -> Array:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[value] for value in values], "<u2")


def _aligned(length: int) -> int:
    return -(-length // 8) * 8


def _moment(seconds: int) -> datetime | None:
    return None if seconds == NEVER else _EPOCH + timedelta(seconds=seconds)
