"""What an unfinished backup has read so far: one line in ``progress.jsonl`` for each finished file.

A backup that was killed goes on after the last id of its last file. It reads at the moment of its first file if the
server still keeps that, else what is there now; see ``reading`` for why both fit together.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson import Timestamp, json_util

from store.backup.files import BackupError, BackupFile, check

NAME = "progress.jsonl"

_OPTIONS = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True)


@dataclass(slots=True)
class BackupProgress:
    """The state of the unfinished backup in ``folder``, of the database and index that ``identity`` names.

    ``last``: the last id of each collection; ``complete``: the collections that were read to their end.
    """

    folder: Path
    identity: str
    began: datetime
    moment: Timestamp | None = None
    is_snapshot: bool = True
    files: list[BackupFile] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)
    complete: set[str] = field(default_factory=set)

    def note_moment(self, moment: Timestamp | None, is_snapshot: bool) -> None:
        """Note at which moment is read from now on. Raises OSError."""
        if (self.moment, self.is_snapshot) != (moment, is_snapshot):
            self.moment, self.is_snapshot = moment, is_snapshot
            self._append({"moment": moment, "is_snapshot": is_snapshot})

    def note_file(self, file: BackupFile, last: Any, is_complete: bool) -> None:
        """Note a finished *file*, the *last* id in it, and whether its collection was read to its end."""
        self.files.append(file)
        self._take(file, last, is_complete)
        self._append({"file": asdict(file), "last": last, "is_complete": is_complete})

    def number_of(self, collection: str) -> int:
        """The number of the next file of *collection*."""
        return 1 + sum(file.collection == collection for file in self.files)

    def _take(self, file: BackupFile, last: Any, is_complete: bool) -> None:
        self.last[file.collection] = last
        if is_complete:
            self.complete.add(file.collection)

    def _append(self, line: dict[str, Any]) -> None:
        descriptor = os.open(self.folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json_util.dumps(line, json_options=_OPTIONS) + "\n")
            file.flush()
            os.fsync(file.fileno())


def begin(folder: Path, identity: str) -> BackupProgress:
    """Begin a backup of the database *identity* in *folder*, which is made. Raises OSError."""
    folder.mkdir(mode=0o700)
    progress = BackupProgress(folder, identity, datetime.now(UTC))
    progress._append({"identity": identity, "began": progress.began})
    return progress


def resume(folder: Path, identity: str) -> BackupProgress | None:
    """The state of the unfinished backup in *folder*; None if it is of another database or cannot be gone on with.

    Files that are not what was written end it: what comes after them is read again. Raises OSError.
    """
    try:
        lines = (folder / NAME).read_text("utf-8", "replace").splitlines(keepends=True)
    except FileNotFoundError:
        return None
    whole = [line for line in lines if line.endswith("\n")]
    progress: BackupProgress | None = None
    good: list[str] = []
    for text in whole:
        try:
            line = json_util.loads(text, json_options=_OPTIONS)
        except ValueError:  # zeros, of a machine that lost its power
            break
        if progress is None:
            if line.get("identity") != identity:
                return None
            progress = BackupProgress(folder, identity, line["began"])
        elif "file" in line:
            file = BackupFile(**line["file"])
            try:
                check(folder, file)
            except BackupError:
                break
            progress.files.append(file)
            progress._take(file, line["last"], line["is_complete"])
        else:
            progress.moment, progress.is_snapshot = line["moment"], line["is_snapshot"]
        good.append(text)
    if progress is not None and good != lines:
        _rewrite(folder, good)
    return progress


def _rewrite(folder: Path, lines: list[str]) -> None:
    """Leave *lines* alone in the notes, and no file that they do not name."""
    partial = folder / f"{NAME}.unfinished"
    partial.write_text("".join(lines), "utf-8")
    partial.replace(folder / NAME)
    named = {line["file"]["name"] for line in map(json.loads, lines) if "file" in line}
    for file in folder.iterdir():
        if file.name != NAME and file.name not in named:
            file.unlink()
