"""Segments with their postings in local files, mapped into memory: made once, shared by all readers of a machine.

A file holds magic, version and a checksum over all that follows, then the header (JSON: the arrays and where they lie)
and the arrays, of which the last is the segment itself. It is written under another name
and renamed when it is whole, and a file whose checksum is wrong is made anew: nothing in here is needed.
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

from similarity.bitsets import Bitsets
from similarity.block import Block, block_of
from similarity.postings import Columns
from store.segments import DamagedSegment, decode

log = logging.getLogger(__name__)

VERSION = 3
"""Of the files' layout and of what ``block.block_of`` makes; files of another one are made anew."""

UNUSED_DAYS = 7
"""Days after which the file of a segment that nobody opened is removed."""

_MAGIC = b"XWBLOCK\n"
_PREFIX = struct.Struct("<8sI16s")
_HEADER = 4096  # bytes up to the first array
_ALIGNED = 64
_SEGMENT = "segment"
_KINDS: Mapping[str, type[Any]] = {"columns": Columns, "pairs": Columns, "frequent": Bitsets}
_AT_ONCE = 1 << 20


@dataclass
class Cache:
    """The files in *folder*. What cannot be written stays in memory; that is said once, in ``fault`` and in the log."""

    folder: Path
    fault: str = ""
    _saying: Lock = field(default_factory=Lock)

    def block(self, name: str, fetch: Callable[[], bytes]) -> Block:
        """The segment *name* with its postings, from its file, else made from what *fetch* gives and kept.

        Raises what *fetch* raises, and DamagedSegment or CorruptVector where that is no segment.
        """
        path = self.folder / f"{name}.block"
        found = _mapped(path, name)
        if found is not None:
            return found
        data = fetch()
        made = block_of(data, name)
        try:
            _write(path, made, data)
        except OSError as error:
            self._say(f"{self.folder} cannot be written ({error.strerror}): segments are kept in memory")
            return made
        return _mapped(path, name) or made

    def tidy(self, used: Iterable[str]) -> None:
        """Remove files that nobody opened for ``UNUSED_DAYS``, except those of the segments *used*."""
        kept = set(used)
        try:
            for path in self.folder.glob("*.block*"):
                if path.name.split(".")[0] not in kept and time.time() - path.stat().st_mtime > UNUSED_DAYS * 86_400:
                    path.unlink(missing_ok=True)
        except OSError as error:
            self._say(f"{self.folder} cannot be tidied: {error.strerror}")

    def _say(self, fault: str) -> None:
        with self._saying:
            if not self.fault:
                log.warning("%s", fault)
            self.fault = fault


def _write(path: Path, block: Block, segment: bytes) -> None:
    parts = {kind: getattr(block, kind)._asdict().items() for kind in _KINDS}
    arrays = {f"{kind}:{name}": array for kind, part in parts.items() for name, array in part}
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

            def put(piece: bytes | memoryview) -> None:
                checksum.update(piece)
                file.write(piece)

            put(header)
            for entry, array in zip(table, arrays.values(), strict=True):
                put(bytes(entry["offset"] - file.tell()))
                put(array.data.cast("B") if array.nbytes else b"")
            file.seek(0)
            file.write(_PREFIX.pack(_MAGIC, VERSION, checksum.digest()))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _mapped(path: Path, name: str) -> Block | None:
    """The block in the file at *path*; None when there is no such file, or no whole one."""
    try:
        with path.open("rb") as file:
            prefix = file.read(_PREFIX.size)
            if len(prefix) < _PREFIX.size:
                return None
            magic, version, checksum = _PREFIX.unpack(prefix)
            if (magic, version) != (_MAGIC, VERSION) or _checksum_of_rest(file.fileno()) != checksum:
                log.warning("%s is damaged or of another version: made anew", path)
                return None
            os.utime(path)
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError:
        return None  # no file, or none that we may read: the segment comes from the database
    table = json.loads(bytes(data[_PREFIX.size : _HEADER]))
    arrays = {entry["name"]: np.frombuffer(data, entry["dtype"], entry["count"], entry["offset"]) for entry in table}
    try:
        segment = decode(arrays.pop(_SEGMENT).data)
    except DamagedSegment:
        return None
    parts = {kind: made(*(arrays[f"{kind}:{name}"] for name in made._fields)) for kind, made in _KINDS.items()}
    return Block(segment, name=name, **parts)


def _checksum_of_rest(file: int) -> bytes:
    # Read, not mapped: what is only looked at once need not stay in our memory.
    checksum, buffer, at = xxhash.xxh3_128(), bytearray(_AT_ONCE), _PREFIX.size
    view = memoryview(buffer)
    while size := os.preadv(file, [view], at):
        checksum.update(view[:size])
        at += size
    return checksum.digest()
