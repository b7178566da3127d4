"""Bytes that are dear to work out, in local files that are mapped into memory; nothing in them is needed."""

from __future__ import annotations

import logging
import mmap
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import xxhash

from similarity.cache import UNUSED_DAYS

log = logging.getLogger(__name__)

_CHECKSUM = 16  # bytes at the end of a file
_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Files:
    """Those in *folder*, each followed by its checksum; one that is damaged is made anew."""

    folder: Path

    def of(self, name: str, make: Callable[[], bytes]) -> memoryview | bytes:
        """What the file *name* holds, else what *make* gives, kept for the next time where that is possible."""
        path = self.folder / name
        found = _mapped(path)
        if found is not None:
            return found
        data = make()
        partial = path.with_name(f"{name}.{uuid4().hex}.partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                partial.write_bytes(data + xxhash.xxh3_128_digest(data))
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be written (%s): it is kept in memory", path, error.strerror)
            return data
        return _mapped(path) or data

    def tidy(self, used: Collection[str]) -> None:
        """Remove files that nobody opened for some days, except those *used*."""
        try:
            for path in self.folder.glob("*"):
                if path.name not in used and time.time() - path.stat().st_mtime > UNUSED_DAYS * 86_400:
                    path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be tidied: %s", self.folder, error.strerror)


def _mapped(path: Path) -> memoryview | None:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size - _CHECKSUM
            if size < 1 or not _is_whole(file.fileno(), size):
                log.warning("%s is damaged: made anew", path)
                return None
            os.utime(path)
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[:size]
    except OSError:
        return None  # no file, or none that we may read


def _is_whole(file: int, size: int) -> bool:
    checksum, at = xxhash.xxh3_128(), 0
    while at < size:
        piece = os.pread(file, min(_AT_ONCE, size - at), at)
        if not piece:
            return False
        checksum.update(piece)
        at += len(piece)
    return checksum.digest() == os.pread(file, _CHECKSUM, size)
