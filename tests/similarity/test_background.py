"""Work beside the caller: done once by whoever is free, and never waited for in vain."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from similarity import background as module
from similarity.background import in_background


def test_it_is_done_in_another_thread_and_once() -> None:
    done = []
    started = threading.Event()

    def work() -> int:
        done.append(threading.get_ident())
        started.set()
        return 7

    result = in_background(work)
    assert started.wait(10)
    assert (result(), result()) == (7, 7)
    assert len(done) == 1 and done[0] != threading.get_ident()


def test_what_it_raises_comes_to_the_caller() -> None:
    def work() -> None:
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        in_background(work)()


def test_with_all_threads_busy_the_caller_does_it() -> None:
    free = threading.Event()
    busy = [in_background(free.wait) for _ in range(module._THREADS)]
    try:
        result = in_background(threading.get_ident)
        assert (result(), result()) == (threading.get_ident(),) * 2
    finally:
        free.set()
    assert all(result() for result in busy)


def test_work_that_waits_for_other_work_does_not_wait_for_ever() -> None:
    def depth(left: int) -> int:
        return 1 + in_background(lambda: depth(left - 1))() if left else 0

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(depth, [6] * 16, timeout=300)) == [6] * 16


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_fork_has_threads_of_its_own() -> None:
    code = (
        "import os, threading\n"
        "from similarity.background import in_background\n"
        "in_background(int)()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    begun = threading.Event()\n"
        "    result = in_background(begun.set)\n"
        "    os._exit(0 if begun.wait(20) and result() is None else 1)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=300, check=False).returncode == 0
