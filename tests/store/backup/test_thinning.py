"""Older backups are thinned out: the newest of each of the last days, weeks and months stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from store.backup import contents
from store.backup.taking import backups_in
from store.backup.thinning import WrongKeep, kept, numbers_of, thin_out

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEWEST = datetime(2026, 11, 30, 2, tzinfo=UTC)  # a Monday, at ten in Shanghai


def backup(parent: Path, moment: datetime) -> Path:
    folder = parent / moment.strftime("%Y-%m-%dT%H%M%SZ")
    folder.mkdir()
    (folder / contents.NAME).write_text("{}")
    return folder


def names(folders: set[Path]) -> list[str]:
    return [folder.name[:13] for folder in sorted(folders, reverse=True)]


def test_days_weeks_and_months() -> None:
    every_twelve_hours = [
        Path((NEWEST - timedelta(hours=12 * number)).strftime("%Y-%m-%dT%H%M%SZ")) for number in range(300)
    ]
    # 14:00 UTC is 22:00 in Shanghai, the last backup of its day there.
    assert names(kept(every_twelve_hours, {"d": 3}, SHANGHAI)) == ["2026-11-30T02", "2026-11-29T14", "2026-11-28T14"]
    assert names(kept(every_twelve_hours, {"w": 3}, SHANGHAI)) == ["2026-11-30T02", "2026-11-29T14", "2026-11-22T14"]
    assert names(kept(every_twelve_hours, {"m": 3}, SHANGHAI)) == ["2026-11-30T02", "2026-10-31T14", "2026-09-30T14"]
    together = kept(every_twelve_hours, {"d": 3, "w": 3, "m": 3}, SHANGHAI)
    assert len(together) == 6
    assert kept(every_twelve_hours[:1], {"m": 1}, SHANGHAI) == {every_twelve_hours[0]}
    assert kept([], {"d": 1}, SHANGHAI) == set()


def test_periods_without_a_backup_do_not_count() -> None:
    rare = [Path((NEWEST - timedelta(days=40 * number)).strftime("%Y-%m-%dT%H%M%SZ")) for number in range(4)]
    assert kept(rare, {"d": 2}, SHANGHAI) == set(rare[:2])


def test_only_backups_are_removed_and_none_is_left_half(tmp_path: Path) -> None:
    made = [backup(tmp_path, NEWEST - timedelta(days=number)) for number in range(3)]
    (tmp_path / "2026-11-01T000000Z").mkdir()  # no manifest: no backup of ours
    (tmp_path / "notes").mkdir()
    (tmp_path / ".removed-2026-10-01T000000Z").mkdir()  # of a process that was killed
    assert thin_out(tmp_path, numbers_of("2d"), SHANGHAI) == [made[2]]
    assert backups_in(tmp_path) == [made[1], made[0]]
    assert sorted(one.name for one in tmp_path.iterdir() if one not in made) == ["2026-11-01T000000Z", "notes"]


def test_links_go_without_what_they_lead_to_and_names_of_no_backup_stay(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "backups", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    newest, older = backup(folder, NEWEST), backup(elsewhere, NEWEST - timedelta(days=3))
    link = folder / older.name
    link.symlink_to(older)
    others = [folder / name for name in ("2026-1-2T000000Z", "9999-12-31T235959Z", "0001-01-01T000000Z")]
    for other in others:
        other.mkdir()
        (other / contents.NAME).write_text("{}")
    for zone in (SHANGHAI, ZoneInfo("America/New_York")):
        assert thin_out(folder, numbers_of("1d"), zone) == ([link] if zone == SHANGHAI else [])
    assert sorted(folder.iterdir()) == sorted([newest, *others]) and (older / contents.NAME).exists()


@pytest.mark.parametrize("keep", ["", "7", "7x", "0d", "7d,7d", "-1d", "7d;4w", "12345d"])
def test_what_is_to_be_kept_is_checked(keep: str) -> None:
    with pytest.raises(WrongKeep, match="such as 7d,4w,12m"):
        numbers_of(keep)


def test_what_is_to_be_kept_is_read() -> None:
    assert numbers_of("7d, 4w,12m") == {"d": 7, "w": 4, "m": 12}
