"""The bench's watch: what holds the reactor is named, and what happens in a thread is not laid at its door."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

import pytest

from crawler.bench import watch
from crawler.bench.watch import Watch, WatchedLoop
from crawler.read import read_document
from store.vectors import pack
from text.analyzer import Analyzer


@pytest.fixture
def watched(monkeypatch) -> Iterator[Callable[[Callable[[], Awaitable[object]]], dict[str, dict[str, float]]]]:
    """Runs a coroutine in a watched loop and tells the causes of its holds."""

    def run(work: Callable[[], Awaitable[object]]) -> dict[str, dict[str, float]]:
        own = Watch()
        monkeypatch.setattr(watch, "WATCH", own)

        async def all_of_it() -> None:
            own.start()
            await asyncio.sleep(0.01)
            await work()
            await asyncio.sleep(0.01)
            own.stop()

        with asyncio.Runner(loop_factory=WatchedLoop) as runner:
            runner.run(all_of_it())
        causes: dict[str, dict[str, float]] = own.report()["causes"]
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


@pytest.mark.parametrize(("cause", "work"), [("tokenizer", tokenize), ("store", store), ("extraction", extract)])
def test_a_hold_has_its_cause(watched, cause, work) -> None:
    async def held() -> None:
        work()

    # On a machine that is busy with something else a hold may be spent waiting, but not every time.
    seen = [watched(held) for _ in range(5)]
    assert {"tokenizer", "store", "extraction"}.intersection(name for causes in seen for name in causes) == {cause}
    assert max(causes[cause]["longest_ms"] for causes in seen if cause in causes) > 10


def test_work_in_a_thread_holds_nothing(watched) -> None:
    assert not {"tokenizer", "store"}.intersection(watched(lambda: asyncio.to_thread(tokenize)))


def test_the_collector_is_told_from_what_it_interrupts(watched) -> None:
    kept = [[number] for number in range(600_000)]

    async def held() -> None:
        gc.collect()

    assert list(watched(held)) == ["garbage"]
    assert kept


def test_sleep_of_the_thread_is_waiting(watched) -> None:
    async def held() -> None:
        time.sleep(0.03)

    assert list(watched(held)) == ["waited"]


@pytest.mark.parametrize(
    ("ran", "others_ran", "cause"), [(0.002, 0.045, "threads"), (0.002, 0.010, "waited"), (0.030, 0.045, "unseen")]
)
def test_what_ran_in_its_place_is_told(ran: float, others_ran: float, cause: str) -> None:
    """By CPU times as given: how much other processes take on this machine now must not decide."""
    assert Watch()._cause(0.050, ran, others_ran) == cause
