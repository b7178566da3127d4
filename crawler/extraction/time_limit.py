"""Gives up on a page that takes too long to read: markup can be made so that every reader is slow."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from crawler.extraction.unreadable import Unreadable

MAX_SECONDS = 5.0
"""Of processor time for one page; a long one takes a tenth of a second."""


@contextmanager
def time_limit(seconds: float = MAX_SECONDS) -> Iterator[None]:
    """Raises Unreadable in the body when it has taken *seconds* of the processor's time.

    Only in the main thread, where crawls and commands read pages: signals reach no other.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(_: int, __: FrameType | None) -> None:
        raise Unreadable(f"reading it takes more than {seconds:g} s")

    before = signal.signal(signal.SIGVTALRM, give_up)
    # Again and again: a reader that takes what is raised for a wrong value of its own would go on without end.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
