"""Brings the file of another store into an empty database: whole, or not at all.

The file is checked to its last line before anything is written. Its documents are then written to collections of their
own, and these are renamed at the end, the articles last. A process that is killed before leaves an empty database;
``importing`` (a collection) tells the next one to begin again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson import json_util
from bson.errors import BSONError
from pymongo.database import Database
from pymongo.errors import OperationFailure

from store import counters
from store.connection import Document
from store.documents.sources import note_source
from store.index.preparation import prepare
from store.index.segment_format import FORMAT as INDEX_FORMAT
from store.leases import LeaseTaken, hold_index_lease
from store.schema import INDEXES, create_collections, validator_of
from store.transfer.dump import FORMAT, NAME

_STAGED = ("terms", "portraits", "articles")
"""The collections that are written aside, in the order in which they are renamed."""

_MARK = "importing"
_BATCH = 200  # documents in one write
_NAMESPACE_EXISTS = 48  # MongoDB's error code


class NotLoaded(RuntimeError):
    """The file cannot be brought into the database, which is as it was; the message is one line and says why."""


@dataclass(frozen=True)
class Loaded:
    """How many documents the file brought: ``articles`` and ``terms`` of the dictionary."""

    articles: int
    terms: int


def load(
    database: Database[Document], path: Path, analyzer: str, progress: Callable[[int], None] = lambda _: None
) -> Loaded:
    """Bring the file at *path*, made with *analyzer*, into the empty *database*; *progress* is called for each article.

    Raises NotLoaded, and OSError where the file cannot be read.
    """
    end = _checked(path, analyzer)
    prepare(database, analyzer)
    try:
        with hold_index_lease(database) as lease:
            _clear(database)
            _check_empty(database)
            try:
                digest = _stage(database, path, lease.renew, progress)
                if digest != end["sha256"]:
                    raise NotLoaded(f"{path} was changed while it was read")
                _swap(database)
            finally:
                for name in _STAGED:
                    database[_aside(name)].drop()
    except LeaseTaken:
        raise NotLoaded("the index of this database is being written to by another process: try again soon") from None
    return Loaded(end["end"]["articles"], end["end"].get("terms", 0))


def _checked(path: Path, analyzer: str) -> Document:
    """The last line of the file, once all of it was read. Raises NotLoaded."""
    digest, line = hashlib.sha256(), b""
    for number, line, is_last in _lines(path):
        if number == 1:
            _check_head(path, line, analyzer)
        if not is_last:
            digest.update(line)
    try:
        end: Document = json.loads(line)
        written, _ = end["sha256"], end["end"]["articles"]
    except (ValueError, KeyError, TypeError):
        raise NotLoaded(f"{path} is cut off: its last line is missing") from None
    if written != digest.hexdigest():
        raise NotLoaded(f"{path} is damaged: it is not what was written (SHA-256)")
    return end


def _lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """The lines of the file with their numbers from 1; whether it is the last one."""
    with path.open("rb") as file:
        number, line = 1, file.readline()
        while line or number == 1:
            following = file.readline()
            yield number, line, not following
            number, line = number + 1, following


def _check_head(path: Path, line: bytes, analyzer: str) -> None:
    try:
        head = json.loads(line)[NAME]
        made = head["file"], head["index"], head["analyzer"]
    except (ValueError, KeyError, TypeError):
        raise NotLoaded(f"{path} was not written by export --everything") from None
    if made[0] != FORMAT:
        raise NotLoaded(f"{path} has format {made[0]}, this program reads {FORMAT}: use the program that wrote it")
    if made[1:] != (INDEX_FORMAT, analyzer):
        raise NotLoaded(
            f"{path} was written with index format {made[1]} and analyzer {made[2]!r}, "
            f"this program has {INDEX_FORMAT} and {analyzer!r}: export it again with the same version"
        )


def _read(path: Path, number: int, line: bytes) -> tuple[str, Any]:
    try:
        ((name, value),) = json_util.loads(line.decode()).items()
    except (ValueError, TypeError, AttributeError, BSONError):
        raise NotLoaded(f"{path} is damaged in line {number:,}") from None
    return name, value


def _clear(database: Database[Document]) -> None:
    """Remove what an import that was killed has left."""
    if _MARK in database.list_collection_names():
        if database.articles.find_one({}, {"_id": 1}) is None:
            for name in _STAGED[:-1]:
                database[name].delete_many({})
        database[_MARK].drop()
    for name in _STAGED:
        database[_aside(name)].drop()
        _put_back(database, name)


def _check_empty(database: Database[Document]) -> None:
    number = database.articles.estimated_document_count()
    if number:
        raise NotLoaded(f"the database has {number:,} articles already: an import needs an empty one (MONGODB_URI)")
    if database.terms.find_one({}, {"_id": 1}):
        raise NotLoaded(
            "the database has the dictionary of earlier articles: an import needs an empty one (MONGODB_URI)"
        )


def _stage(database: Database[Document], path: Path, renew: Callable[[], None], progress: Callable[[int], None]) -> str:
    """Write the documents of the file aside; returns the SHA-256 of its lines but the last."""
    for name in _STAGED:
        database.create_collection(_aside(name), validator=validator_of(name))
        if INDEXES[name]:
            database[_aside(name)].create_indexes(INDEXES[name])
    revision = counters.reserve(database, counters.REVISIONS, 1)
    digest, articles, largest = hashlib.sha256(), 0, -1
    waiting: dict[str, list[Document]] = {name: [] for name in _STAGED}
    for name, value in _documents(path, digest.update):
        if name == "terms":
            waiting[name] += [{"_id": token, "id": token_id} for token, token_id in value]
            largest = max(largest, *(token_id for _, token_id in value))
        elif name == "sources":
            note_source(database, {"key": value.pop("_id")} | value)
        elif name in waiting:
            waiting[name].append(value | ({"revision": revision, "pending": True} if name == "articles" else {}))
            articles += name == "articles"
        for kind, rows in waiting.items():
            if len(rows) >= _BATCH:
                database[_aside(kind)].insert_many(rows, ordered=False)
                rows.clear()
                renew()
                progress(articles)
    for kind, rows in waiting.items():
        if rows:
            database[_aside(kind)].insert_many(rows, ordered=False)
    counters.raise_to(database, counters.TERMS, largest + 1)  # before another writer meets these ids
    return digest.hexdigest()


def _documents(path: Path, seen: Callable[[bytes], None]) -> Iterator[tuple[str, Any]]:
    """The documents of the file with the names of their collections; *seen* gets all lines but the last."""
    for number, line, is_last in _lines(path):
        if not is_last:
            seen(line)
            if number > 1:
                yield _read(path, number, line)


def _swap(database: Database[Document]) -> None:
    """Put what was written aside in the place of the empty collections. Raises NotLoaded."""
    database[_MARK].insert_one({"_id": _MARK})
    swapped: list[str] = []
    for name in _STAGED:
        # Moved aside first: what another process writes at this moment is then either seen here, or stops the rename.
        database[name].rename(_replaced(name), dropTarget=True)
        if database[_replaced(name)].find_one({}, {"_id": 1}) or not _renamed(database, _aside(name), name):
            for other in swapped:
                database[other].rename(_aside(other))
            for other in (*swapped, name):
                _put_back(database, other)
            database[_MARK].drop()
            create_collections(database)
            raise NotLoaded("another process writes to this database: nothing was imported")
        swapped.append(name)
    for name in _STAGED:
        database[_replaced(name)].drop()
    database[_MARK].drop()


def _renamed(database: Database[Document], old: str, new: str) -> bool:
    """Whether *old* could be renamed: False where *new* exists."""
    try:
        database[old].rename(new)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
        return False
    return True


def _put_back(database: Database[Document], name: str) -> None:
    """Put the documents that ``_swap`` moved aside back into the collection *name*."""
    if database[_replaced(name)].find_one({}, {"_id": 1}):
        database[_replaced(name)].aggregate([{"$merge": name}])
    database[_replaced(name)].drop()


def _aside(name: str) -> str:
    return f"import_{name}"


def _replaced(name: str) -> str:
    return f"before_import_{name}"
