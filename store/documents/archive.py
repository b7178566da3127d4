"""The raw archive: the bytes of pages and documents as they were fetched, compressed, each content once.

Collection ``raw``: ``{_id: SHA-256 of the bytes, source, data: Zstandard (earlier: gzip), size, stored}``. What is too
large for a MongoDB document is in GridFS under the same id. An article's field ``raw`` is a reference: which bytes it
was read from, and from where they came.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from backports import zstd  # the module of Python 3.14; a dependency of Scrapy
from bson import Binary
from gridfs import GridFSBucket, NoFile
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from store.connection import Document, committed
from store.failover import are_duplicates, repeated

MAX_DOCUMENT_BYTES = 15 * 2**20
"""Compressed bytes up to which content is in a document; MongoDB refuses documents over 16 MiB."""

_LEVEL = 3  # level 5 takes twice as long and saves a twentieth
_GZIP = b"\x1f\x8b"
_SECRET_HEADERS = ("set-cookie", "set-cookie2", "www-authenticate", "authorization")


@dataclass
class Raw:
    """The bytes that an article was read from, and where and when they were fetched.

    ``type``: media type. ``link``: what the entry page says of the page, as field names and values of ``Link``.
    ``source``: key of the source, by which is decided how long it is kept.
    """

    data: bytes
    url: str
    captured: datetime
    type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    link: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes in hex digits: the id in the archive."""
        return hashlib.sha256(self.data).hexdigest()

    def reference(self) -> Document:
        """The article's field ``raw``; headers that hold cookies or keys are left out."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _SECRET_HEADERS}
        return {
            "sha256": self.sha256,
            "size": len(self.data),
            "url": self.url,
            "captured": self.captured,
            "type": self.type,
            "headers": headers,
            "link": self.link,
        }


class NotArchived(LookupError):
    """The archive does not hold the bytes that an article refers to, or they are damaged."""


def keep(database: Database[Document], raws: Iterable[Raw]) -> None:
    """Store the bytes of *raws* that are not stored yet. Call it before the articles that refer to them are written."""
    _keep(database, {raw.sha256: raw for raw in raws})


@repeated
def _keep(database: Database[Document], new: dict[str, Raw]) -> None:
    wanted = {"_id": {"$in": list(new)}}
    if database.raw.find_one(wanted, {"_id": 1}):
        # Bytes that no article refers to may be about to be removed for their age: from now on they are young.
        database.raw.update_many(wanted, {"$set": {"stored": datetime.now(UTC)}})
    present = {row["_id"] for row in committed(database).raw.find(wanted, {"_id": 1})}
    rows = [_row(database, key, raw) for key, raw in new.items() if key not in present]
    if not rows:
        return
    try:
        database.raw.insert_many(rows, ordered=False)
    except BulkWriteError as error:
        # Another crawl may have stored the same bytes in the meantime. Any other error is raised.
        if not are_duplicates(error):
            raise


def read(database: Database[Document], reference: Document) -> Raw:
    """The bytes that an article's field ``raw`` (*reference*) names, decompressed and verified. Raises NotArchived."""
    key = reference["sha256"]
    row = database.raw.find_one({"_id": key})
    if row is None:
        raise NotArchived(f"no bytes {key[:12]}… in the archive")
    try:
        packed = row["data"] if "data" in row else _bucket(database).open_download_stream(key).read()
        data = gzip.decompress(packed) if packed.startswith(_GZIP) else zstd.decompress(packed)
    except (NoFile, OSError, EOFError, zlib.error, zstd.ZstdError) as error:
        raise NotArchived(f"bytes {key[:12]}… of the archive cannot be read: {error}") from None
    facts = {name: reference[name] for name in ("url", "captured", "type", "headers", "link")}
    raw = Raw(data, **facts)
    if raw.sha256 != key:
        raise NotArchived(f"bytes {key[:12]}… of the archive are not what was stored")
    return raw


def drop_unused(database: Database[Document], keys: Iterable[str], before: datetime | None = None) -> int:
    """Remove those of *keys* to which no article and no quarantined page refers any more; how many that were.

    *before*: only those that were stored before that.
    """
    old = {"stored": {"$lt": before}} if before else {}
    dropped = 0
    for key in set(keys):
        if database.articles.find_one({"raw.sha256": key}, {"_id": 1}):
            continue
        if database.quarantine.find_one({"raw.sha256": key}, {"_id": 1}):
            continue
        row = database.raw.find_one_and_delete({"_id": key} | old, {"data": 0})
        if row and row.get("in_files"):
            _bucket(database).delete(key)
        dropped += row is not None
    return dropped


def _row(database: Database[Document], key: str, raw: Raw) -> Document:
    """The document of *raw*; if that is too large for a document, it is in GridFS when this returns."""
    # Takes a quarter of gzip's time and gives a twentieth less.
    packed = zstd.compress(raw.data, _LEVEL)
    row: Document = {"_id": key, "source": raw.source, "size": len(raw.data), "stored": datetime.now(UTC)}
    if len(packed) <= MAX_DOCUMENT_BYTES:
        return row | {"data": Binary(packed)}
    # Remove the chunks that a killed process has left: they would make a second upload fail.
    database["raw.chunks"].delete_many({"files_id": key})
    database["raw.files"].delete_many({"_id": key})
    _bucket(database).upload_from_stream_with_id(key, key, packed)
    return row | {"in_files": True}


def _bucket(database: Database[Document]) -> GridFSBucket:
    return GridFSBucket(database, "raw")
