"""Tells systemd that the server is ready, lives and stops; without ``NOTIFY_SOCKET`` it tells nobody."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Event, Thread

from store.notify import notify

_LOOK = 0.2  # seconds between two looks whether the server is ready, or answers again


def watchdog_seconds() -> float:
    """After how many seconds without ``WATCHDOG=1`` systemd ends this process; 0 for never."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    is_ours = os.environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    return int(microseconds) / 1e6 if is_ours and microseconds.isdecimal() else 0.0


class Notifier:
    """A context that says READY once *answers* does, and WATCHDOG as often as asked for, but only while it does.

    *answers* is called in a thread with the seconds that it may take: a server whose event loop hangs, or whose index
    does not answer, is silent and started again.
    """

    def __init__(self, answers: Callable[[float], bool]) -> None:
        self._answers = answers
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="xinwen-notifier", daemon=True)
        self._is_asked_for = bool(os.environ.get("NOTIFY_SOCKET"))

    def __enter__(self) -> Notifier:
        if self._is_asked_for:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping()
        if self._is_asked_for:
            self._thread.join(1)  # it may wait for an answer that nobody gives any more

    def stopping(self) -> None:
        """Say STOPPING, once; answers that have begun are still sent after that."""
        if not self._stopping.is_set():
            self._stopping.set()
            notify("STOPPING=1")

    def _run(self) -> None:
        half = watchdog_seconds() / 2
        limit = min(5.0, half / 2) if half else 5.0
        state = "READY=1"
        while not self._stopping.is_set():
            if not self._answers(limit):
                self._stopping.wait(_LOOK)
                continue
            if not self._stopping.is_set():
                notify(state)
            if not half:
                return
            # The first sign of life follows at once: systemd counts from the start.
            self._stopping.wait(half if state == "WATCHDOG=1" else 0)
            state = "WATCHDOG=1"
