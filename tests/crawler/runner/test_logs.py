"""The logs of crawls that a killed command has left."""

from __future__ import annotations

import os
import time
from pathlib import Path

from crawler.runner.processes import ParallelCrawls


def test_logs_that_a_killed_command_has_left_go_after_a_week(tmp_path: Path) -> None:
    days = {"sia.log": 400, "sia.4711.log": 8, "sia.4712.log": 6, "sia.old.log": 400, "mine.txt": 400}
    for name, age in days.items():
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, times=(time.time() - age * 86_400,) * 2)
    assert list(ParallelCrawls(1, 1, tmp_path).crawl([], lambda key: None)) == []
    assert {file.name for file in tmp_path.iterdir()} == days.keys() - {"sia.4711.log"}
