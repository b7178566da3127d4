"""Who holds the reactor, and for how long: an event loop that tells when it works, and a thread that looks at what."""

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
"""Seconds that a hold may take."""

_LOOK = 0.002  # seconds between two looks

CAUSES = {
    "store": (
        *("store.articles", "store.archive", "store.pages", "store.terms", "store.vectors", "store.connection"),
        *("store.schema", "pymongo.", "bson.", "gridfs."),
    ),
    "tokenizer": ("text.analyzer", "text.han", "pipelines.tokenize", "jieba", "rjieba", "opencc"),
    "extraction": ("crawler.read.", "crawler.compose", "trafilatura.", "dateparser."),
    "pipelines": ("pipelines.",),
    "spider": ("crawler.",),
}
"""Modules by what they do. ``store.article`` is not among them: it is the record that everybody uses."""


@dataclass
class Watch:
    """The holds of one event loop that took longer than ``LONG``, each with its cause.

    A hold is what the loop does from one look for events to the next: nothing else is served meanwhile. Its cause is
    what was seen most often in it; ``garbage`` when Python's collector took most of it. Where it would not have been
    long without what ran in its place: ``threads`` when other threads of this process ran for most of it, ``waited``
    when other processes did. ``unseen`` when nobody came to look.
    """

    holds: list[tuple[float, str]] = field(default_factory=list)
    looking: float = 0.0
    """Seconds of CPU time that looking has taken: the bench's own cost, and no page's."""
    _thread: int = 0
    _begun: float = 0.0
    _ran: float = 0.0
    _all_ran: float = 0.0
    _seen: Counter[str] = field(default_factory=Counter)
    _garbage: float = 0.0
    _collecting: float = 0.0

    def start(self) -> None:
        """Watch the loop of this thread, from its next look for events on."""
        self._thread = threading.get_ident()
        gc.callbacks.append(self._collected)
        threading.Thread(target=self._look, daemon=True).start()

    def stop(self) -> None:
        """No further holds are noted."""
        if self._thread:
            self._thread, self._begun = 0, 0.0
            gc.callbacks.remove(self._collected)

    def works(self) -> None:
        """The loop has its events."""
        if self._thread:
            self._garbage, self._ran, self._all_ran = 0.0, time.thread_time(), time.process_time()
            self._begun = time.perf_counter()

    def rests(self) -> None:
        """The loop has done what there was to do."""
        begun, self._begun = self._begun, 0.0
        if not begun:
            return
        took = time.perf_counter() - begun
        if took > LONG:
            ran = time.thread_time() - self._ran
            self.holds.append((took, self._cause(took, ran, time.process_time() - self._all_ran - ran)))
        self._seen.clear()

    def report(self) -> dict[str, Any]:
        """How many holds there were, the longest in milliseconds, and the same of each cause."""
        by_cause: dict[str, list[float]] = {}
        for took, cause in self.holds:
            by_cause.setdefault(cause, []).append(round(1000 * took, 1))
        causes = {cause: {"number": len(took), "longest_ms": max(took)} for cause, took in sorted(by_cause.items())}
        longest = max((took for all_of_it in by_cause.values() for took in all_of_it), default=0.0)
        return {"number": len(self.holds), "longest_ms": longest, "causes": causes}

    def _cause(self, took: float, ran: float, others_ran: float) -> str:
        if self._garbage > took / 2:
            return "garbage"
        # What waits for the database does not run either, and it is the thread's own doing.
        if ran <= LONG and not self._seen["store"]:
            return "threads" if others_ran > took / 2 else "waited"
        return self._seen.most_common(1)[0][0] if self._seen else "unseen"

    def _collected(self, phase: str, _: Mapping[str, int]) -> None:
        """While the collector works no thread does, so that none can see it."""
        now = time.perf_counter()
        if phase == "start":
            self._collecting = now
        else:
            self._garbage += now - self._collecting

    def _look(self) -> None:
        while thread := self._thread:
            time.sleep(_LOOK)
            begun = self._begun
            frame = sys._current_frames().get(thread)
            if begun and frame is not None:
                cause = cause_of(frame)
                if begun == self._begun:
                    self._seen[cause] += 1
            self.looking = time.thread_time()


def cause_of(frame: FrameType | None) -> str:
    """What a stack of calls is at: the innermost of its modules that ``CAUSES`` names decides."""
    while frame is not None:
        module = f"{frame.f_globals.get('__name__', '')}."
        for cause, names in CAUSES.items():
            if module.startswith(tuple(f"{name.rstrip('.')}." for name in names)):
                return cause
        frame = frame.f_back
    return "scrapy"


WATCH = Watch()
"""Of the one loop of a process of the bench; Scrapy makes the loop and takes no arguments for it."""


class _Selector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        WATCH.rests()
        try:
            return super().select(timeout)
        finally:
            WATCH.works()


class WatchedLoop(asyncio.SelectorEventLoop):
    """An event loop that tells ``WATCH`` when it works."""

    def __init__(self) -> None:
        super().__init__(_Selector())
