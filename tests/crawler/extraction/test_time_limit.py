"""A page that takes too long is given up; what is read in time, in other threads and afterwards is not touched."""

from __future__ import annotations

import re
import signal
import threading
import time
from contextlib import suppress

import pytest

from crawler.extraction.time_limit import time_limit
from crawler.extraction.unreadable import Unreadable


def backtrack() -> None:
    re.fullmatch(r"(a+)+b", "a" * 40)


def loop() -> None:
    while True:
        pass


def swallow_once() -> None:
    with suppress(ValueError):
        loop()
    loop()


@pytest.mark.parametrize("work", [backtrack, loop, swallow_once])
def test_work_without_end_is_given_up(work) -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(Unreadable, match=r"more than 0\.1 s"), time_limit(0.1):
        work()
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_waiting_is_no_work() -> None:
    with time_limit(0.05):
        time.sleep(0.2)


def test_another_thread_has_no_limit() -> None:
    results = []

    def read() -> None:
        with time_limit(0.01):
            results.append(sum(range(2_000_000)))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert results == [1_999_999_000_000]
