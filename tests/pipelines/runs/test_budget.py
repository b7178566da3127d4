"""Runs with a budget: they stop in good order, and the next goes on where they stopped."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from crawler.runner.allowance import next_midnight
from crawler.sources import source
from pipelines.ingest.samples import SAMPLE_KEY
from pipelines.source_lease import lease_name
from store.connection import another_database
from store.documents import downloads
from store.leases import holder_of
from tests.commands import PROJECT, assert_one_line_error, run, start
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, SOURCE, Crawl, crawl, page, post, samples_of, zone_at_noon

pytestmark = pytest.mark.slow

KEYS = sorted(path.stem for path in PROJECT.glob("tests/crawls/*.json")) if os.environ.get("SOAK") else ["semi", "wsts"]
"""Every source is tried with SOAK=1. Of WSTS two pages of one article share a document, which only has its date."""

Facts = dict[str, Any]

OWN = SOURCE.format("own")


@pytest.fixture
def samples(uri: str) -> Iterator[Database[Facts]]:
    """The database of the crawls of a sample web."""
    with (found := samples_of(uri)).client:
        yield found
        found.client.drop_database(found.name)


@pytest.fixture
def other(server: str) -> Iterator[str]:
    """Address of another database, for the crawls without a budget."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    yield address
    with (database := samples_of(address)).client:
        database.client.drop_database(database.name)


def budget(folder: Path, text: str) -> Path:
    file = folder / "budgets.toml"
    file.write_text(text, "utf-8")
    return file


def today(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


def stored(database: Database[Facts]) -> dict[str, Facts]:
    """What is stored of each article, without what depends on the moment or on the order."""
    names = ("url", "title", "body", "summary", "published", "tags", "authors", "kind", "files", "access")
    return {row["_id"]: row for row in database.articles.find({}, dict.fromkeys(names, 1))}


@pytest.mark.parametrize("key", KEYS)
def test_runs_of_four_pages_store_what_one_run_stores(
    key: str, tmp_path: Path, uri: str, other: str, samples: Database[Facts]
) -> None:
    given: Facts = {credential.variable.lower(): SAMPLE_KEY for credential in source(key).credentials}
    whole = crawl(PROJECT / "samples", key, other, tmp_path / "requests", **given)
    given["xinwen_budgets"] = budget(tmp_path, "each.pages_a_run = 4\n")
    given["xinwen_zone"] = zone_at_noon()
    runs: list[Crawl] = []
    while not runs or (runs[-1].record["stopped"] and len(runs) < 20):
        runs.append(crawl(PROJECT / "samples", key, uri, tmp_path / "requests", **given))
        assert runs[-1].status == whole.status, runs[-1].errors
    with (database := samples_of(other)).client:
        assert stored(samples) == stored(database)
    asked = [url for one in runs for url in one.urls("page")]
    assert sorted(asked) == sorted(whole.urls("page"))
    said = [(one.record["verdict"], one.record["why"], one.record["stopped"]) for one in runs[:-1]]
    if key == "semi":
        assert said == [("ok", "stopped: pages (4 a run)", "pages")] * 2
        assert [one.record["left_over"] for one in runs] == [7, 3, 0]
        received = sum(one.record["bytes"] for one in runs)
        assert downloads.of_day(samples, today(given["xinwen_zone"])) == {"semi": received}


@pytest.fixture
def given(tmp_path: Path, uri: str) -> Facts:
    """Environment variables for a sample web in which SIA has five articles."""
    folder = tmp_path / "web"
    slugs = ["a", "b", "c", "d", "e"]
    add(folder, "sia", API, json.dumps([post(slug) for slug in slugs]), type="application/json")
    for slug in slugs:
        add(folder, "sia", f"{SIA}/{slug}/", page(slug) + f"<!-- {Random(slug).randbytes(2000).hex()} -->")
    return {"mongodb_uri": uri, "xinwen_sample_web": folder, "xinwen_zone": zone_at_noon()}


def test_bytes_of_a_day_are_counted_over_all_processes(tmp_path: Path, given: Facts, samples: Database[Facts]) -> None:
    day = today(given["xinwen_zone"])
    given["xinwen_budgets"] = budget(tmp_path, "each.bytes_a_day = 9000\n")
    done = run("scrapy", "crawl", "sia", **given)
    record = samples.runs.find_one({}) or {}
    assert (done.returncode, record["verdict"], record["stopped"]) == (0, "ok", "bytes"), done.stderr
    assert record["why"] == "stopped: bytes (9 kB a day)"
    assert record["next_by"] > next_midnight(record["ended"], ZoneInfo(given["xinwen_zone"]))
    assert record["new"] > 0 and record["new"] + record["left_over"] == 5
    # No more than one download over it.
    assert 9000 <= record["bytes"] < 14000 and downloads.of_day(samples, day) == {"sia": record["bytes"]}
    planned = run("scrapy", "crawlall", "sia", "--dry-run", **given).stdout
    assert "goes on; the 9 kB of the day are downloaded" in planned
    assert run("scrapy", "crawlall", "sia", "--due", **given).stdout == "nothing is due\n"
    # What others download counts for all.
    given["xinwen_budgets"] = budget(tmp_path, "all.bytes_a_day = 14000\n")
    downloads.add(samples, "semi", day, 9000)
    again = run("scrapy", "crawl", "sia", **given)
    last = samples.runs.find_one({}, sort=[("ended", -1)]) or {}
    assert (again.returncode, last["verdict"], sum(last["requests"].values())) == (0, "ok", 0)
    assert last["why"] == "stopped: bytes (14 kB a day of all sources), before the lists were read"
    # The next day it goes on.
    samples.downloads.delete_many({})
    third = run("scrapy", "crawlall", "sia", "--due", **given | {"xinwen_budgets": None})
    assert third.returncode == 0 and samples.articles.count_documents({}) == 5, third.stdout


def until_leased(database: Database[Facts], key: str) -> None:
    """Waits until a process crawls *key*."""
    deadline = time.monotonic() + 120
    while not holder_of(database, lease_name(key)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_processes_share_the_bytes_of_a_day(tmp_path: Path, given: Facts, samples: Database[Facts]) -> None:
    """Two sources are crawled at the same moment: together they download what all may, and a download each more."""
    folder = given["xinwen_sample_web"] = tmp_path / "two"
    own = given["xinwen_sources"] = tmp_path / "sources.toml"
    own.write_text(OWN, "utf-8")
    slugs = [f"story-{number}" for number in range(12)]
    add(folder, "sia", API, json.dumps([post(slug) for slug in slugs]), type="application/json", hang=2)
    links = "".join(f'<li class="story"><a href="/news/{slug}/">Title of {slug}</a></li>' for slug in slugs)
    add(folder, "own", "https://own.example/news", f"<ul>{links}</ul>", hang=2)
    for slug in slugs:
        body = page(slug) + f"<!-- {Random(slug).randbytes(2000).hex()} -->"
        add(folder, "sia", f"{SIA}/{slug}/", body, hang=0.2)
        add(folder, "own", f"https://own.example/news/{slug}/", body.replace(SIA, "https://own.example/news"), hang=0.2)
    most, longest = 40_000, 6_000
    given["xinwen_budgets"] = budget(tmp_path, f"all.bytes_a_day = {most}\n")
    crawls = {key: start("scrapy", "crawl", key, **given) for key in ("sia", "own")}
    for key, crawl_of in crawls.items():  # each waits at its beginning for the other
        until_leased(samples, key)
        os.kill(crawl_of.pid, signal.SIGSTOP)
    for crawl_of in crawls.values():
        os.kill(crawl_of.pid, signal.SIGCONT)
    for crawl_of in crawls.values():
        _, said = crawl_of.communicate(timeout=300)
        assert crawl_of.returncode == 0, said
    sia, other = (samples.runs.find_one({"source": key}) or {} for key in ("sia", "own"))
    assert max(sia["started"], other["started"]) < min(sia["ended"], other["ended"]), "they ran at the same moment"
    for record in (sia, other):
        assert (record["verdict"], record["why"]) == ("ok", "stopped: bytes (40 kB a day of all sources)")
        assert 0 < record["new"] < 12 and record["new"] + record["left_over"] == 12
    assert most <= sia["bytes"] + other["bytes"] < most + 2 * longest
    counted = {"sia": sia["bytes"], "own": other["bytes"]}
    assert downloads.of_day(samples, today(given["xinwen_zone"])) == counted


def test_a_killed_run_has_counted_its_bytes(tmp_path: Path, given: Facts, samples: Database[Facts]) -> None:
    folder = given["xinwen_sample_web"] = tmp_path / "hanging"
    add(folder, "sia", API, json.dumps([post("a"), post("b")]))
    add(folder, "sia", f"{SIA}/a/", page("a"))
    add(folder, "sia", f"{SIA}/b/", "x", hang=300)
    process = start("scrapy", "crawl", "sia", **given)
    deadline = time.monotonic() + 120
    while samples.downloads.count_documents({"source": "sia", "bytes": {"$gt": 500}}) == 0:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert samples.runs.count_documents({}) == 0


def test_a_closed_window_and_a_budget_of_zero(tmp_path: Path, given: Facts, samples: Database[Facts]) -> None:
    now = datetime.now(ZoneInfo(given["xinwen_zone"]))
    hours = f"{(now + timedelta(hours=5)):%H}-{(now + timedelta(hours=6)):%H}"
    given["xinwen_budgets"] = budget(tmp_path, f'source.sia.open = "{hours}"\n')
    done = run("scrapy", "crawl", "sia", **given)
    record = samples.runs.find_one({}) or {}
    assert (done.returncode, record["verdict"], record["stopped"]) == (0, "ok", "window")
    assert sum(record["requests"].values()) == 0
    planned = run("scrapy", "crawlall", "sia", "--dry-run", **given).stdout
    opens = now.replace(minute=0) + timedelta(hours=5)
    assert f"{opens:%Y-%m-%d %H:%M}" in planned and f"goes on; open {hours}" in planned
    file = given["xinwen_budgets"] = budget(tmp_path, "[source.sia]\npages_a_run = 0\n")
    for command in (("crawl", "sia"), ("crawlall", "sia"), ("crawlall", "sia", "--due")):
        refused = run("scrapy", *command, **given)
        assert_one_line_error(refused, f"{file}:2: source.sia.pages_a_run: 0, so nothing may be downloaded")
        assert refused.returncode == 2
    assert "never 从不" in run("scrapy", "crawlall", "sia", "--dry-run", **given).stdout
    assert samples.runs.count_documents({}) == 1


def test_pages_that_fail_do_not_hold_up_the_others(tmp_path: Path, given: Facts, samples: Database[Facts]) -> None:
    folder = given["xinwen_sample_web"] = tmp_path / "failing"
    add(folder, "sia", API, json.dumps([post(slug) for slug in "abcd"]), type="application/json")
    for slug in "ab":
        add(folder, "sia", f"{SIA}/{slug}/", "x", status=500)
    for slug in "cd":
        add(folder, "sia", f"{SIA}/{slug}/", page(slug))
    given["xinwen_budgets"] = budget(tmp_path, "each.pages_a_run = 2\n")
    first, second = (run("scrapy", "crawl", "sia", "-s", "RETRY_ENABLED=False", **given) for _ in range(2))
    assert "sia: failed, 2 failed, 2 left over" in first.stderr
    assert "sia: ok, 2 new, 2 left over" in second.stderr, second.stderr
