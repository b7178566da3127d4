"""What lets the embedded server run for years: its port, its log, and how often it may end."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import time
from pathlib import Path
from threading import Timer

import pytest
from pymongo.logger import _CLIENT_LOGGER

from similarity import SimilarityIndex
from store.server import embedded, endurance, supervisor
from store.server.endurance import LogFile, Restarts, keep_port, kept_port
from tests.store.server.test_embedded import User, state, wait_until

slow = pytest.mark.slow


@slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_an_open_index_starts_a_server_again_that_has_ended(tmp_path: Path, monkeypatch, sent: int) -> None:
    """As `systemctl restart xinwen-store` does: who is connected must find it again, without being restarted."""
    monkeypatch.setenv("XINWEN_DATA", str(tmp_path))
    with SimilarityIndex.open(embedded.ensure_running(tmp_path, "xinwen")) as index:
        before = state(tmp_path)
        os.kill(before["supervisor"], sent)
        wait_until(lambda: state(tmp_path).get("supervisor") not in (None, before["supervisor"]))
        assert state(tmp_path)["port"] == before["port"]
        wait_until(lambda: not index.status.fault)
    assert embedded.stop(tmp_path)


@slow
def test_a_server_has_its_port_again_when_the_mongod_before_ends_late(tmp_path: Path) -> None:
    address = embedded.ensure_running(tmp_path, "db")
    before = state(tmp_path)
    os.kill(before["mongod"], signal.SIGSTOP)  # it still has the port when the next supervisor comes
    os.kill(before["supervisor"], signal.SIGKILL)
    wait_until(embedded.start_again)
    time.sleep(1.5)
    os.kill(before["mongod"], signal.SIGKILL)
    assert embedded.ensure_running(tmp_path, "db") == address
    assert embedded.stop(tmp_path)


@slow
def test_the_port_is_free_as_soon_as_a_killed_mongod_is_waited_for(tmp_path: Path) -> None:
    """The kernel empties its line in /proc some milliseconds before it closes its sockets."""
    for _ in range(3):
        embedded.ensure_running(tmp_path, "db")
        before = state(tmp_path)
        os.kill(before["supervisor"], signal.SIGSTOP)  # or it would start the next one
        try:
            os.kill(before["mongod"], signal.SIGKILL)
            supervisor._wait_for_left_mongod(tmp_path / "mongod")
            assert supervisor._can_be_bound(before["port"])
        finally:
            os.kill(before["supervisor"], signal.SIGKILL)
    assert embedded.stop(tmp_path)


def test_a_mongod_that_was_left_is_waited_for_by_its_lock(tmp_path: Path, monkeypatch) -> None:
    supervisor._wait_for_left_mongod(tmp_path)  # none was ever here
    (tmp_path / "db").mkdir()
    with (tmp_path / "db" / "mongod.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        Timer(0.3, fcntl.flock, (lock, fcntl.LOCK_UN)).start()
        supervisor._wait_for_left_mongod(tmp_path)
        assert time.monotonic() - began >= 0.3
        fcntl.flock(lock, fcntl.LOCK_EX)
        monkeypatch.setattr(supervisor, "LEFT_TIMEOUT", 0.1)
        supervisor._wait_for_left_mongod(tmp_path)  # not for ever: mongod says then what is wrong


def test_the_port_of_before_is_waited_for_but_not_for_ever() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert supervisor._free_port(port, timeout=0) not in (0, port)
        Timer(0.3, holder.close).start()
        assert supervisor._free_port(port) == port


@slow
def test_a_server_has_its_port_again_after_it_was_stopped_in_good_order(tmp_path: Path) -> None:
    addresses = set()
    for _ in range(2):
        user = User(tmp_path)
        addresses.add(user.address())
        user.end()
        assert embedded.stop(tmp_path)
    assert len(addresses) == 1


@slow
def test_the_log_begins_anew_when_it_is_long(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(endurance, "LOG_BYTES", 1)
    folder = tmp_path / "mongod"
    address = embedded.ensure_running(tmp_path, "xinwen")
    log, earlier = folder / "mongod.log", folder / "mongod.log.1"
    assert log.stat().st_size > 1_000 and not earlier.exists()
    LogFile(folder).limit(state(tmp_path)["mongod"])
    wait_until(log.exists)
    assert earlier.stat().st_size > log.stat().st_size
    assert embedded.running_port(folder), address
    assert embedded.stop(tmp_path)
    assert "Now exiting" in log.read_text(), "mongod writes to the new one"


def test_logs_of_each_start_go(tmp_path: Path) -> None:
    for name in ("mongod.log", "mongod.log.1", "mongod.log.2026-11-30T10-19-17"):
        (tmp_path / name).write_text("x")
    LogFile(tmp_path).limit(os.getpid())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mongod.log", "mongod.log.1"]


def test_a_log_that_is_not_there_yet_and_a_server_that_has_just_ended(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(endurance, "LOG_BYTES", 1)
    log = LogFile(tmp_path)
    log.limit(os.getpid())
    (tmp_path / "mongod.log").write_text("long")
    log.limit(2**22 + 1)  # no process has such a number
    assert (tmp_path / "mongod.log.1").read_text() == "long"


def test_six_ends_are_too_many_in_ten_minutes_and_not_in_a_year(monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr(endurance.time, "monotonic", lambda: now)
    rare, frequent = Restarts(), Restarts()
    for _ in range(60):
        now += 130
        assert not rare.is_one_too_many()
    found = []
    for _ in range(6):
        now += 100
        found.append(frequent.is_one_too_many())
    assert found == [False] * 5 + [True]
    assert str(frequent) == "6 times in 500 seconds"


@pytest.mark.parametrize("content", ["", "x", "0", "-1", "70000"])
def test_a_port_that_cannot_be_one(content: str, tmp_path: Path) -> None:
    (tmp_path / "port").write_text(content)
    assert kept_port(tmp_path) == 0
    keep_port(tmp_path, 4242)
    assert kept_port(tmp_path) == 4242


def test_what_a_thread_of_the_driver_fails_at_is_one_line(caplog) -> None:
    try:
        raise OSError("refused\nmore")
    except OSError:
        _CLIENT_LOGGER.exception("MongoClient background task encountered an error:")
    (record,) = caplog.records
    assert logging.Formatter().format(record) == "MongoClient background task encountered an error: refused"
