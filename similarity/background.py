"""Work started in another thread; the caller does it itself if no thread was free for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from typing import TypeVar

Result = TypeVar("Result")

_THREADS = max((os.cpu_count() or 1) - 1, 1)


def in_background(work: Callable[[], Result]) -> Callable[[], Result]:
    """Start *work* in another thread. The function that this returns gives the result, or raises what *work* raised.

    It waits only for work that a thread has started. Otherwise (all threads are busy, or a fork left them behind in
    the parent) the caller does the work. So no thread waits for one that waits itself: there is no deadlock.
    """
    # In the context of the caller: its time limit for the database holds for *work* too.
    future, lock = _pool.submit(copy_context().run, work), Lock()
    results: list[Result] = []

    def result() -> Result:
        with lock:
            if not results:
                results.append(work() if future.cancel() else future.result())
            return results[0]

    return result


def _new_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="xinwen-background")


def _replace_pool() -> None:
    global _pool
    _pool = _new_pool()


_pool = _new_pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_replace_pool)
