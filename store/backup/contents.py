"""``manifest.json`` of a backup: what it holds, when it was read, and what it was made with. It is written last."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from store.backup.files import BackupError, BackupFile

FORMAT = 1
"""Version of the folder."""

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class BackupContents:
    """The manifest.

    ``layout``: number of the stored layout; ``analyzer``: version of the one that made the index. ``moment``: the
    server's time at which everything was read; None where it was read in an order instead, between ``began`` and
    ``ended``. ``indexes``: those of collections that the program does not create by itself.
    """

    database: str
    layout: int
    analyzer: str
    began: datetime
    ended: datetime
    moment: datetime | None
    files: tuple[BackupFile, ...]
    indexes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def counts(self) -> dict[str, int]:
        """The number of documents of each collection."""
        counts = Counter[str]()
        for file in self.files:
            counts[file.collection] += file.documents
        return dict(counts)

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def checksum(self) -> str:
        """SHA-256 of all that the manifest says, in hex digits."""
        return _checksum(_fields(self))


def as_text(contents: BackupContents) -> str:
    """*contents* as the text of ``manifest.json``."""
    fields = _fields(contents)
    return json.dumps(fields | {"sha256": _checksum(fields)}, indent=1, ensure_ascii=False) + "\n"


def read(folder: Path, newest_layout: int) -> BackupContents:
    """The manifest of the backup in *folder*. Raises BackupError, also for a layout after *newest_layout*."""
    path = folder / NAME
    try:
        fields = json.loads(path.read_bytes())
        checksum = fields.pop("sha256")
    except FileNotFoundError:
        raise BackupError(f"{folder} is no whole backup: {NAME} is missing") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupError(f"{path} is damaged") from None
    # First: of a later format nothing else is known.
    if fields.get("format") != FORMAT:
        raise BackupError(f"{path} has format {fields.get('format')!r}, this program reads {FORMAT}: use a newer one")
    if checksum != _checksum(fields):
        raise BackupError(f"{path} is damaged: it is not what was written (SHA-256)")
    if not isinstance(fields.get("layout"), int):
        raise BackupError(f"{path} is damaged: {fields.get('layout')!r} is no layout")
    if fields["layout"] > newest_layout:
        raise BackupError(
            f"{folder} has layout {fields['layout']}, this program knows {newest_layout}: use a newer one"
        )
    try:
        found = _contents(fields)
    except (KeyError, TypeError, ValueError):
        raise BackupError(f"{path} is damaged") from None
    if stray := [file.name for file in found.files if Path(file.name).name != file.name]:
        raise BackupError(f"{path} names {stray[0]!r}, which is no file of the backup")
    return found


def _contents(fields: dict[str, Any]) -> BackupContents:
    times = {name: fields[name] and datetime.fromisoformat(fields[name]) for name in ("began", "ended", "moment")}
    return BackupContents(**fields | times | {"files": tuple(BackupFile(**file) for file in fields["files"])})


def _fields(contents: BackupContents) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(json.dumps(asdict(contents), default=datetime.isoformat))
    return fields


def _checksum(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
