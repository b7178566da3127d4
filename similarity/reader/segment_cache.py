"""Segments with their inverted indexes in local files, which all readers of the machine map into memory.

A file consists of a prefix (magic, version, and a checksum of all bytes that follow), a header (JSON: name, dtype,
count and offset of each array) and the arrays; the last one is the segment itself. A file is written under another name
and renamed when it is complete. One with a wrong checksum is written again from the database: every file can be deleted
at any time.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
import xxhash

from similarity.postings.bitsets import Bitsets
from similarity.postings.inverted import InvertedIndex
from similarity.reader.segment_reader import SegmentReader, open_segment
from store.index.segment_format import DamagedSegment, decode

log = logging.getLogger(__name__)

VERSION = 3
"""Version of the format of a file and of what ``open_segment`` computes; files of another version are replaced."""

UNUSED_DAYS = 7
"""Days after which the file of a segment that nobody opened is removed."""

_MAGIC = b"XWBLOCK\n"
_PREFIX = struct.Struct("<8sI16s")
_HEADER = 4096  # bytes up to the first array
_ALIGNED = 64  # bytes: each array starts at a multiple of it, a cache line
_SEGMENT = "segment"
_ATTRIBUTES: Mapping[str, tuple[str, type[Any]]] = {
    "columns": ("words", InvertedIndex),
    "pairs": ("bigrams", InvertedIndex),
    "frequent": ("bitsets", Bitsets),
}
"""For each prefix of the names of arrays in a file the attribute of ``SegmentReader`` that they fill, and its class.

The prefixes are older than the attributes.
"""

_READ_BYTES = 1 << 20


@dataclass
class SegmentCache:
    """The files in *folder*. A segment whose file cannot be written stays in memory.

    ``fault``: the last error of the folder in one line, "" for none. Only the first is logged.
    """

    folder: Path
    fault: str = ""
    _reporting: Lock = field(default_factory=Lock)

    def open(self, name: str, fetch: Callable[[], bytes]) -> SegmentReader:
        """A reader of the segment *name*, from its file. Where there is none, *fetch* gives the segment to write it.

        Raises what *fetch* raises, and DamagedSegment or CorruptVector if it gives no valid segment.
        """
        path = self.folder / f"{name}.block"
        mapped = _mapped(path, name)
        if mapped is not None:
            return mapped
        data = fetch()
        reader = open_segment(data, name)
        try:
            _write(path, reader, data)
        except OSError as error:
            self._report(f"{self.folder} cannot be written ({error.strerror}): segments are kept in memory")
            return reader
        return _mapped(path, name) or reader  # mapped: its pages are shared, and the system can drop them

    def tidy(self, used: Iterable[str]) -> None:
        """Remove files that nobody opened for ``UNUSED_DAYS``, except those of the segments *used*."""
        kept = set(used)
        try:
            for path in self.folder.glob("*.block*"):
                if path.name.split(".")[0] not in kept and time.time() - path.stat().st_mtime > UNUSED_DAYS * 86_400:
                    path.unlink(missing_ok=True)
        except OSError as error:
            self._report(f"{self.folder} cannot be tidied: {error.strerror}")

    def _report(self, fault: str) -> None:
        with self._reporting:
            if not self.fault:
                log.warning("%s", fault)
            self.fault = fault


def _write(path: Path, reader: SegmentReader, segment: bytes) -> None:
    """Write the file at *path*; *segment*: the bytes that *reader* was opened from. Raises OSError."""
    parts = {prefix: getattr(reader, attribute)._asdict() for prefix, (attribute, _) in _ATTRIBUTES.items()}
    arrays = {f"{prefix}:{name}": array for prefix, part in parts.items() for name, array in part.items()}
    arrays[_SEGMENT] = np.frombuffer(segment, np.uint8)
    table, end = [], _HEADER
    for name, array in arrays.items():
        table.append({"name": name, "dtype": array.dtype.str, "count": len(array), "offset": end})
        end = -(-(end + array.nbytes) // _ALIGNED) * _ALIGNED
    header = json.dumps(table).encode().ljust(_HEADER - _PREFIX.size)
    checksum = xxhash.xxh3_128()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{uuid4().hex}.partial")
    try:
        with partial.open("wb") as file:
            file.write(bytes(_PREFIX.size))

            def append(data: bytes | memoryview) -> None:
                checksum.update(data)
                file.write(data)

            append(header)
            for entry, array in zip(table, arrays.values(), strict=True):
                append(bytes(entry["offset"] - file.tell()))
                append(array.data.cast("B") if array.nbytes else b"")
            file.seek(0)
            file.write(_PREFIX.pack(_MAGIC, VERSION, checksum.digest()))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _mapped(path: Path, name: str) -> SegmentReader | None:
    """The segment in the file at *path*; None when there is no such file, or a damaged one."""
    try:
        with path.open("rb") as file:
            prefix = file.read(_PREFIX.size)
            if len(prefix) < _PREFIX.size:
                return None
            magic, version, checksum = _PREFIX.unpack(prefix)
            if (magic, version) != (_MAGIC, VERSION) or _checksum_of_rest(file.fileno()) != checksum:
                log.warning("%s is damaged or of another version and is replaced", path)
                return None
            os.utime(path)
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError:
        return None  # there is no file, or it is not readable: the segment is read from the database
    table = json.loads(bytes(data[_PREFIX.size : _HEADER]))
    arrays = {entry["name"]: np.frombuffer(data, entry["dtype"], entry["count"], entry["offset"]) for entry in table}
    try:
        segment = decode(arrays.pop(_SEGMENT).data)
    except DamagedSegment:
        return None
    parts = {
        attribute: kind(*(arrays[f"{prefix}:{field}"] for field in kind._fields))
        for prefix, (attribute, kind) in _ATTRIBUTES.items()
    }
    return SegmentReader(segment, name=name, **parts)


def _checksum_of_rest(file: int) -> bytes:
    # Read, not mapped: mapping would count the whole file as memory of this process.
    checksum, buffer, at = xxhash.xxh3_128(), bytearray(_READ_BYTES), _PREFIX.size
    view = memoryview(buffer)
    while size := os.preadv(file, [view], at):
        checksum.update(view[:size])
        at += size
    return checksum.digest()
