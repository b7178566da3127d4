"""The raw archive: bytes of pages and documents as they came, compressed, once a content.

Collection ``raw``: ``{_id: sha256 of the bytes, data: Zstandard (earlier: gzip), size, stored}``. What is too large for
a document lies in GridFS under the same id. An article says in its field ``raw`` which bytes it was read from, and from
where they came.
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

from backports import zstd  # as in Python 3.14; Scrapy has it along
from bson import Binary
from gridfs import GridFSBucket, NoFile
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from store.connection import Document

MOST_IN_DOCUMENT = 15 * 2**20
"""Bytes, compressed; MongoDB refuses documents over 16 MiB."""

_LEVEL = 3  # 5 takes twice as long to save a twentieth
_GZIP = b"\x1f\x8b"
_DUPLICATE_KEY = 11000
_SECRET = ("set-cookie", "set-cookie2", "www-authenticate", "authorization")


@dataclass
class Raw:
    """What an article was read from: the bytes, where and when they were fetched, and what the entry said of them."""

    data: bytes
    url: str
    captured: datetime
    type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    link: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def reference(self) -> Document:
        """What the article keeps of it; no cookie or key of ours or theirs is among the headers."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _SECRET}
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
    """The archive does not hold the bytes that an article refers to, or holds others."""


def keep(database: Database[Document], raws: Iterable[Raw]) -> None:
    """Store the bytes of *raws* that are not stored yet. They come before the articles that refer to them."""
    new = {raw.sha256: raw for raw in raws}
    present = {row["_id"] for row in database.raw.find({"_id": {"$in": list(new)}}, {"_id": 1})}
    rows = [_row(database, key, raw.data) for key, raw in new.items() if key not in present]
    if not rows:
        return
    try:
        database.raw.insert_many(rows, ordered=False)
    except BulkWriteError as error:
        # Another crawl may store the very same bytes in this moment. Anything else is a fault.
        if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
            raise


def read(database: Database[Document], reference: Document) -> Raw:
    """The bytes that an article's *reference* names. Raises NotArchived."""
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


def drop_unused(database: Database[Document], keys: Iterable[str]) -> int:
    """Remove those of *keys* that no article and nothing in quarantine refers to any more; how many there were."""
    dropped = 0
    for key in set(keys):
        if database.articles.find_one({"raw.sha256": key}, {"_id": 1}):
            continue
        if database.quarantine.find_one({"raw.sha256": key}, {"_id": 1}):
            continue
        row = database.raw.find_one_and_delete({"_id": key}, {"data": 0})
        if row and row.get("in_files"):
            _bucket(database).delete(key)
        dropped += row is not None
    return dropped


def _row(database: Database[Document], key: str, data: bytes) -> Document:
    """The document of *data*; what is too large for one is in a file when this returns."""
    # A quarter of gzip's time, and a twentieth smaller.
    packed = zstd.compress(data, _LEVEL)
    row: Document = {"_id": key, "size": len(data), "stored": datetime.now(UTC)}
    if len(packed) <= MOST_IN_DOCUMENT:
        return row | {"data": Binary(packed)}
    # A process that was killed leaves chunks behind, which are in the way of a second try.
    database["raw.chunks"].delete_many({"files_id": key})
    database["raw.files"].delete_many({"_id": key})
    _bucket(database).upload_from_stream_with_id(key, key, packed)
    return row | {"in_files": True}


def _bucket(database: Database[Document]) -> GridFSBucket:
    return GridFSBucket(database, "raw")
