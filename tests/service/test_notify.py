"""What systemd is notified of: READY, WATCHDOG and STOPPING, on a datagram socket as systemd opens one."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest

from service.notify import Notifier, watchdog_seconds
from store.notify import notify


class Manager:
    """A service manager: the datagrams that it was sent."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(30)

    def next(self) -> str:
        return self.socket.recv(200).decode()

    def rest(self) -> list[str]:
        """What has come and was not read."""
        self.socket.setblocking(False)
        found = []
        while True:
            try:
                found.append(self.socket.recv(200).decode())
            except BlockingIOError:
                return found


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    with tempfile.TemporaryDirectory() as folder:
        is_file = request.param == "file"
        shown = f"{folder}/notify" if is_file else f"@xinwen-{uuid4().hex}"
        monkeypatch.setenv("NOTIFY_SOCKET", shown)
        opened = Manager(shown if is_file else "\0" + shown[1:])
        yield opened
        opened.socket.close()


def test_ready_and_stopping(manager: Manager) -> None:
    ready = Event()
    with Notifier(lambda _: ready.is_set()) as notifier:
        time.sleep(0.3)
        assert manager.rest() == []  # not before it answers
        manager.socket.settimeout(30)
        ready.set()
        assert manager.next() == "READY=1"
        notifier.stopping()
    assert manager.rest() == ["STOPPING=1"]  # once, though the end says it too, and no watchdog was asked for


def test_the_watchdog_only_while_the_index_answers(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    answering, limits = Event(), []
    answering.set()

    def answers(seconds: float) -> bool:
        limits.append(seconds)
        return answering.is_set()

    with Notifier(answers):
        begin = time.monotonic()
        assert [manager.next() for _ in range(4)] == ["READY=1", *["WATCHDOG=1"] * 3]
        assert time.monotonic() - begin >= 0.38  # the first at once, then every half of the interval
        answering.clear()
        time.sleep(0.3)
        manager.rest()
        time.sleep(0.5)
        assert manager.rest() == []
        manager.socket.settimeout(30)
        answering.set()
        assert manager.next() == "WATCHDOG=1"
    assert manager.rest()[-1] == "STOPPING=1"
    assert set(limits) == {0.1}


def test_a_watchdog_of_another_process_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, seconds in (
        ("WATCHDOG_USEC", "30000000", 30.0),
        ("WATCHDOG_PID", str(os.getpid()), 30.0),
        ("WATCHDOG_PID", "1", 0.0),
        ("WATCHDOG_PID", "", 30.0),
        ("WATCHDOG_USEC", "", 0.0),
        ("WATCHDOG_USEC", "soon", 0.0),
    ):
        monkeypatch.setenv(name, value)
        assert watchdog_seconds() == seconds


def test_without_a_manager_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    with Notifier(lambda _: pytest.fail("was asked")):
        time.sleep(0.2)


def test_a_manager_that_is_gone_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))
    notify("READY=1")
    assert [record.getMessage() for record in caplog.records] == [
        "systemd was not notified of READY=1: No such file or directory"
    ]
