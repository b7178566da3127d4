"""How full the disk of a folder is. Loads no MongoDB."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

LOW_SHARE = 0.10
LOW_BYTES = 2**30
RESERVE = 256 * 2**20
"""Free bytes below which nobody writes any more: without which the embedded server cannot go on.

A mongod whose disk is full ends and does not start again. Its journal takes 100 MiB at a time, and what is in its cache
is written after the last writer was refused.
"""


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """``free`` and ``total`` bytes of the disk that holds ``content``: a folder, or what a server stores.

    Of a folder as far as this user may use them.
    """

    content: Path | str
    free: int
    total: int

    @property
    def share(self) -> float:
        """The free part of the disk, 0 to 1."""
        return self.free / self.total if self.total else 0.0

    @property
    def is_low(self) -> bool:
        """Whether somebody should make room: less than a tenth or 1 GiB is free."""
        return self.share < LOW_SHARE or self.free < LOW_BYTES

    @property
    def is_full(self) -> bool:
        """Whether nobody may write any more."""
        return self.free < RESERVE

    def __str__(self) -> str:
        return f"{self.free / 2**20:,.0f} MiB ({self.share:.0%}) free on the disk of {self.content}"


def is_seen(path: Path) -> bool:
    """Whether *path* is there for this user, who may not be allowed to look."""
    try:
        return path.exists()
    except OSError:  # before Python 3.12
        return False


def space_of(folder: Path) -> DiskSpace:
    """The disk that holds *folder*, or will hold it once it is made. Raises OSError."""
    existing = folder.absolute()
    while not is_seen(existing) and existing != existing.parent:
        existing = existing.parent
    facts = os.statvfs(existing)
    return DiskSpace(folder, facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize)
