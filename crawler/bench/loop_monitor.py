"""Finds what blocks the event loop: a loop that reports when it works, and a thread that samples its call stack."""

from __future__ import annotations

import asyncio
import gc
import selectors
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

LONG = 0.010
"""Seconds that one iteration of the loop may take; a longer one is a hold."""

_INTERVAL = 0.002  # seconds between two samples

CAUSES = {
    "store": (
        "store.documents.articles",
        "store.documents.archive",
        "store.documents.visits",
        "store.index.dictionary",
        "store.index.preparation",
        "store.vectors",
        "store.connection",
        "store.schema",
        "pymongo.",
        "bson.",
        "gridfs.",
    ),
    "tokenizer": ("text.analysis.analyzer", "text.analysis.chinese", "pipelines.tokenize", "jieba", "rjieba", "opencc"),
    "extraction": ("crawler.extraction.", "crawler.spider.article_builder", "trafilatura.", "dateparser."),
    "pipelines": ("pipelines.",),
    "spider": ("crawler.",),
}
"""Prefixes of module names by cause. ``store.article`` is missing because every part of the program uses it."""


@dataclass
class LoopMonitor:
    """The holds of one event loop, each with its cause.

    A hold is an iteration of the loop (from one poll for events to the next) that takes longer than ``LONG``: nothing
    else is served meanwhile. Its cause is the one of most samples (see ``CAUSES``), or one of these:

    * ``garbage``: Python's garbage collector took more than half of it.
    * ``threads``: the loop itself ran for less than ``LONG``, other threads of this process for more than half of it.
    * ``waited``: the loop itself ran for less than ``LONG``, and so did the other threads; other processes ran.
    * ``unseen``: no sample was taken.
    """

    holds: list[tuple[float, str]] = field(default_factory=list)
    own_seconds: float = 0.0
    """CPU seconds of the sampling thread, to be subtracted from those of the process."""
    _thread: int = 0
    _started: float = 0.0
    """When the present iteration started; 0 while the loop waits for events."""
    _loop_seconds: float = 0.0
    _all_seconds: float = 0.0
    """CPU seconds of the loop's thread and of the process at the start of the present iteration."""
    _samples: Counter[str] = field(default_factory=Counter)
    _garbage_seconds: float = 0.0
    _collection_started: float = 0.0

    def start(self) -> None:
        """Monitor the loop of the calling thread, from its next poll for events on."""
        self._thread = threading.get_ident()
        gc.callbacks.append(self._collected)
        threading.Thread(target=self._sample, daemon=True).start()

    def stop(self) -> None:
        """Record no further holds."""
        if self._thread:
            self._thread, self._started = 0, 0.0
            gc.callbacks.remove(self._collected)

    def iteration_started(self) -> None:
        """The loop has polled and starts to handle its events."""
        if self._thread:
            self._garbage_seconds, self._loop_seconds, self._all_seconds = 0.0, time.thread_time(), time.process_time()
            self._started = time.perf_counter()

    def iteration_ended(self) -> None:
        """The loop has handled its events and polls for others."""
        started, self._started = self._started, 0.0
        if not started:
            return
        took = time.perf_counter() - started
        if took > LONG:
            loop_ran = time.thread_time() - self._loop_seconds
            self.holds.append((took, self._cause(took, loop_ran, time.process_time() - self._all_seconds - loop_ran)))
        self._samples.clear()

    def report(self) -> dict[str, Any]:
        """``number`` of holds and ``longest_ms``, of all holds and in ``causes`` of each cause."""
        by_cause: dict[str, list[float]] = {}
        for took, cause in self.holds:
            by_cause.setdefault(cause, []).append(round(1000 * took, 1))
        causes = {cause: {"number": len(took), "longest_ms": max(took)} for cause, took in sorted(by_cause.items())}
        longest = max((milliseconds for holds in by_cause.values() for milliseconds in holds), default=0.0)
        return {"number": len(self.holds), "longest_ms": longest, "causes": causes}

    def _cause(self, took: float, loop_ran: float, others_ran: float) -> str:
        """*took*: seconds of the hold; *loop_ran*, *others_ran*: CPU seconds in it of the loop and of other threads."""
        if self._garbage_seconds > took / 2:
            return "garbage"
        # A loop that waits for the database does not run either, but that is a fault of the program.
        if loop_ran <= LONG and not self._samples["store"]:
            return "threads" if others_ran > took / 2 else "waited"
        return self._samples.most_common(1)[0][0] if self._samples else "unseen"

    def _collected(self, phase: str, _: Mapping[str, int]) -> None:
        """Called by ``gc`` around a collection: no thread can sample it, as no thread runs meanwhile."""
        now = time.perf_counter()
        if phase == "start":
            self._collection_started = now
        else:
            self._garbage_seconds += now - self._collection_started

    def _sample(self) -> None:
        """Sample the call stack of the loop's thread until ``stop``."""
        while thread := self._thread:
            time.sleep(_INTERVAL)
            started = self._started
            frame = sys._current_frames().get(thread)
            if started and frame is not None:
                cause = cause_of(frame)
                if started == self._started:  # else the sample may be of the next iteration
                    self._samples[cause] += 1
            self.own_seconds = time.thread_time()


def cause_of(frame: FrameType | None) -> str:
    """The cause of a call stack: that of its innermost module which ``CAUSES`` names; "scrapy" where none is."""
    while frame is not None:
        module = f"{frame.f_globals.get('__name__', '')}."
        for cause, names in CAUSES.items():
            if module.startswith(tuple(f"{name.rstrip('.')}." for name in names)):
                return cause
        frame = frame.f_back
    return "scrapy"


MONITOR = LoopMonitor()
"""The monitor of this process's loop. It is global because Scrapy creates the loop and passes it no arguments."""


class _MonitoredSelector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        MONITOR.iteration_ended()
        try:
            return super().select(timeout)
        finally:
            MONITOR.iteration_started()


class MonitoredLoop(asyncio.SelectorEventLoop):
    """An event loop that reports its iterations to ``MONITOR``."""

    def __init__(self) -> None:
        super().__init__(_MonitoredSelector())
