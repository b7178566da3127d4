"""``backup`` and ``restore``: the whole database as a folder of checksummed files, and back."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import typer
from pymongo.errors import PyMongoError
from rich.markup import escape

from similarity.cli.export import progress
from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from similarity.errors import QueryError
from store.backup.files import BackupError
from store.backup.restoring import RestoreReport, restore
from store.backup.taking import BackupReport, take
from store.backup.thinning import WrongKeep, numbers_of, thin_out
from store.connection import another_database, database_address, opened
from store.documents.last_backup import LastBackup, note_backup
from store.index import compactor
from store.settings import settings

_NICENESS = 10
_NAME = re.compile(r"[\w-]{1,60}", re.ASCII)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="存放备份的文件夹 · the folder of all backups")],
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="7d,4w,12m",
            help="此后只留最近几日、几周、几月各一份 · then keep one backup of each of so many days, weeks, months",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """备份 · The whole database as a new folder in DIR; crawls and searches go on. A killed one goes on next time."""
    os.nice(_NICENESS)  # queries go first
    with errors_in_one_line(BackupError, WrongKeep):
        numbers = numbers_of(keep) if keep is not None else {}
        address = database_address()
        embedded = None if settings().mongodb_uri else settings().data
        with opened(address) as database:
            report = take(database, folder, _identity(address, embedded), embedded, progress)
            # On a full disk, where nothing can be noted, the backup is made all the same.
            with suppress(PyMongoError):
                made = report.contents
                note_backup(database, LastBackup(str(report.folder.absolute()), made.ended, made.bytes))
        removed = thin_out(folder, numbers, ZoneInfo(settings().zone)) if keep is not None else []
    progress("")
    if as_json:
        print_json(_facts(report) | {"removed": [str(one) for one in removed]})
        return
    found = report.contents
    console.print(
        f"已备份 backed up: {escape(str(report.folder))}  {found.counts.get('articles', 0):,} 篇 articles, "
        f"{found.bytes / 2**20:,.1f} MiB, {_of_when(found.moment)}"
    )
    if report.resumed:
        console.print(f"[dim]续上次 went on with {report.resumed} files of an unfinished backup[/dim]")
    for one in removed:
        console.print(f"[dim]已删除 removed: {escape(str(one))}[/dim]")


def restore_backup(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="一份备份，或其上级（取最新） · a backup, or their folder: its newest")
    ],
    database_name: Annotated[
        str | None, typer.Option("--database", metavar="NAME", help="恢复到此数据库 · into the database of this name")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """恢复 · A backup into an empty database, every file checked before; what was killed goes on when run again."""
    with errors_in_one_line(BackupError, OSError):
        if database_name is not None and not _NAME.fullmatch(database_name):
            raise QueryError(f"--database {database_name!r}: letters, digits, - and _, up to 60", "database")
        address = database_address()
        if database_name:
            address = another_database(address, database_name)
        with opened(address) as database:
            report = restore(database, folder, progress)
            if report.needs_packing:
                progress("compact")
                compactor.compact(database)
            name = database.name
    progress("")
    if as_json:
        print_json(_facts(report) | {"database": name})
        return
    found = report.contents
    console.print(
        f"已恢复 restored: {escape(str(report.folder))} → {escape(name)}  "
        f"{found.counts.get('articles', 0):,} 篇 articles, {_of_when(found.moment)}"
    )


def _identity(address: str, embedded: Path | None) -> str:
    """What tells the database from others; the embedded server has another port each time."""
    parts = urlsplit(address)
    return f"{embedded or parts.netloc.rpartition('@')[2]}{parts.path}"


def _of_when(moment: datetime | None) -> str:
    if moment:
        return f"同一时刻 all of one moment, {moment:%Y-%m-%d %H:%M:%S} UTC"
    return "依次读取 read one collection after another, as this server keeps no snapshot"


def _facts(report: BackupReport | RestoreReport) -> dict[str, Any]:
    found = report.contents
    return {
        "folder": str(report.folder),
        "moment": found.moment,
        "began": found.began,
        "ended": found.ended,
        "bytes": found.bytes,
        "documents": found.counts,
        "resumed": report.resumed,
    }
