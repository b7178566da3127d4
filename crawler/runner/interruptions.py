"""What ends crawls: SIGTERM, SIGINT, and SIGHUP of a terminal that is closed. Several at a time count as one.

A terminal sends its signal to every process in it, and systemd to every process of a service; ``crawlall`` sends one
more to each crawl. Scrapy takes a second signal for the wish to end at once, and the run would leave no record.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from scrapy.crawler import CrawlerProcessBase

_AT_A_TIME = 2.0
"""Seconds within which further signals add nothing to the first."""

_Handler = Callable[[int, FrameType | None], None]


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, each of the signals raises KeyboardInterrupt, unless it is ignored, as SIGHUP under ``nohup``."""
    moments = _Moments()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if moments.is_another():
            raise KeyboardInterrupt

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGTERM)  # which Scrapy handles while it crawls, and no SIGHUP

    handlers: dict[signal.Signals, _Handler] = {
        signal.SIGTERM: interrupt,
        signal.SIGINT: interrupt,
        signal.SIGHUP: hang_up,
    }
    before = {number: signal.getsignal(number) for number in handlers}
    for number, handler in handlers.items():
        if before[number] != signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            if earlier is not None:  # else it was set by no Python
                signal.signal(number, earlier)


class GoodOrder:
    """Lets the crawls of *process* end in good order although several signals arrive at a time."""

    def __init__(self, process: CrawlerProcessBase) -> None:
        self.is_asked_for = False
        """Whether a signal has asked the crawls to end."""
        moments = _Moments()
        shut_down, kill = process._signal_shutdown, process._signal_kill

        def first(number: int, frame: FrameType | None) -> None:
            self.is_asked_for = moments.is_another()
            shut_down(number, frame)

        def later(number: int, frame: FrameType | None) -> None:
            if moments.is_another():
                kill(number, frame)

        # Scrapy installs these two when its reactor starts, and has no setting for them.
        process._signal_shutdown = first  # type: ignore[method-assign, assignment]
        process._signal_kill = later  # type: ignore[method-assign, assignment]


class _Moments:
    def __init__(self) -> None:
        self._last: float | None = None

    def is_another(self) -> bool:
        """Whether a signal that arrives now is more than one of those that came at a time with the last."""
        now, last = time.monotonic(), self._last
        if last is not None and now - last < _AT_A_TIME:
            return False
        self._last = now
        return True
