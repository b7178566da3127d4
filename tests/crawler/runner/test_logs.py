"""The logs of crawls, and processes that are started while the command is interrupted."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from crawler.runner.processes import ParallelCrawls


def test_logs_that_a_killed_command_has_left_go_after_a_week(tmp_path: Path) -> None:
    days = {"sia.log": 400, "sia.4711.log": 8, "sia.4712.log": 6, "sia.old.log": 400, "mine.txt": 400}
    for name, age in days.items():
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, times=(time.time() - age * 86_400,) * 2)
    assert list(ParallelCrawls(1, 1, tmp_path).crawl([], lambda key: None)) == []
    assert {file.name for file in tmp_path.iterdir()} == days.keys() - {"sia.4711.log"}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


def crawl_by(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the shell *script* stand for each crawl."""
    program = folder / "crawl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_a_crawl_whose_log_was_removed_counts_and_the_others_go_on(logs: Path, tmp_path: Path, monkeypatch) -> None:
    crawl_by(f"rm -r {logs}", tmp_path, monkeypatch)
    ended = list(ParallelCrawls(1, 60, logs).crawl(["sia", "semi"], lambda key: None))
    assert [(crawl.key, crawl.status, crawl.fault) for crawl in ended] == [("sia", 0, ""), ("semi", 0, "")]
    crawl_by(f"rm -r {logs}; exit 3", tmp_path, monkeypatch)
    (failed,) = ParallelCrawls(1, 60, logs).crawl(["sia"], lambda key: None)
    assert failed.fault.startswith("ended with status 3: its log ") and failed.fault.endswith(" was removed")


def test_a_crawl_that_cannot_be_started_fails_and_the_others_go_on(logs: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    ended = list(ParallelCrawls(1, 60, logs).crawl(["sia", "semi"], lambda key: None))
    fault = "ended with status 71: it could not be started: No such file or directory"
    assert [(crawl.key, crawl.fault) for crawl in ended] == [("sia", fault), ("semi", fault)]
    assert (logs / "sia.log").read_text() == "it could not be started: No such file or directory\n"


def test_a_log_that_another_command_removes_first(logs: Path, monkeypatch) -> None:
    logs.mkdir()
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter([logs / "sia.4711.log"]))
    assert list(ParallelCrawls(1, 60, logs).crawl([], lambda key: None)) == []


def test_a_crawl_that_starts_during_an_interruption_is_ended(logs: Path, tmp_path: Path, monkeypatch) -> None:
    crawl_by("exec sleep 60", tmp_path, monkeypatch)
    crawls = ParallelCrawls(1, 60, logs)
    (ended,) = crawls.crawl(["sia"], lambda key: crawls._stopping.set())
    assert ended.fault == "killed by signal 15"
