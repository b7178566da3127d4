"""Health of the sources, judged from the records of runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from similarity.health import all_sources, health_of
from store.documents.sources import source_rows
from tests.commands import assert_one_line_error, run

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def record_runs(database, source: str, *verdicts: tuple[str, timedelta], now: datetime = NOW) -> None:
    for verdict, ago in verdicts:
        ended = now - ago
        database.runs.insert_one({"source": source, "verdict": verdict, "why": "", "started": ended, "ended": ended})


@pytest.mark.parametrize(
    ("verdicts", "fault"),
    [
        ([("ok", HOUR)], ""),
        ([("ok", 2 * DAY), ("nothing_new", HOUR)], ""),
        ([("ok", 2 * DAY), ("failed", HOUR)], "the last run was failed"),
        ([("ok", 2 * DAY), ("degraded", HOUR)], "the last run was degraded"),
        ([("ok", HOUR), ("empty", 0 * HOUR)], "the last run was empty"),
        ([("failed", DAY), ("ok", HOUR)], ""),
        ([("ok", 2 * DAY), ("blocked", HOUR)], ""),
        ([("ok", 4 * DAY), ("blocked", HOUR)], "no good run for 4 days"),
        ([("ok", 4 * DAY)], "no good run for 4 days"),
        ([("blocked", HOUR)], ""),
        ([("login_needed", 5 * DAY), ("login_needed", HOUR)], "no good run ever, in 5 days"),
    ],
)
def test_fault(database, verdicts: list[tuple[str, timedelta]], fault: str) -> None:
    record_runs(database, "sia", *verdicts)
    (state,) = health_of(database, NOW, [])
    assert state.fault == fault
    assert state.history == [verdict for verdict, _ in verdicts]
    assert state.verdict == verdicts[-1][0]
    assert state.last == NOW - verdicts[-1][1]


@pytest.mark.parametrize(
    ("rhythm", "ago", "fault"),
    [
        (DAY, 4 * DAY, "no good run for 4 days"),
        (7 * DAY, 4 * DAY, ""),  # well on Monday, and not asked again before the next one
        (7 * DAY, 9 * DAY, ""),
        (7 * DAY, 11 * DAY, "no good run for 11 days"),
    ],
)
def test_a_source_is_silent_only_once_a_run_was_due(database, rhythm: timedelta, ago: timedelta, fault: str) -> None:
    record_runs(database, "tsmc", ("ok", ago))
    database.runs.update_many({}, {"$set": {"rhythm": rhythm.total_seconds()}})
    (state,) = health_of(database, NOW, [])
    assert state.fault == fault
    # What Prometheus goes by says the same.
    assert state.silent_since is not None and (NOW - state.silent_since > 3 * DAY) == bool(fault)


@pytest.mark.parametrize(
    ("rhythm", "ahead", "verdict"),
    [(HOUR, HOUR, "ok"), (HOUR, 3 * HOUR, "failed"), (7 * DAY, 3 * DAY, "ok"), (7 * DAY, 8 * DAY, "failed"),
     (None, 3 * DAY, "ok"), (None, 400 * DAY, "failed")],
)  # fmt: skip
def test_a_run_of_a_clock_that_was_ahead_hides_no_failure(database, rhythm, ahead: timedelta, verdict: str) -> None:
    record_runs(database, "sia", ("failed", HOUR), ("ok", -ahead))
    if rhythm:
        database.runs.update_many({}, {"$set": {"rhythm": rhythm.total_seconds()}})
    (state,) = health_of(database, NOW, [])
    assert (state.verdict, state.last_good is None) == (verdict, verdict == "failed")
    assert bool(state.fault) == (verdict == "failed")


def test_all_sources_that_ever_ran_or_the_given_ones(database) -> None:
    record_runs(database, "wsts", ("ok", HOUR))
    record_runs(database, "sia", *(("ok", number * HOUR) for number in range(12, 0, -1)))
    database.runs.insert_one({"source": "ingest", "verdict": "ok", "started": NOW, "ended": NOW, "from_files": True})
    assert [(state.source, len(state.history)) for state in health_of(database, NOW, [])] == [("sia", 8), ("wsts", 1)]
    assert [(state.source, state.fault) for state in health_of(database, NOW, ["semi"])] == [("semi", "has never run")]
    found = health_of(database, NOW, all_sources(database))
    assert [state.source for state in found] == list(source_rows(database)) and len(found) >= 20
    # Of a source that is off no run is missing.
    assert {state.source for state in found if not state.last and not state.fault} >= {"gartner", "reuters"}
    record_runs(database, "gartner", ("failed", 5 * DAY))
    record_runs(database, "reuters", ("failed", HOUR))
    assert [state.fault for state in health_of(database, NOW, ["gartner", "reuters"])] == [
        "",
        "the last run was failed",
    ]


@pytest.mark.parametrize(
    ("verdicts", "is_lasting"),
    [
        ([("ok", 3 * HOUR), ("failed", HOUR)], False),
        ([("ok", 3 * HOUR), ("failed", 2 * HOUR), ("empty", HOUR)], True),
        ([("ok", 3 * HOUR), ("blocked", 2 * HOUR), ("failed", HOUR)], True),
        ([("failed", 3 * HOUR), ("ok", 2 * HOUR), ("failed", HOUR)], False),
        ([("failed", 2 * HOUR), ("failed", 2 * HOUR), ("ok", HOUR)], False),
        ([("ok", 3 * DAY), ("degraded", DAY)], True),
        ([("ok", 4 * DAY)], True),
        ([("failed", HOUR)], False),
    ],
)
def test_what_is_more_than_a_single_failure(database, verdicts: list[tuple[str, timedelta]], is_lasting: bool) -> None:
    record_runs(database, "sia", *verdicts)
    (state,) = health_of(database, NOW, ["sia"])
    assert state.is_lasting(NOW) is is_lasting


def test_the_command(uri: str, database) -> None:
    done = run("similarity", "health", mongodb_uri=uri)
    assert done.returncode == 1 and "✗ has never run" in done.stdout and "gartner" in done.stdout
    now = datetime.now(UTC).replace(microsecond=0)  # the command has its own clock, and NOW may be half an hour ago
    record_runs(database, "sia", ("ok", 3 * HOUR), ("failed", 2 * HOUR), ("ok", HOUR), now=now)
    assert_one_line_error(run("similarity", "health", "siaa", mongodb_uri=uri), "no source 'siaa': did you mean sia?")
    done = run("similarity", "health", "sia", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["sia", "last", "1", "h", "good", "1", "h", "ok", "✗", "ok", "ok"]
    record_runs(database, "wsts", ("empty", HOUR), now=now)
    done = run("similarity", "health", mongodb_uri=uri)
    assert done.returncode == 1
    assert "✗ the last run was empty" in done.stdout and "xinwen crawl KEY" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()[-7:]] == [
        "schedule",
        "leases",
        "index",
        "layout",
        "outbox",
        "disk",
        "disk",
    ]
    done = run("similarity", "health", "--json", "wsts", mongodb_uri=uri)
    assert done.returncode == 1
    (state,) = json.loads(done.stdout)["sources"]
    assert state == {
        "source": "wsts",
        "verdict": "empty",
        "why": "",
        "last": (now - HOUR).isoformat().replace("+00:00", "Z"),
        "last_good": None,
        "history": ["empty"],
        "fault": "the last run was empty",
        "job": "",
        "enabled": True,
        "next_by": None,
        "window": "",
        "silent_since": (now - HOUR).isoformat().replace("+00:00", "Z"),
    }


def test_it_says_when_it_cannot_tell() -> None:
    given = {"mongodb_uri": "mongodb://me:secret@127.0.0.1:1/x", "xinwen_timeout": 0.3}
    done = run("similarity", "health", "--json", **given)
    assert_one_line_error(done, "error: MongoDB at mongodb://me:***@127.0.0.1:1/x cannot be reached")
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert answer["status"] == "unknown" and "cannot be reached" in answer["reason"]
    assert "secret" not in done.stdout + done.stderr
