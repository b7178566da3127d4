"""The metrics of sources and store, as Prometheus reads them, and the file of them."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from similarity.condition import read_state
from similarity.metrics import of_sources, of_state, text_of, write_file
from store import schema
from store.leases import NumberedLease
from tests.commands import assert_one_line_error, run
from tests.deploy.tools import tool

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
HOSTILE = 'a "page"\nwith\u2028lines \\ and {braces}'


def values(text: str) -> dict[tuple[str, ...], float]:
    """By name and labels, in their order, the value of each sample."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def add_runs(database) -> None:
    schema.create_collections(database)
    good = {"source": "sia", "verdict": "ok", "why": "", "started": NOW - 3 * HOUR, "ended": NOW - 3 * HOUR}
    last = {
        "source": "sia", "verdict": "degraded", "why": HOSTILE, "started": NOW - HOUR, "ended": NOW - HOUR, "job": HOSTILE,
        "articles": 12, "new": 3, "requests": {"robots": 1, "entry": 2, "page": 4}, "bytes": 4096, "seconds": 7.5,
        "coverage": {"published": 0.75, "text": 1.0, "length": 900}, "rhythm": 3600.0, "next_by": NOW + HOUR,
        "errors": [{"url": "https://a.example/" + HOSTILE, "outcome": "failed", "reason": HOSTILE}],
    }  # fmt: skip
    old = {"source": "wsts", "verdict": "failed", "why": "", "started": NOW - 5 * HOUR, "ended": NOW - 5 * HOUR}
    database.runs.insert_many([good, last, old])


def text(database) -> str:
    state = read_state(database, NOW, Path("/"))
    return text_of([*of_state(state, NOW), *of_sources(database, state, NOW)]).decode()


def test_each_source_has_its_latest_run(database) -> None:
    add_runs(database)
    lease = NumberedLease(database, "crawl sia")
    assert lease.hold()
    found = values(text(database))
    expected = {
        ("articles", "sia"): 12, ("run_new_articles", "sia"): 3, ("run_received_bytes", "sia"): 4096,
        ("run_duration_seconds", "sia"): 7.5, ("rhythm_seconds", "sia"): 3600, ("run_requests", "page", "sia"): 4,
        ("coverage_ratio", "published", "sia"): 0.75, ("body_length_characters", "sia"): 900,
        ("verdict", "sia", "degraded"): 1, ("verdict", "sia", "ok"): 0, ("verdict", "wsts", "failed"): 1,
        ("crawling", "sia"): 1, ("crawling", "wsts"): 0, ("enabled", "sia"): 1, ("enabled", "gartner"): 0,
        ("last_run_timestamp_seconds", "sia"): (NOW - HOUR).timestamp(),
        ("last_good_run_timestamp_seconds", "sia"): (NOW - 3 * HOUR).timestamp(),
        ("silent_since_timestamp_seconds", "sia"): (NOW - 3 * HOUR).timestamp(),
        ("silent_since_timestamp_seconds", "wsts"): (NOW - 5 * HOUR).timestamp(),
        ("start_deadline_timestamp_seconds", "sia"): (NOW + HOUR).timestamp(),
    }  # fmt: skip
    assert {key: found[f"xinwen_source_{key[0]}", *key[1:]] for key in expected} == expected
    assert ("xinwen_source_last_good_run_timestamp_seconds", "wsts") not in found
    assert ("xinwen_source_last_run_timestamp_seconds", "semi") not in found


def test_no_label_has_a_value_from_a_page(database) -> None:
    add_runs(database)
    written = text(database)
    assert "page" not in written.replace('kind="page"', "") and "a.example" not in written and "braces" not in written


def test_the_state_of_the_store(database, store_texts) -> None:
    store_texts(["chips", "wafers"])
    found = values(text(database))
    assert found["xinwen_articles",] == 2 and found["xinwen_index_version",] == 1
    assert found["xinwen_index_unpacked_articles",] == 2 and found["xinwen_index_unpacked_seconds",] == 0
    assert found["xinwen_index_usable",] == 1 and found["xinwen_outbox_overdue_seconds",] == 0
    assert found["xinwen_newest_article_age_seconds",] >= 0
    assert 0 < found["xinwen_disk_free_bytes", "data"] <= found["xinwen_disk_size_bytes", "data"]
    assert {key[1] for key in found if key[0] == "xinwen_outbox_messages"} == {"held", "waiting", "delivered", "failed"}


def check(text: str) -> subprocess.CompletedProcess[str]:
    """What promtool, which Prometheus comes with, says of metrics."""
    command = [tool("promtool", "prometheus"), "check", "metrics"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def test_prometheus_finds_nothing_wrong(database, uri: str, tmp_path: Path) -> None:
    add_runs(database)
    file = tmp_path / "xinwen.prom"
    done = run("similarity", "metrics", "--file", file, mongodb_uri=uri)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    written = file.read_text()
    checked = check(written)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert file.stat().st_mode & 0o777 == 0o644, "another user reads it"
    assert [path.name for path in tmp_path.iterdir()] == ["xinwen.prom"]
    assert values(written)["xinwen_metrics_timestamp_seconds",] > NOW.timestamp() - 60
    broken = written.replace("# TYPE xinwen_articles gauge", "# TYPE xinwen_articles counter")
    assert check(broken).returncode != 0, "the check would see it"


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "none" / "xinwen.prom"
    done = run("similarity", "metrics", "--file", gone, mongodb_uri=uri)
    assert_one_line_error(done, f"error: {gone} is not written: no such file or directory")
    assert done.returncode == 1
    done = run("similarity", "metrics", "--file", tmp_path, mongodb_uri=uri)
    assert_one_line_error(done, f"error: {tmp_path} is not written: is a directory")
    file = tmp_path / "xinwen.prom"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("similarity.metrics.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_file(file, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["xinwen.prom"] and file.read_text() == "old"


def test_a_pipe_or_a_device_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file(pipe, b"new")
        assert (os.read(reader, 9), pipe.is_fifo()) == (b"new", True)
    finally:
        os.close(reader)


def test_it_says_when_it_cannot_tell(tmp_path: Path) -> None:
    given = {"mongodb_uri": "mongodb://me:secret@127.0.0.1:1/x", "xinwen_timeout": 0.3}
    file = tmp_path / "xinwen.prom"
    file.write_text("old")
    done = run("similarity", "metrics", "--file", file, **given)
    assert_one_line_error(done, "mongodb://me:***@127.0.0.1:1/x cannot be reached")
    assert (done.returncode, file.read_text()) == (2, "old")
