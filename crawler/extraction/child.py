"""Reads untrusted files in a process of its own, whose memory and processor time are limited and which may be killed.

A PDF of a few kilobytes can take gigabytes and a workbook minutes, inside libraries that cannot be stopped. Here such a
file costs itself and nothing else.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from crawler.extraction.unreadable import Unreadable

MAX_MEMORY = 2**30
"""Bytes of address space."""

MAX_SECONDS = 60
"""Of processor time for one file."""

_MAX_WAIT = 10 * MAX_SECONDS  # seconds; a machine may be busy, but a child that sleeps is no use

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Child:
    def __init__(self) -> None:
        # Not by fork: this process has threads, and Scrapy's reactor.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), name="reader", daemon=True)
        self.process.start()
        theirs.close()
        self.owner = os.getpid()

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


_child: _Child | None = None
_lock = threading.Lock()


def in_child(function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """``function(…)``, called in the child; arguments and result are pickled. One call at a time.

    Raises what the function raises, and Unreadable when the child had to be stopped.
    """
    global _child
    with _lock:
        if _child is None or _child.owner != os.getpid() or not _child.process.is_alive():
            _child = _Child()
        try:
            _child.connection.send((function, args, kwargs))
            if not _child.connection.poll(_MAX_WAIT):
                raise TimeoutError
            succeeded, value = _child.connection.recv()
        except (EOFError, OSError) as error:
            is_late = isinstance(error, TimeoutError)
            reason = f"reading it takes more than {_MAX_WAIT} s" if is_late else _why_it_ended(_child)
            _child.end()
            _child = None
            raise Unreadable(reason) from None
    if succeeded:
        result: _R = value
        return result
    raise value


def stop() -> None:
    """End the child, if there is one."""
    global _child
    with _lock:
        if _child and _child.owner == os.getpid():
            _child.end()
        _child = None


atexit.register(stop)


def _why_it_ended(child: _Child) -> str:
    child.process.join(1)
    code = child.process.exitcode
    if code == -signal.SIGXCPU:
        return f"reading it takes more than {MAX_SECONDS} s of processor time"
    return f"reading it takes more than {MAX_MEMORY // 2**20} MiB, or breaks the library that reads it"


def _serve(connection: Connection) -> None:
    """Answer calls until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            function, args, kwargs = connection.recv()
        except EOFError:
            return
        _limit_time()
        try:
            answer: tuple[bool, Any] = True, function(*args, **kwargs)
        except MemoryError:
            os._exit(1)  # what is left of the memory may not do for another file
        except Exception as error:
            answer = False, error
        connection.send(answer)


def _limit_time() -> None:
    """``MAX_SECONDS`` from now on; the kernel counts from the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + MAX_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
