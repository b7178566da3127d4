"""The files of a backup: BSON documents one after another, compressed by Zstandard, at most 64 MiB of them in a file.

Files are written under another name, brought to the disk and renamed, so a file that has its name is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from backports import zstd  # the module of Python 3.14; a dependency of Scrapy
from bson import decode_file_iter
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument

MAX_BYTES = 64 * 2**20
"""Bytes of documents from which a file gets no more."""

UNFINISHED = ".unfinished"
"""End of the name of a file that is being written."""

_LEVEL = 3
_READ_AT_ONCE = 2**20


class BackupError(RuntimeError):
    """A backup cannot be made or is not what was written; the message is one line and names the file."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A finished file: its name, the collection whose documents it has, how many, its bytes and their SHA-256."""

    name: str
    collection: str
    documents: int
    bytes: int
    sha256: str


class FileWriter:
    """Writes the file *number* of *collection* into *folder*."""

    def __init__(self, folder: Path, collection: str, number: int) -> None:
        """Raises OSError."""
        self._folder, self._collection = folder, collection
        self._name = f"{collection}-{number:05d}.bson.zst"
        self._path = folder / (self._name + UNFINISHED)
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._compressor, self._digest = zstd.ZstdCompressor(_LEVEL), hashlib.sha256()
        self._documents = self._bytes = self._taken = 0
        self.last: RawBSONDocument | None = None
        """The document that was added last."""

    @property
    def is_full(self) -> bool:
        """Whether the file has as many documents as it is to have."""
        return self._taken >= MAX_BYTES

    def add(self, document: RawBSONDocument) -> None:
        """Add *document*. Raises OSError."""
        self._write(self._compressor.compress(document.raw))
        self._taken += len(document.raw)
        self.last = document
        self._documents += 1

    def finish(self) -> BackupFile:
        """Bring the file to the disk under its name. Raises OSError."""
        self._write(self._compressor.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._folder / self._name)
        return BackupFile(self._name, self._collection, self._documents, self._bytes, self._digest.hexdigest())

    def abandon(self) -> None:
        """Remove what was written."""
        with suppress(OSError):  # it writes what is left, which a full disk refuses
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._bytes += len(data)


def check(folder: Path, file: BackupFile) -> None:
    """Raise BackupError unless *file* lies in *folder* as it was written."""
    path = folder / file.name
    digest = hashlib.sha256()
    try:
        size = path.stat().st_size
        if size != file.bytes:
            raise BackupError(f"{path} is damaged: it has {size:,} bytes, {file.bytes:,} were written")
        with path.open("rb") as opened:
            while data := opened.read(_READ_AT_ONCE):
                digest.update(data)
    except FileNotFoundError:
        raise BackupError(f"{path} is missing") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from None
    if digest.hexdigest() != file.sha256:
        raise BackupError(f"{path} is damaged: it is not what was written (SHA-256)")


def documents(folder: Path, file: BackupFile) -> Iterator[RawBSONDocument]:
    """The documents of *file*, one after another."""
    with zstd.open(folder / file.name, "rb") as opened:
        yield from decode_file_iter(cast(BinaryIO, opened), codec_options=DEFAULT_RAW_BSON_OPTIONS)


def sync_folder(folder: Path) -> None:
    """Bring the names in *folder* to the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
