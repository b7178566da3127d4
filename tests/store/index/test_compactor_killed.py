"""Compactors that are killed or paused, or run two at once; and a mongod that is killed while one runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pymongo.errors import PyMongoError

from store import leases
from store.connection import connect
from store.index import merge_policy, preparation, segment_format, segments, snapshot
from store.index.compactor import STEPS, CompactionReport, compact, rebuild
from store.index.verify import verify
from store.server import embedded
from tests.store.index_content import content, delete, key, store, stored

pytestmark = pytest.mark.slow

KILLED = """
import os, sys
from store import leases
from store.connection import connect
from store.index import merge_policy
from store.index.compactor import compact
leases.INDEX_SECONDS = 0.2
merge_policy.SEGMENTS_PER_TIER = 2
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), 9)
compact(connect(sys.argv[1]), step=step, grace=0)
"""

PROJECT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    monkeypatch.setattr(merge_policy, "SEGMENTS_PER_TIER", 2)


def leave_work(database) -> None:
    """Make a state in which a compaction takes every step."""
    store(database, {"a": "one two", "b": "two", "c": "three"})
    compact(database)
    store(database, {"a": "other", "d": "four"})
    delete(database, ["b"])
    segments.write(database, segment_format.encode([]))  # which no manifest names


def compact_in_time(database, seconds: float = 180) -> CompactionReport:
    """``compact`` as cron calls it: again and again until no other compactor has the lease."""
    deadline = time.monotonic() + seconds
    while (report := compact(database, grace=0)).busy:
        assert time.monotonic() < deadline, "the lease never lapsed"
        time.sleep(0.05)
    return report


def assert_settled(database, expected: dict) -> None:
    assert content(database) == stored(database) == expected
    assert verify(database, "test") == []
    state = snapshot.read(database)
    assert (state.pending, state.deleted) == ((), ())


def test_a_compaction_takes_every_step(database) -> None:
    preparation.prepare(database, "test")
    leave_work(database)
    seen: list[str] = []
    compact(database, step=seen.append, grace=0)
    assert set(seen) == set(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_loses_nothing_and_the_next_compaction_finishes(database, uri: str, step: str) -> None:
    preparation.prepare(database, "test")
    leave_work(database)
    expected = stored(database)
    killed = subprocess.run([sys.executable, "-c", KILLED, uri, step], cwd=PROJECT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert content(database) == expected, "what a reader finds in the meantime"
    compact_in_time(database)
    assert_settled(database, expected)


@pytest.mark.parametrize("work", [compact, rebuild])
@pytest.mark.parametrize("step", STEPS)
def test_a_pause_at_any_step_while_other_processes_write(database, step: str, work) -> None:
    preparation.prepare(database, "test")
    leave_work(database)
    paused: list[str] = []

    def pause(name: str) -> None:
        if name != step or paused:
            return
        paused.append(name)
        database.leases.delete_one({"_id": leases.INDEX})  # as if it had lapsed
        store(database, {"a": "yet another", "e": "five", "c": "changed"})
        delete(database, ["d", "a"])
        compact(database, grace=0)
        store(database, {"a": "back again", "c": "changed once more"})
        delete(database, ["e"])
        compact(database, grace=0)
        store(database, {"f": "six"})

    work(database, step=pause, grace=0)
    assert content(database) == stored(database), "what a reader finds in the meantime"
    compact_in_time(database)
    assert_settled(database, stored(database))
    assert len(content(database)) == 3


def test_a_second_compaction_at_the_same_time_is_refused(database) -> None:
    preparation.prepare(database, "test")
    store(database, {"a": "one"})
    inner: list[CompactionReport] = []
    outer = compact(database, step=lambda name: inner.append(compact(database)) if name == "planned" else None)
    assert (outer.packed, outer.busy) == (1, False)
    assert {report.busy for report in inner} == {True}


def test_two_compactions_without_a_lease_do_no_harm(database, uri: str, monkeypatch) -> None:
    monkeypatch.setattr(leases.NumberedLease, "renew", lambda self: None)
    preparation.prepare(database, "test")
    store(database, {f"a{number}": f"word{number % 7} common" for number in range(40)})
    with connect(uri).client as client:
        other = client.get_default_database()
        for turn in range(4):
            threads = [threading.Thread(target=compact, args=(one,), kwargs={"grace": 0}) for one in (database, other)]
            for thread in threads:
                thread.start()
            store(database, {f"b{turn}": "while they work", "a1": f"changed {turn}"})
            delete(database, [f"a{turn + 2}"])
            for thread in threads:
                thread.join()
            assert content(database) == stored(database)
    compact(database, grace=0)
    assert_settled(database, stored(database))


def test_a_lease_given_before_the_clock_was_put_back_is_void(database) -> None:
    preparation.prepare(database, "test")
    now = database.command("hello")["localTime"]
    ahead = {"_id": leases.INDEX, "owner": "other", "number": 7, "until": now + timedelta(days=365)}
    database.leases.insert_one(ahead)
    assert not compact(database).busy
    database.leases.replace_one({"_id": leases.INDEX}, ahead | {"until": now + timedelta(seconds=20)})
    assert compact(database).busy


def test_a_compaction_whose_mongod_is_killed(tmp_path: Path) -> None:
    address = embedded.ensure_running(tmp_path, "db")
    try:
        with connect(address).client as client:
            database = client.get_default_database()
            preparation.prepare(database, "test")
            for step in ("segment written", "committed", "garbage announced"):
                leave_work(database)
                expected = stored(database)
                killed: list[int] = []

                def kill(name: str, step: str = step, killed: list[int] = killed) -> None:
                    if name == step and not killed:
                        killed.append(embedded.read_state(tmp_path / "mongod")["mongod"])
                        os.kill(killed[0], signal.SIGKILL)

                try:
                    compact(database, step=kill, grace=0)
                except PyMongoError:
                    assert killed
                compact_in_time(database, 60)
                assert_settled(database, expected)
                delete(database, "abcd")
        assert key("a")
    finally:
        assert embedded.stop(tmp_path), "the server did not stop"
