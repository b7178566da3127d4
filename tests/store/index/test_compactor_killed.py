"""Compactors that are killed, paused, or two at once; and a MongoDB that is killed under them."""

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

from store import embedded, lease, packed, schema, segments, snapshot
from store.compactor import STEPS, Report, compact, rebuild
from store.connection import connect
from store.verify import verify
from tests.store.index import content, delete, key, store, stored

KILLED = """
import os, sys
from store import lease, packed
from store.compactor import compact
from store.connection import connect
lease.SECONDS = 0.2
packed.TIER = 2
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), 9)
compact(connect(sys.argv[1]), step=step, grace=0)
"""

PROJECT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    monkeypatch.setattr(packed, "TIER", 2)


def much_to_do(database) -> None:
    """A state in which a compaction takes every step."""
    store(database, {"a": "one two", "b": "two", "c": "three"})
    compact(database)
    store(database, {"a": "other", "d": "four"})
    delete(database, ["b"])
    segments.write(database, segments.encode([]))  # that no manifest names


def compact_in_time(database, seconds: float = 20) -> Report:
    """``compact`` as cron would call it: again and again, by nobody's hand."""
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
    schema.prepare(database, "test")
    much_to_do(database)
    seen: list[str] = []
    compact(database, step=seen.append, grace=0)
    assert set(seen) == set(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_and_the_next_one_goes_on(database, uri: str, step: str) -> None:
    schema.prepare(database, "test")
    much_to_do(database)
    expected = stored(database)
    killed = subprocess.run([sys.executable, "-c", KILLED, uri, step], cwd=PROJECT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert content(database) == expected, "what a reader finds in between"
    compact_in_time(database)
    assert_settled(database, expected)


@pytest.mark.parametrize("work", [compact, rebuild])
@pytest.mark.parametrize("step", STEPS)
def test_paused_at_any_step_while_others_go_on(database, step: str, work) -> None:
    schema.prepare(database, "test")
    much_to_do(database)
    paused: list[str] = []

    def pause(name: str) -> None:
        if name != step or paused:
            return
        paused.append(name)
        database.manifest.delete_one({"_id": "lease"})  # as if it had run out
        store(database, {"a": "yet another", "e": "five", "c": "changed"})
        delete(database, ["d", "a"])
        compact(database, grace=0)
        store(database, {"a": "back again", "c": "changed once more"})
        delete(database, ["e"])
        compact(database, grace=0)
        store(database, {"f": "six"})

    work(database, step=pause, grace=0)
    assert content(database) == stored(database), "what a reader finds in between"
    compact_in_time(database)
    assert_settled(database, stored(database))
    assert len(content(database)) == 3


def test_of_two_at_once_one_is_turned_away(database) -> None:
    schema.prepare(database, "test")
    store(database, {"a": "one"})
    inner: list[Report] = []
    outer = compact(database, step=lambda name: inner.append(compact(database)) if name == "planned" else None)
    assert (outer.packed, outer.busy) == (1, False)
    assert {report.busy for report in inner} == {True}


def test_two_at_once_without_a_lease_do_no_harm(database, uri: str, monkeypatch) -> None:
    monkeypatch.setattr(lease.Lease, "keep", lambda self: None)
    schema.prepare(database, "test")
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


def test_a_lease_from_a_clock_that_was_put_back_is_nobodys(database) -> None:
    schema.prepare(database, "test")
    now = database.command("hello")["localTime"]
    ahead = {"_id": "lease", "owner": "other", "until": now + timedelta(days=365)}
    database.manifest.insert_one(ahead)
    assert not compact(database).busy
    database.manifest.insert_one(ahead | {"until": now + timedelta(seconds=20)})
    assert compact(database).busy


def test_mongod_killed_under_a_compaction(tmp_path: Path) -> None:
    address = embedded.ensure_running(tmp_path, "db")
    try:
        with connect(address).client as client:
            database = client.get_default_database()
            schema.prepare(database, "test")
            for step in ("segment written", "switched", "sweep announced"):
                much_to_do(database)
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
        assert embedded.stop(tmp_path), "the server stayed"
