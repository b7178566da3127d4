"""The machine: the folder for data and its owner, the disk, the time zone."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store.disk import is_seen, space_of
from store.server.embedded import another_owner
from store.settings import settings
from xinwen.doctor.finding import Finding, judged

_OTHER_FOLDER = "or name a folder of your own in XINWEN_DATA"


def data_folder() -> Iterator[Finding]:
    """Whether this user may write into the folder for data, and all that lies there is this user's."""
    data = settings().data
    try:
        fault, fix = _fault_of(data)
    except OSError as error:
        fault, fix = f"{data} cannot be read: {error.strerror}", f"another owner or mode, {_OTHER_FOLDER}"
    yield judged("data 数据", fault, str(data), fix)


def _fault_of(data: Path) -> tuple[str, str]:
    """What is wrong with *data* and what mends it; ("", "") for nothing."""
    if not is_seen(data):
        parent = next(folder for folder in data.parents if is_seen(folder))
        if os.access(parent, os.W_OK | os.X_OK):
            return "", ""
        return f"{data} is not there, and {parent} cannot be written", f"make it for this user, {_OTHER_FOLDER}"
    for folder in (data, *sorted(folder for folder in data.iterdir() if folder.is_dir())):
        if owner := another_owner(folder):
            me = getpass.getuser()
            return (
                f"{folder} belongs to the user {owner}, and this is {me}",
                f"sudo chown -R {me} {data}, {_OTHER_FOLDER}",
            )
    try:
        with tempfile.TemporaryFile(dir=data):
            return "", ""
    except OSError as error:
        return f"{data} cannot be written: {error.strerror}", f"chmod u+w {data}, {_OTHER_FOLDER}"


def disk() -> Iterator[Finding]:
    """Whether the disk of the folder for data has room."""
    space = space_of(settings().data)
    fix = "make room on it, or name a folder on another disk in XINWEN_DATA"
    yield judged("disk 磁盘", f"low: {space}" if space.is_low else "", str(space), fix)


def zone() -> Iterator[Finding]:
    """Whether the time zones are there that sources and schedules have."""
    name = settings().zone
    try:
        now = f"{datetime.now(ZoneInfo(name)):%Y-%m-%d %H:%M}"
        ZoneInfo("America/New_York")
        fault = ""
    except ZoneInfoNotFoundError as error:
        now, fault = "", " ".join(map(str, error.args))
    yield judged("zone 时区", fault, f"{name}, where it is {now}", "pip install tzdata")
