"""Local files of segments: written once, checked each time they are opened, replaced when damaged."""

from __future__ import annotations

import logging
import os
import resource
from pathlib import Path

import numpy as np
import pytest

from similarity.postings.inverted import InvertedIndex
from similarity.reader.segment_cache import UNUSED_DAYS, SegmentCache
from similarity.reader.segment_reader import open_segment
from store.index.segment_format import DamagedSegment, encode
from tests.similarity.ranking.kernel.test_maxscore import document

DATA = encode([document(number, {1: 1, 2: 300, number: 2}) for number in range(40)])
NAME = "a" * 64


def fail_to_fetch() -> bytes:
    raise AssertionError("the segment was fetched although its file is there")


def assert_complete(reader) -> None:
    expected = open_segment(DATA, NAME)
    assert reader.name == NAME
    for name in InvertedIndex._fields:
        assert np.array_equal(getattr(reader.words, name), getattr(expected.words, name)), name
    assert np.array_equal(reader.segment.ids, expected.segment.ids)
    assert reader.document(7) == expected.document(7)


def test_a_file_is_written_once_and_then_mapped(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path)
    assert_complete(cache.open(NAME, lambda: DATA))
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.block"]
    mapped = SegmentCache(tmp_path).open(NAME, fail_to_fetch)
    assert_complete(mapped)
    assert not mapped.words.rows.flags.owndata, "its memory is that of the file, shared with other readers"


@pytest.mark.parametrize("place", [0, 8, 12, 20, 40, 5000, -1])
def test_a_flipped_byte_is_noticed(tmp_path: Path, place: int, caplog) -> None:
    SegmentCache(tmp_path).open(NAME, lambda: DATA)
    path = tmp_path / f"{NAME}.block"
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 4
    path.write_bytes(damaged)
    fetched = []
    assert_complete(SegmentCache(tmp_path).open(NAME, lambda: fetched.append(1) or DATA))
    assert fetched == [1]
    assert "is damaged or of another version and is replaced" in caplog.text
    assert_complete(SegmentCache(tmp_path).open(NAME, fail_to_fetch))


@pytest.mark.parametrize("size", [0, 10, 100, 6000])
def test_a_truncated_file_is_replaced(tmp_path: Path, size: int) -> None:
    SegmentCache(tmp_path).open(NAME, lambda: DATA)
    os.truncate(tmp_path / f"{NAME}.block", size)
    assert_complete(SegmentCache(tmp_path).open(NAME, lambda: DATA))
    assert_complete(SegmentCache(tmp_path).open(NAME, fail_to_fetch))


def test_a_folder_that_cannot_be_written_is_logged_once(tmp_path: Path, caplog) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = SegmentCache(tmp_path / "file" / "segments")
    with caplog.at_level(logging.WARNING):
        for name in (NAME, "b" * 64):
            assert cache.open(name, lambda: DATA).rows == 40
    assert [record.message for record in caplog.records] == [cache.fault]
    assert "cannot be written (Not a directory): segments are kept in memory" in cache.fault


def test_a_full_disk(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    try:
        cache = SegmentCache(tmp_path)
        assert cache.open(NAME, lambda: DATA).rows == 40
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot be written (File too large)" in cache.fault
    assert list(tmp_path.iterdir()) == [], "nothing half written stays"


def test_the_error_of_a_damaged_segment_is_raised(tmp_path: Path) -> None:
    with pytest.raises(DamagedSegment):
        SegmentCache(tmp_path).open(NAME, lambda: DATA[:-200])
    assert list(tmp_path.iterdir()) == []


def test_unused_files_are_removed_after_a_week(tmp_path: Path) -> None:
    names = ["a" * 64, "b" * 64, "c" * 64]
    cache = SegmentCache(tmp_path)
    for name in names:
        cache.open(name, lambda: DATA)
    partial = tmp_path / f"{'d' * 64}.block.0123.partial"
    partial.write_bytes(b"left by a process that was killed")
    for path in (tmp_path / f"{names[0]}.block", tmp_path / f"{names[1]}.block", partial):
        then = path.stat().st_mtime - 86_400 * (UNUSED_DAYS + 1)
        os.utime(path, (then, then))
    cache.tidy([names[0]])
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "c"]
