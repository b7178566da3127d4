"""Which backup of this database was the last, for whoever looks after it: the document "last" of ``backups``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from pymongo.database import Database

from store.connection import Document

_KEY = {"_id": "last"}


@dataclass(frozen=True, slots=True)
class LastBackup:
    """A backup: its ``folder``, when it was whole, and how large it is."""

    folder: str
    ended: datetime
    bytes: int


def note_backup(database: Database[Document], backup: LastBackup) -> None:
    """Note that *backup* was made. Raises PyMongoError."""
    database.backups.replace_one(_KEY, asdict(backup), upsert=True)


def last_backup(database: Database[Document]) -> LastBackup | None:
    """The last backup that was noted; None for none."""
    row = database.backups.find_one(_KEY, {"_id": 0})
    return LastBackup(**row) if row else None
