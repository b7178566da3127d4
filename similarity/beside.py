"""Work begun in another thread, which the caller does itself if no thread was free for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

Result = TypeVar("Result")

_HELPERS = max((os.cpu_count() or 1) - 1, 1)


def beside(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin *work* beside the caller; what is given back gives its result, and raises what it raised.

    It is waited for only while a thread is at it: where all are busy, or a fork took them away, the one who asks for
    the result does it. So nobody waits for a thread that waits itself.
    """
    begun, asking = _helpers.submit(work), Lock()
    found: list[Result] = []

    def result() -> Result:
        with asking:
            if not found:
                found.append(work() if begun.cancel() else begun.result())
            return found[0]

    return result


def _new() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_HELPERS, thread_name_prefix="xinwen-beside")


def _anew() -> None:
    global _helpers
    _helpers = _new()


_helpers = _new()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_anew)
