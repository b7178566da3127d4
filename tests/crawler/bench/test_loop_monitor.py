"""The loop monitor of the benchmark: it names the cause of a hold, and does not count work in other threads."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec

import pytest

from crawler.bench import loop_monitor
from crawler.bench.loop_monitor import CAUSES, LoopMonitor, MonitoredLoop
from crawler.extraction import read_document
from store.vectors import pack
from text.analysis.analyzer import Analyzer

pytestmark = pytest.mark.slow


@pytest.fixture
def causes_of(monkeypatch) -> Iterator[Callable[[Callable[[], Awaitable[object]]], dict[str, dict[str, float]]]]:
    """Runs a coroutine in a monitored loop and returns the causes of its holds."""

    def run(work: Callable[[], Awaitable[object]]) -> dict[str, dict[str, float]]:
        monitor = LoopMonitor()
        monkeypatch.setattr(loop_monitor, "MONITOR", monitor)

        async def measured() -> None:
            monitor.start()
            await asyncio.sleep(0.01)
            await work()
            await asyncio.sleep(0.01)
            monitor.stop()

        with asyncio.Runner(loop_factory=MonitoredLoop) as runner:
            runner.run(measured())
        causes: dict[str, dict[str, float]] = monitor.report()["causes"]
        return causes

    yield run


ANALYZER = Analyzer()
TEXT = "The foundry said on Monday that orders for its 3nm process had risen. 晶圆厂的订单已经排到明年。" * 40
PAGE = f"<html><body><article>{'<p>The foundry said that its orders had risen, again.</p>' * 30}</article></body>"


def tokenize() -> None:
    for _ in range(200):
        ANALYZER.tokens(TEXT)


def store() -> None:
    for _ in range(40):
        pack([(number, 1) for number in range(20_000)])


def extract() -> None:
    for _ in range(20):
        read_document(PAGE.encode(), "https://news.example/1", captured=datetime(2026, 7, 10, tzinfo=UTC))


def test_the_modules_of_the_causes_exist() -> None:
    """A module that was renamed would silently count for another cause."""
    names = [name.rstrip(".") for modules in CAUSES.values() for name in modules]
    assert all(find_spec(name) for name in names if name.split(".")[0] in ("crawler", "pipelines", "store", "text"))


@pytest.mark.parametrize(("cause", "work"), [("tokenizer", tokenize), ("store", store), ("extraction", extract)])
def test_the_cause_of_a_hold_is_named(causes_of, cause, work) -> None:
    async def held() -> None:
        work()

    # On a busy machine one hold may count as waiting, but not all five.
    seen = [causes_of(held) for _ in range(5)]
    assert {"tokenizer", "store", "extraction"}.intersection(name for causes in seen for name in causes) == {cause}
    assert max(causes[cause]["longest_ms"] for causes in seen if cause in causes) > 10


def test_work_in_a_thread_is_no_hold(causes_of) -> None:
    assert not {"tokenizer", "store"}.intersection(causes_of(lambda: asyncio.to_thread(tokenize)))


def test_garbage_collection_is_a_cause_of_its_own(causes_of) -> None:
    kept = [[number] for number in range(600_000)]

    async def held() -> None:
        gc.collect()

    assert list(causes_of(held)) == ["garbage"]
    assert kept


def test_a_sleeping_thread_is_waiting(causes_of) -> None:
    async def held() -> None:
        time.sleep(0.03)

    assert list(causes_of(held)) == ["waited"]


@pytest.mark.parametrize(
    ("loop_ran", "others_ran", "cause"), [(0.002, 0.045, "threads"), (0.002, 0.010, "waited"), (0.030, 0.045, "unseen")]
)
def test_a_hold_without_cpu_time_of_the_loop(loop_ran: float, others_ran: float, cause: str) -> None:
    """With given CPU times: the load of this machine must not decide."""
    assert LoopMonitor()._cause(0.050, loop_ran, others_ran) == cause
