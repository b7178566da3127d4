"""Removes older backups, and keeps the newest of each of the last days, weeks and months."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from store.backup.files import BackupError
from store.backup.taking import backups_in, time_of

_PERIODS = {"d": "%Y-%m-%d", "w": "%G-%V", "m": "%Y-%m"}
_REMOVED = ".removed-"


class WrongKeep(ValueError):
    """What is to be kept is no such list as 7d,4w,12m; the message is one line."""

    status = 2
    """Exit status of a command."""


def numbers_of(keep: str) -> dict[str, int]:
    """How many days ("d"), weeks ("w") and months ("m") *keep* names, as "7d,4w,12m". Raises WrongKeep."""
    found: dict[str, int] = {}
    for part in keep.split(","):
        match = re.fullmatch(r"\s*(\d{1,4})([dwm])\s*", part)
        if match is None or not int(match[1]) or match[2] in found:
            raise WrongKeep(f"--keep {keep!r}: such as 7d,4w,12m, the days, weeks and months to keep a backup of")
        found[match[2]] = int(match[1])
    return found


def kept(backups: Iterable[Path], numbers: dict[str, int], zone: ZoneInfo) -> set[Path]:
    """Those of *backups* to keep: the newest of each of the last periods that have any, and the newest of all."""
    newest_first = sorted(backups, reverse=True)
    chosen = set(newest_first[:1])
    for unit, number in numbers.items():
        of_period: dict[str, Path] = {}
        for backup in newest_first:
            of_period.setdefault(time_of(backup).astimezone(zone).strftime(_PERIODS[unit]), backup)
        chosen.update(list(of_period.values())[:number])
    return chosen


def thin_out(parent: Path, numbers: dict[str, int], zone: ZoneInfo) -> list[Path]:
    """Remove the backups in *parent* that *numbers* does not keep; which ones. Raises BackupError."""
    backups = backups_in(parent)
    gone = sorted(set(backups) - kept(backups, numbers, zone))
    try:
        for backup in gone:
            # Renamed first: half of a backup must not look like one.
            backup.rename(parent / f"{_REMOVED}{backup.name}")
        for folder in parent.glob(f"{_REMOVED}*"):
            if folder.is_symlink():  # to a backup on another disk, which stays
                folder.unlink()
            else:
                shutil.rmtree(folder)
    except OSError as error:
        raise BackupError(f"{error.filename or parent}: {(error.strerror or str(error)).lower()}") from None
    return gone
