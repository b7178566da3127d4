"""Local files of segments: made once, checked each time, never needed."""

from __future__ import annotations

import logging
import os
import resource
from pathlib import Path

import numpy as np
import pytest

from similarity.block import block_of
from similarity.cache import UNUSED_DAYS, Cache
from similarity.postings import Columns
from store.segments import DamagedSegment, encode
from tests.similarity.test_kernel import document

DATA = encode([document(number, {1: 1, 2: 300, number: 2}) for number in range(40)])
NAME = "a" * 64


def not_asked() -> bytes:
    raise AssertionError("the segment was fetched although its file is there")


def assert_whole(block) -> None:
    expected = block_of(DATA, NAME)
    assert block.name == NAME
    for name in Columns._fields:
        assert np.array_equal(getattr(block.columns, name), getattr(expected.columns, name)), name
    assert np.array_equal(block.segment.ids, expected.segment.ids)
    assert block.document(7) == expected.document(7)


def test_made_once_then_mapped(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert_whole(cache.block(NAME, lambda: DATA))
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.block"]
    found = Cache(tmp_path).block(NAME, not_asked)
    assert_whole(found)
    assert not found.columns.rows.flags.owndata, "it lies in the file, shared with other readers"


@pytest.mark.parametrize("place", [0, 8, 12, 20, 40, 5000, -1])
def test_a_flipped_byte_is_noticed(tmp_path: Path, place: int, caplog) -> None:
    Cache(tmp_path).block(NAME, lambda: DATA)
    path = tmp_path / f"{NAME}.block"
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 4
    path.write_bytes(damaged)
    asked = []
    assert_whole(Cache(tmp_path).block(NAME, lambda: asked.append(1) or DATA))
    assert asked == [1]
    assert "made anew" in caplog.text
    assert_whole(Cache(tmp_path).block(NAME, not_asked))


@pytest.mark.parametrize("size", [0, 10, 100, 6000])
def test_a_file_that_is_cut_off_is_made_anew(tmp_path: Path, size: int) -> None:
    Cache(tmp_path).block(NAME, lambda: DATA)
    os.truncate(tmp_path / f"{NAME}.block", size)
    assert_whole(Cache(tmp_path).block(NAME, lambda: DATA))
    assert_whole(Cache(tmp_path).block(NAME, not_asked))


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path, caplog) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = Cache(tmp_path / "file" / "segments")
    with caplog.at_level(logging.WARNING):
        for name in (NAME, "b" * 64):
            assert cache.block(name, lambda: DATA).rows == 40
    assert [record.message for record in caplog.records] == [cache.fault]
    assert "cannot be written (Not a directory): segments are kept in memory" in cache.fault


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    try:
        cache = Cache(tmp_path)
        assert cache.block(NAME, lambda: DATA).rows == 40
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot be written (File too large)" in cache.fault
    assert list(tmp_path.iterdir()) == [], "nothing half written stays"


def test_what_cannot_be_fetched_is_no_business_of_the_cache(tmp_path: Path) -> None:
    with pytest.raises(DamagedSegment):
        Cache(tmp_path).block(NAME, lambda: DATA[:-200])
    assert list(tmp_path.iterdir()) == []


def test_files_of_nobody_go_after_a_week(tmp_path: Path) -> None:
    names = ["a" * 64, "b" * 64, "c" * 64]
    cache = Cache(tmp_path)
    for name in names:
        cache.block(name, lambda: DATA)
    partial = tmp_path / f"{'d' * 64}.block.0123.partial"
    partial.write_bytes(b"left by a process that was killed")
    for path in (tmp_path / f"{names[0]}.block", tmp_path / f"{names[1]}.block", partial):
        then = path.stat().st_mtime - 86_400 * (UNUSED_DAYS + 1)
        os.utime(path, (then, then))
    cache.tidy([names[0]])
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "c"]
