"""How many searches run at once: as many as there are cores; a few wait, and whoever comes then is refused at once."""

from __future__ import annotations

import asyncio
import contextvars
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import pymongo

from service.problems import Unavailable
from store.failover import PAUSE

WAITING = 64
"""Requests that may wait for a thread."""

SECONDS = 10.0
"""For a request, with its waiting."""

TOO_MANY = "Too many searches are waiting; try again in a second.", "等候的搜索太多，请一秒后再试。"

_OF_DATABASE = 0.9
"""The share of a search's time for which it waits for the database."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


class SearchThreads:
    """Threads for whatever calls the engine or the database: never the event loop. Used from one event loop."""

    def __init__(self, threads: int = 0, waiting: int = WAITING, seconds: float = SECONDS) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._most, self.seconds = self._threads + waiting, seconds
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="xinwen-search")
        self._inside = 0
        self.changed: Callable[[], None] = lambda: None
        """Is called when a search begins to wait, and when one ends."""

    @property
    def running(self) -> int:
        """Searches that have a thread."""
        return min(self._inside, self._threads)

    @property
    def waiting(self) -> int:
        """Searches that wait for a thread."""
        return self._inside - self.running

    @property
    def is_full(self) -> bool:
        """Whether ``run`` would refuse."""
        return self._inside >= self._most

    async def run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """``function(…)`` in a thread. Raises Unavailable when too many wait, and when it takes too long."""
        if self.is_full:
            raise Unavailable(*TOO_MANY)
        loop = asyncio.get_running_loop()
        self._inside += 1
        self.changed()
        end = time.monotonic() + self.seconds

        def limited() -> _R:
            # A database that hangs must not keep the thread; a little before the end, so that the answer names it, also
            # where the time is up during the pause before another attempt.
            with pymongo.timeout(max(_OF_DATABASE * (end - time.monotonic()) - PAUSE, 0.01)):
                return function(*args, **kwargs)

        # With the id of the request, which the log lines of the search name.
        future = self._pool.submit(contextvars.copy_context().run, limited)
        # Not when the request ends: a search that took too long still has its thread.
        future.add_done_callback(lambda done: self._leave(loop, done))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.seconds)
        except TimeoutError:
            if future.done() and not future.cancelled() and isinstance(future.exception(), TimeoutError):
                raise  # of the function itself
            detail = f"This took longer than {self.seconds:g} seconds.", f"超过了 {self.seconds:g} 秒。"
            raise Unavailable(*detail, retry_after=5) from None

    def close(self) -> None:
        """End the threads; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _leave(self, loop: asyncio.AbstractEventLoop, _: Future[_R]) -> None:
        def leave() -> None:
            self._inside -= 1
            self.changed()

        if not loop.is_closed():
            loop.call_soon_threadsafe(leave)
