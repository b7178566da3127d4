"""Brings a backup into an empty database, file by file.

Before anything is written every file is compared with the manifest. Then the document of the index's manifest says that
a restore is at work, and which files are in: every program refuses such a database (``preparation``, ``manifest``). It
is replaced by the document of the backup in the end. A restore that was killed goes on with the files that are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from store.backup import contents, files
from store.backup.contents import BackupContents
from store.backup.files import BackupError, BackupFile
from store.backup.reading import INDEX_COLLECTIONS, TRANSIENT
from store.backup.taking import folders_in
from store.connection import Document
from store.index import manifest
from store.index.manifest import RESTORING, Manifest
from store.index.preparation import mark_all_pending
from store.layout import LAYOUT
from store.schema import create_collections

_KEY = {"_id": "index"}
_LAST = ("counters", "leases")
"""Collections that are written last, document by document, as other programs may have some of these by then."""

_MAY_HAVE = ("manifest", "sources", *_LAST, *TRANSIENT)
"""Collections that programs fill before there is anything to keep."""

_BATCH_BYTES = 8 * 2**20
_BATCH = 2000  # documents
_DUPLICATE_KEY = 11000


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What a restore brought: from which folder, its contents, and whether its articles have yet to be packed."""

    folder: Path
    contents: BackupContents
    resumed: int
    needs_packing: bool


def restore(database: Database[Document], given: Path, step: Callable[[str], None] = lambda _: None) -> RestoreReport:
    """Bring the backup *given*, or the newest in the folder *given*, into the empty *database*. Raises BackupError.

    *step* is called with what is about to be done.
    """
    folder = chosen(given)
    found = contents.read(folder, LAYOUT)
    for file in found.files:
        step(f"check {file.name}")
        files.check(folder, file)
    done = _begin(database, folder, found)
    for file in found.files:
        if file.name not in done and not _is_left_out(found, file.collection):
            step(f"restore {file.name}")
            _refuse_if_ended(database, found)
            _insert(database, folder, file)
            database.manifest.update_one(_KEY, {"$push": {f"{RESTORING}.files": file.name}})
    step("counters")
    for name in _LAST:
        for row in _rows(folder, found, name):
            _refuse_if_ended(database, found)
            database[name].replace_one({"_id": row["_id"]}, row, upsert=True)
    _check_counts(database, found)
    step("indexes")
    create_collections(database)
    for name, indexes in found.indexes.items():
        database[name].create_indexes([_index(index) for index in indexes])
    step("manifest")
    _refuse_if_ended(database, found)
    _finish(database, folder, found)
    return RestoreReport(folder, found, len(done), found.moment is None)


def chosen(given: Path) -> Path:
    """The folder of the backup *given*, or the newest one in *given*. Raises BackupError."""
    if not given.is_dir():
        raise BackupError(f"{given}: no such folder")
    if (given / contents.NAME).exists():
        return given
    try:
        backups = folders_in(given)
    except OSError as error:
        raise BackupError(f"{given} cannot be read: {error.strerror}") from None
    if not backups:
        raise BackupError(f"{given} is no whole backup and holds none: {contents.NAME} is missing")
    return backups[-1]


def _begin(database: Database[Document], folder: Path, found: BackupContents) -> set[str]:
    """Mark the empty database; the names of the files that a killed restore of this backup has brought."""
    row = database.manifest.find_one(_KEY)
    mark = row and row.get(RESTORING)
    if mark:
        if mark["backup"] != found.checksum:
            raise BackupError(f"the database has half of {mark['folder']}: restore that, or drop the database")
        return {*mark["files"]}
    for name in database.list_collection_names():
        if name not in _MAY_HAVE and not name.startswith("system.") and database[name].find_one({}, {"_id": 1}):
            number = database[name].estimated_document_count()
            raise BackupError(
                f"the database {database.name} is not empty ({name}: {number:,}): --database names another"
            )
    if row is not None and row.get("segments"):
        raise BackupError(f"the database {database.name} is not empty (it has an index): --database names another")
    database.sources.delete_many({})
    new: Document = {RESTORING: {"folder": str(folder.absolute()), "backup": found.checksum, "files": []}}
    try:
        database.manifest.replace_one(row or _KEY, _KEY | new, upsert=True)
    except DuplicateKeyError:
        raise BackupError(f"another process writes to the database {database.name}") from None
    return set()


def _mark_of(found: BackupContents) -> Document:
    """The condition that the database is being restored from *found*."""
    return {**_KEY, f"{RESTORING}.backup": found.checksum}


def _refuse_if_ended(database: Database[Document], found: BackupContents) -> None:
    """Raise BackupError once another restore of the same backup has ended: programs may have written since.

    Two of them do no harm until then: they bring the same documents.
    """
    if database.manifest.find_one(_mark_of(found), {"_id": 1}) is None:
        raise BackupError(f"another restore into the database {database.name} was at work, and has ended")


def _is_left_out(found: BackupContents, name: str) -> bool:
    """Whether the collection *name* is not brought file by file: it is written in the end, or made again."""
    return name in ("manifest", *_LAST) or (found.moment is None and name in INDEX_COLLECTIONS)


def _insert(database: Database[Document], folder: Path, file: BackupFile) -> None:
    collection = database[file.collection]
    for batch in _batches(files.documents(folder, file)):
        try:
            collection.insert_many(batch, ordered=False)
        except BulkWriteError as error:
            # A restore that was killed has written a part of the file; the counts are compared in the end.
            if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
                raise


def _batches(rows: Iterator[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    size = 0
    for row in rows:
        if batch and (size + len(row.raw) > _BATCH_BYTES or len(batch) >= _BATCH):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row.raw)
    if batch:
        yield batch


def _rows(folder: Path, found: BackupContents, collection: str) -> Iterator[Document]:
    for file in found.files:
        if file.collection == collection:
            yield from map(dict, files.documents(folder, file))


def _check_counts(database: Database[Document], found: BackupContents) -> None:
    for name, number in found.counts.items():
        if not _is_left_out(found, name) and (there := database[name].count_documents({})) != number:
            raise BackupError(
                f"{name} has {there:,} documents, the backup {number:,}: another process has written to the database "
                f"{database.name}; drop it and restore again"
            )


def _index(index: dict[str, Any]) -> IndexModel:
    options = dict(index)
    return IndexModel([(name, direction) for name, direction in options.pop("key")], **options)


def _finish(database: Database[Document], folder: Path, found: BackupContents) -> None:
    """Put the manifest of the backup in the place of the mark."""
    index = None
    for row in _rows(folder, found, "manifest"):
        if row["_id"] == _KEY["_id"]:
            index = row
        else:
            database.manifest.replace_one({"_id": row["_id"]}, row, upsert=True)
    if index is not None and found.moment is None:
        # The articles were not read at the moment of the segments: they are packed from the articles.
        mark_all_pending(database)
        index = manifest.document(Manifest(found.analyzer, version=1, format=found.layout))
    if index is None:
        database.manifest.delete_one(_mark_of(found))
    else:
        database.manifest.replace_one(_mark_of(found), index)
