"""Slots for crawls that run at once, whose number may change while they run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_AGAIN = 1.0
"""Seconds after which those who wait ask for the number of slots again."""


class CrawlSlots:
    """At most as many crawls at a time as *number* says at the moment."""

    def __init__(self, number: Callable[[], int]) -> None:
        self._number = number
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def one(self, stopping: threading.Event) -> Iterator[None]:
        """Waits for a slot and holds it; no longer than until *stopping* is set."""
        with self._changed:
            while self._taken >= self._number() and not stopping.is_set():
                self._changed.wait(_LOOK_AGAIN)
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()
