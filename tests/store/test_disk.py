"""How full a disk is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from store.disk import DiskSpace, space_of

GIB = 2**30


def test_the_space_is_that_of_the_disk_also_before_the_folder_is_made(tmp_path: Path) -> None:
    found = space_of(tmp_path / "not" / "yet")
    assert found.total == shutil.disk_usage(tmp_path).total
    assert 0 < found.free < found.total


def test_a_folder_that_this_user_may_not_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> bool:
        if path.name == "hidden":
            raise PermissionError(13, "Permission denied", str(path))
        return True

    monkeypatch.setattr(Path, "exists", refused)  # root, whom nothing is hidden from, may run the tests
    assert space_of(tmp_path / "hidden").total == shutil.disk_usage(tmp_path).total


def test_low_and_full() -> None:
    def disk(free: float, total: float) -> tuple[bool, bool]:
        space = DiskSpace(Path("data"), int(free * GIB), int(total * GIB))
        return space.is_low, space.is_full

    assert disk(50, 100) == (False, False)
    assert disk(9, 100) == disk(0.9, 2) == disk(0.5, 1000) == (True, False)
    assert disk(0.2, 1000) == disk(0.2, 0.5) == disk(0, 0) == (True, True)
    assert str(DiskSpace(Path("data"), GIB, 10 * GIB)) == "1,024 MiB (10%) free on the disk of data"
