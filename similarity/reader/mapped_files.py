"""A folder of local files with results that are expensive to compute, mapped into memory.

Every file can be deleted at any time: lost or damaged ones are computed again.
"""

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

from similarity.reader.segment_cache import UNUSED_DAYS

log = logging.getLogger(__name__)

_CHECKSUM = 16  # bytes at the end of a file
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class MappedFiles:
    """The files in *folder*. Each ends with its checksum (XXH3, 128 bits); a damaged one is replaced."""

    folder: Path

    def open(self, name: str, make: Callable[[], bytes]) -> memoryview | bytes:
        """The content of the file *name*. Where there is none yet, *make* gives it and it is written to the file.

        If the file cannot be written, that is logged and the content stays in memory.
        """
        path = self.folder / name
        content = _mapped(path)
        if content is not None:
            return content
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
        """Remove files that nobody has opened for ``UNUSED_DAYS``, except those *used*."""
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
                log.warning("%s is damaged and is replaced", path)
                return None
            os.utime(path)
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[:size]
    except OSError:
        return None  # there is no file, or it is not readable


def _is_whole(file: int, size: int) -> bool:
    checksum, at = xxhash.xxh3_128(), 0
    while at < size:
        piece = os.pread(file, min(_READ_BYTES, size - at), at)
        if not piece:
            return False
        checksum.update(piece)
        at += len(piece)
    return checksum.digest() == os.pread(file, _CHECKSUM, size)
