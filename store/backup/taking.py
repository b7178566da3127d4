"""Takes a backup: every collection into files of a folder that gets its name when it is complete."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from store.backup import contents, progress
from store.backup.contents import BackupContents
from store.backup.files import BackupError, FileWriter, documents, sync_folder
from store.backup.progress import BackupProgress
from store.backup.reading import CollectionReader, SnapshotLost, collections_of, history_kept
from store.connection import Document
from store.disk import space_of
from store.index.preparation import refuse_other_layout
from store.layout import LAYOUT
from store.schema import VALIDATORS

PARTIAL = ".unfinished"
"""Name of the folder of a backup that is not complete."""

_INDEX = {"_id": "index"}
_NAME = "%Y-%m-%dT%H%M%SZ"
_LOCK = ".lock"
_TRIES, _PAUSE = 5, 0.2  # seconds
_IGNORED = ("lost+found",)

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup did: its folder and contents, and how many of its files an earlier try had finished."""

    folder: Path
    contents: BackupContents
    resumed: int


def take(
    database: Database[Document], parent: Path, identity: str, embedded: Path | None = None, step: Step = lambda _: None
) -> BackupReport:
    """Back *database* up into a new folder in *parent*; crawls go on meanwhile.

    *identity* tells this database from others: an unfinished backup of the same one is gone on with. *embedded*: the
    data folder, where the database is the embedded server's, which keeps its history meanwhile. *step* is called with
    what is about to be done. Raises BackupError, and IndexMismatch for half of a backup and for a newer layout.
    """
    refuse_other_layout(database, oldest=1)
    if not any(database[name].find_one({}, {"_id": 1}) for name in collections_of(database)):
        raise BackupError(f"the database {database.name} is empty: there is nothing to back up (MONGODB_URI)")
    with _errors_of(parent), _locked(parent):
        row = database.manifest.find_one(_INDEX, {"format": 1, "analyzer": 1})
        index = _index_of(row)
        identity = f"{identity} {index}"  # files of another layout or analyzer do not fit to what is there now
        folder = parent / PARTIAL
        state = progress.resume(folder, identity) if folder.is_dir() else None
        if state is None:
            shutil.rmtree(folder, ignore_errors=True)
            state = progress.begin(folder, identity)
        resumed = len(state.files)
        with history_kept(database) if embedded else nullcontext():
            _read_all(database, state, embedded, step)
        step("manifest")
        found = _contents(database, state)
        if row and (found.layout, found.analyzer) != index:
            raise BackupError(
                "the index was upgraded or retokenized meanwhile: run backup again, it begins from the start"
            )
        _write(folder / contents.NAME, contents.as_text(found))
        (folder / progress.NAME).unlink()
        sync_folder(folder)
        step("rename")
        final = _free_name(parent, found.ended)
        folder.replace(final)
        sync_folder(parent)
        return BackupReport(final, found, resumed)


def backups_in(parent: Path) -> list[Path]:
    """The complete backups in *parent*, oldest first."""
    return [folder for folder in folders_in(parent) if (folder / contents.NAME).is_file()]


def folders_in(parent: Path) -> list[Path]:
    """The folders in *parent* that have names of backups, oldest first; some may be copied in part only."""
    return sorted(folder for folder in parent.iterdir() if folder.is_dir() and _is_name(folder.name))


def _is_name(name: str) -> bool:
    """Whether *name* is one that a backup gets."""
    try:
        # The year 9999 has no tomorrow, which it already is somewhere.
        return name < "9999" and datetime.strptime(name, _NAME).strftime(_NAME) == name
    except ValueError:
        return False


def _free_name(parent: Path, moment: datetime) -> Path:
    while (path := parent / moment.strftime(_NAME)).exists():  # of a backup in the same second
        moment += timedelta(seconds=1)
    return path


def time_of(backup: Path) -> datetime:
    """When the complete *backup* was finished, by its name."""
    return datetime.strptime(backup.name, _NAME).replace(tzinfo=UTC)


def _read_all(database: Database[Document], state: BackupProgress, embedded: Path | None, step: Step) -> None:
    names = collections_of(database)
    reader = CollectionReader(database, state.moment, state.is_snapshot)
    for name in names:
        tries = 0
        while name not in state.complete:
            try:
                _read(reader, name, state, embedded, step)
            except SnapshotLost as lost:
                tries += 1
                # A collection that was just made cannot be read at a moment before: without any file, choose another.
                if lost.may_pass and not state.files and tries < _TRIES:
                    time.sleep(_PAUSE)
                    reader = CollectionReader(database)


def _read(reader: CollectionReader, name: str, state: BackupProgress, embedded: Path | None, step: Step) -> None:
    """Read the rest of the collection *name* into files."""
    last = state.last.get(name)
    rows = (row for batch in reader.batches(name, last) for row in batch)
    is_complete = False
    while not is_complete:
        step(f"{name} {state.number_of(name)}")
        _check_space(state.folder, embedded)
        writer = FileWriter(state.folder, name, state.number_of(name))
        try:
            is_complete = _fill(writer, rows)
            file = writer.finish()
        except BaseException:
            writer.abandon()
            raise
        last = last if writer.last is None else writer.last["_id"]
        sync_folder(state.folder)
        state.note_moment(reader.moment, reader.is_snapshot)
        state.note_file(file, last, is_complete)


def _fill(writer: FileWriter, rows: Iterator[RawBSONDocument]) -> bool:
    """Add *rows* to the file until it is full; whether there are no more."""
    for row in rows:
        writer.add(row)
        if writer.is_full:
            return False
    return True


def _contents(database: Database[Document], state: BackupProgress) -> BackupContents:
    layout, analyzer = _index_of(_row_of_index(state))
    others = sorted({file.collection for file in state.files} - {*VALIDATORS})
    indexes = {name: _indexes(database, name) for name in others}
    return BackupContents(
        database=database.name,
        layout=layout,
        analyzer=analyzer,
        began=state.began,
        ended=datetime.now(UTC).replace(microsecond=0),
        moment=state.moment.as_datetime() if state.moment and state.is_snapshot else None,
        files=tuple(state.files),
        indexes={name: found for name, found in indexes.items() if found},
    )


def _index_of(row: Mapping[str, Any] | None) -> tuple[int, str]:
    """Layout and analyzer of the index whose manifest's document is *row*."""
    return (row["format"], row.get("analyzer", "")) if row else (LAYOUT, "")


def _row_of_index(state: BackupProgress) -> Mapping[str, Any] | None:
    """The document of the index's manifest as it was read."""
    rows = (row for file in state.files if file.collection == "manifest" for row in documents(state.folder, file))
    return next((row for row in rows if row["_id"] == _INDEX["_id"]), None)


def _indexes(database: Database[Document], collection: str) -> list[Document]:
    """The secondary indexes of *collection*, as they can be made again."""
    found = [dict(index) for index in database[collection].list_indexes() if index["name"] != "_id_"]
    return [index | {"key": list(index["key"].items())} for index in found]


def _check_space(folder: Path, embedded: Path | None) -> None:
    """Raise BackupError before a backup fills the disk of the embedded server that it reads from."""
    if embedded and embedded.stat().st_dev == folder.stat().st_dev and (space := space_of(folder)).is_full:
        raise BackupError(f"disk full: {space}, which the database needs: make room or name another disk")


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.unfinished")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def _locked(parent: Path) -> Iterator[None]:
    """Make *parent* if need be, and let nobody else back up there meanwhile. Raises BackupError for other folders."""
    if not parent.exists():
        parent.mkdir(mode=0o700, parents=True)
    if not parent.is_dir():
        raise BackupError(f"{parent} is no folder")
    others = [one.name for one in parent.iterdir() if not one.name.startswith(".") and one.name not in _IGNORED]
    if others and not backups_in(parent):
        raise BackupError(
            f"{parent} is not empty and holds no backups (it has {sorted(others)[0]}): name another folder"
        )
    with os.fdopen(os.open(parent / _LOCK, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"another backup into {parent} is at work") from None
        yield


@contextmanager
def _errors_of(parent: Path) -> Iterator[None]:
    """Converts OSError into a BackupError of one line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = f"disk full: {space_of(parent)}; make room, and the same command goes on with the finished files"
            raise BackupError(reason) from None
        raise BackupError(f"{error.filename or parent}: {(error.strerror or str(error)).lower()}") from None
