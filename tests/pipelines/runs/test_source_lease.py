"""Never two at once: real crawls of one source that start together, are killed, or are stopped beyond their lease."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from pymongo.database import Database

from pipelines.source_lease import lease_name
from similarity.health import health_of
from store.connection import connect
from store.leases import Holder, holder_of
from store.server import embedded
from tests.commands import run
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, page, post, samples_of

pytestmark = pytest.mark.slow

LEASE = 4  # seconds
SIA_LEASE = lease_name("sia")
LEASED = 75

PAUSES = [0, 600] if os.environ.get("SOAK") else [0]
"""Seconds for which a crawl is stopped at least; with SOAK=1 also ten minutes."""


@pytest.fixture
def webs(tmp_path: Path) -> tuple[Path, Path]:
    """Two webs with the same articles of SIA; in the second one the reply with one of them takes long."""
    for name, slow in (("quick", 0), ("slow", 9)):
        folder = tmp_path / name
        add(folder, "sia", API, json.dumps([post("a", date_gmt="2026-03-07T21:00:00"), post("b")]))
        add(folder, "sia", f"{SIA}/a/", page("a"))
        add(folder, "sia", f"{SIA}/b/", page("b"), hang=slow)
    return tmp_path / "quick", tmp_path / "slow"


@pytest.fixture
def database(uri: str) -> Iterator[Database[dict[str, Any]]]:
    with (found := samples_of(uri)).client:
        yield found
        found.client.drop_database(found.name)


@pytest.fixture
def begin(uri: str) -> Iterator[Callable[..., Future[CompletedProcess[str]]]]:
    """A function that begins to crawl SIA over a web, with more arguments."""
    with ThreadPoolExecutor(4) as pool:

        def crawl(folder: Path, *arguments: str, address: str = "") -> Future[CompletedProcess[str]]:
            given = {"mongodb_uri": address or uri, "xinwen_sample_web": folder, "xinwen_lease": LEASE}
            command = ("scrapy", "crawl", "sia", *arguments, "-s", "RETRY_TIMES=0")
            return pool.submit(run, *command, seconds=600 + max(PAUSES), **given)

        yield crawl


def until(found: Callable[[], Any], seconds: float = 120) -> Any:
    """What *found* says, once it says something."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def holder(database: Database[dict[str, Any]]) -> Holder:
    """The process that crawls SIA, once one does."""
    found: Holder = until(lambda: holder_of(database, SIA_LEASE))
    return found


def test_of_three_that_start_together_one_crawls(database, webs, begin) -> None:
    crawls = [begin(webs[0]) for _ in range(3)]
    done = [crawl.result() for crawl in crawls]
    statuses = sorted(one.returncode for one in done)
    assert statuses == [0, LEASED, LEASED], [one.stderr for one in done]
    (record,) = database.runs.find()
    assert (record["verdict"], record["new"]) == ("ok", 2)
    for one in done:
        if one.returncode == LEASED:
            (line,) = one.stderr.splitlines()
            assert line.startswith(
                f"error: sia is being crawled by process {record['pid']} on {record['host']} since 20"
            )
            assert "with a lease until" in line and line.endswith("; --wait waits for it")
    assert holder_of(database, SIA_LEASE) is None
    again = begin(webs[0], "-s", "XINWEN_UNLESS_DONE=0").result()  # as `crawlall` does that began before
    assert (again.returncode, database.runs.count_documents({})) == (LEASED, 1)
    assert again.stderr == "error: sia was crawled by another process since this command began\n"


def test_a_source_whose_crawler_was_killed_is_taken_up_after_the_lease(database, webs, begin) -> None:
    killed = begin(webs[1])
    first = holder(database)
    waiting = begin(webs[0], "--wait")
    os.kill(first.pid, signal.SIGKILL)
    waited = waiting.result()
    assert waited.returncode == 0, waited.stderr
    assert killed.result().returncode == -signal.SIGKILL
    lines = [line for line in waited.stderr.splitlines() if line.startswith("waiting: ")]
    assert all(f"process {first.pid} on" in line for line in lines) and len(lines) <= 1
    (record,) = database.runs.find()
    assert (record["verdict"], record["new"]) == ("ok", 2)
    assert database.leases.find_one({"_id": SIA_LEASE})["number"] == first.number + 1


@pytest.mark.parametrize("seconds", PAUSES)
def test_a_crawl_that_is_stopped_beyond_its_lease_stores_nothing_more(seconds: int, database, webs, begin) -> None:
    paused = begin(webs[1])
    first = holder(database)
    until(lambda: database.pages.find_one({"outcome": "stored"}))  # it waits for the second page
    os.kill(first.pid, signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        other = begin(webs[0], "--wait").result()
        assert other.returncode == 0, other.stderr
        before = stored(database)
        time.sleep(max(0, stopped + seconds - time.monotonic()))
    finally:
        os.kill(first.pid, signal.SIGCONT)
    woken = paused.result()
    assert woken.returncode == 1
    assert "lease lost, crawl stops: the lease 'crawl sia' lapsed, and another process has taken it" in woken.stderr
    assert stored(database) == before
    last, lost = database.runs.find().sort("ended", -1)
    assert (last["verdict"], last["new"], last["known"]) == ("ok", 1, 1)
    assert (lost["verdict"], lost["why"], lost["new"], lost["pid"]) == ("failed", "lease lost", 1, first.pid)
    assert lost["started"] <= lost["ended"] <= last["started"]
    (state,) = health_of(database, datetime.now(UTC), ["sia"])
    assert (state.verdict, state.fault) == ("ok", "")
    assert holder_of(database, SIA_LEASE) is None


def stored(database: Database[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """All that is stored but the records of runs, and the bytes that were downloaded, which count whoever did it."""
    names = set(database.list_collection_names()) - {"runs", "downloads"}
    return {name: list(database[name].find().sort("_id", 1)) for name in sorted(names)}


def test_a_crawl_goes_on_when_its_mongod_is_restarted(webs, begin, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    address = embedded.ensure_running(folder, "news")
    try:
        with (samples := samples_of(address)).client, connect(address).client:
            crawl = begin(webs[1], address=address)
            holder(samples)
            until(lambda: samples.articles.count_documents({}))
            os.kill(embedded.read_state(folder / "mongod")["mongod"], signal.SIGKILL)
            done = crawl.result()
            assert done.returncode == 0, done.stderr
            (record,) = samples.runs.find()
            assert (record["verdict"], record["new"]) == ("ok", 2)
    finally:
        embedded.stop(folder)
