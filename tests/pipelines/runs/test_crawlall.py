"""``scrapy crawlall``: a process for each source; the failure of one is recorded and affects no other."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from crawler.runner.processes import FinishedCrawl
from pipelines.runs.record_run import add_run
from pipelines.runs.run_records import RunRecords, failed_run
from pipelines.source_lease import lease_name
from store.index import manifest
from store.index.manifest import Manifest
from store.settings import settings
from tests.commands import assert_one_line_error, run, start
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, page, post, samples_of, zone_at_noon

pytestmark = pytest.mark.slow

REUTERS = "https://www.reuters.com/arc/outboundfeeds/news-sitemap-index/?outputType=xml"


@pytest.fixture
def given(tmp_path: Path, uri: str) -> dict[str, Any]:
    """Environment variables for a sample web in which SIA has one article."""
    folder = tmp_path / "web"
    add(folder, "sia", API, json.dumps([post("a")]), type="application/json")
    add(folder, "sia", f"{SIA}/a/", page("a"))
    return {"mongodb_uri": uri, "xinwen_sample_web": folder, "xinwen_data": tmp_path / "data"}


@pytest.fixture
def database(uri: str) -> Iterator[Database[dict[str, Any]]]:
    with (found := samples_of(uri)).client:
        yield found
        found.client.drop_database(found.name)


def test_sources_are_crawled_in_parallel(given: dict[str, Any], database) -> None:
    done = run("scrapy", "crawlall", "sia", "reuters", "-j", 2, **given)
    assert done.returncode == 1
    assert "/2 sia ok, " in done.stdout
    assert "/2 reuters failed, " in done.stdout
    assert "\x1b" not in done.stdout
    assert "│ sia " in done.stdout and "1 (1 new)" in done.stdout
    assert done.stderr.startswith("error: 1 of 2 failed: reuters; ")
    assert {row["source"]: row["verdict"] for row in database.runs.find()} == {"sia": "ok", "reuters": "failed"}
    assert "sia: ok, 1 new" in (given["xinwen_data"] / "logs" / "sia.log").read_text()
    again = run("scrapy", "crawlall", "sia", **given)
    assert (again.returncode, again.stderr) == (0, "")
    assert "1/1 sia nothing_new, " in again.stdout


def test_a_record_in_a_store_that_was_retokenized_meanwhile(monkeypatch, tmp_path: Path, database, uri: str) -> None:
    monkeypatch.setenv("MONGODB_URI", uri.replace(database.name.removesuffix("_samples"), database.name))
    settings.cache_clear()
    now = datetime.now(UTC)
    try:
        with RunRecords() as records:
            database.manifest.insert_one(manifest.document(Manifest("newer", version=1)))
            record = records.record(FinishedCrawl("sia", 1, now, now, "it says why", tmp_path))
    finally:
        settings.cache_clear()
    assert record["verdict"] == "failed" and "index made by analyzer 'newer'" in record["why"]


def test_only_what_is_due(given: dict[str, Any], tmp_path: Path, database) -> None:
    own = tmp_path / "sources.toml"
    own.write_text('[sia]\nevery = "31d"\n[reuters]\nevery = "31d"\n', "utf-8")
    zone = zone_at_noon()
    given |= {"xinwen_sources": own, "xinwen_zone": zone}
    zero = tmp_path / "budgets.toml"
    zero.write_text("source.semi.pages_a_run = 0\n", "utf-8")
    del given["xinwen_data"]  # the folder of all tests has what a new one would have to compute first
    now, hour = datetime.now(UTC).replace(microsecond=0), timedelta(hours=1)
    ended = {key: FinishedCrawl(key, 0, now, now, "", tmp_path) for key in ("sia", "reuters")}
    add_run(database, failed_run(ended["sia"], "") | {"verdict": "ok"})
    add_run(database, failed_run(ended["reuters"], "no answer"))
    again = run("scrapy", "crawlall", "sia", "reuters", "--due", **given)
    assert (again.returncode, again.stdout) == (0, "nothing is due\n")
    times = {"started": now - hour, "ended": now - hour}
    database.runs.update_one({"source": "reuters"}, {"$set": times})
    planned = run("scrapy", "crawlall", "sia", "reuters", "semi", "--dry-run", **given)
    head, *lines = planned.stdout.splitlines()
    assert f"({zone})" in head and database.runs.count_documents({}) == 2
    by_key = {line.split()[0]: " ".join(line.split()[1:]) for line in lines}
    shown = times["ended"].astimezone(ZoneInfo(zone))
    assert (
        by_key["reuters"]
        == f"now 现在 1 always 0 B of 500 MB failed once, last at {shown:%m-%d %H:%M}: again after 10min"
    )
    assert by_key["semi"].endswith("has never run") and "every 31d; ok at" in by_key["sia"]
    as_json = run("scrapy", "crawlall", "sia", "reuters", "semi", "--dry-run", "--json", xinwen_budgets=zero, **given)
    found = json.loads(as_json.stdout)
    plan = {line["source"]: line for line in found["plan"]}
    assert (as_json.returncode, as_json.stderr, found["at_once"] in (2, 3, 4)) == (0, "", True)
    moments = [found["now"], plan["reuters"]["at"], plan["sia"]["at"]]
    assert all(moment.endswith("Z") for moment in moments) and plan["semi"]["at"] is None
    asked, reuters, sia = map(datetime.fromisoformat, moments)
    assert now <= asked == reuters < sia
    assert plan["reuters"]["reason"].startswith("failed once, last at ")
    assert (plan["reuters"]["runs"], plan["semi"]["runs"]) == (1, 0)
    assert plan["semi"]["reason"].endswith("source.semi.pages_a_run: 0, so nothing may be downloaded")
    assert [plan["reuters"][name] for name in ("window", "bytes_today", "bytes_a_day")] == ["always", 0, 500_000_000]
    third = run("scrapy", "crawlall", "sia", "reuters", "--due", **given)
    assert "1 sources" in third.stdout
    assert [database.runs.count_documents({"source": key}) for key in ("sia", "reuters")] == [1, 2]
    wrong = run("scrapy", "crawlall", "--due", **given | {"xinwen_zone": "Mars/Base"})
    assert_one_line_error(wrong, "XINWEN_ZONE", "time zone 'Mars/Base' is unknown")
    assert wrong.returncode == 2


def test_a_refusal_is_a_failure_only_when_strict(given: dict[str, Any], database) -> None:
    index = Path(given["xinwen_sample_web"])
    add(index, "reuters", "https://www.reuters.com/robots.txt", "no", status=403)
    done = run("scrapy", "crawlall", "reuters", **given)
    assert (done.returncode, "reuters blocked" in done.stdout) == (0, True), done.stdout
    assert run("scrapy", "crawlall", "reuters", "--strict", **given).returncode == 1


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def hanging(given: dict[str, Any]) -> None:
    add(Path(given["xinwen_sample_web"]), "reuters", REUTERS, "x", hang=300)


def running(given: dict[str, Any], pid: int, key: str) -> int:
    """The id of the process that crawls *key*, once it has started."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for child in children(pid):
            if Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[-2] == key.encode():
                return child
        time.sleep(0.1)
    raise AssertionError("no such process")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_a_killed_crawl_is_a_failed_source(given: dict[str, Any], database) -> None:
    hanging(given)
    process = start("scrapy", "crawlall", "reuters", "sia", "-j", 2, **given)
    child = running(given, process.pid, "reuters")
    os.kill(child, signal.SIGKILL)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "reuters failed, " in out and "killed by signal 9" in out
    assert "sia ok, " in out
    found = database.runs.find_one({"source": "reuters"})
    assert (found["verdict"], found["why"]) == ("failed", "killed by signal 9")


def test_a_crawl_that_takes_too_long_is_stopped(given: dict[str, Any], database) -> None:
    hanging(given)
    began = time.monotonic()
    done = run("scrapy", "crawlall", "reuters", "--longest", 4, **given)
    assert time.monotonic() - began < 60
    assert (done.returncode, "reuters failed" in done.stdout) == (1, True)
    (found,) = database.runs.find()
    assert found["verdict"] == "failed"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_no_crawl_outlives_the_command(given: dict[str, Any], database) -> None:
    hanging(given)
    process = start("scrapy", "crawlall", "reuters", **given)
    child = running(given, process.pid, "reuters")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (130, "error: interrupted\n")
    assert not Path(f"/proc/{child}").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_crawl_that_is_interrupted_says_so_and_is_recorded(given: dict[str, Any], database, number: int) -> None:
    hanging(given)
    process = start("scrapy", "crawl", "reuters", **given)
    deadline = time.monotonic() + 180
    while not database.leases.find_one({"_id": lease_name("reuters")}):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "error: interrupted"
    for row in database.runs.find():  # none where it was interrupted before its first request
        assert (row["verdict"], row["why"]) == ("failed", "ended early: shutdown")
    (lease,) = database.leases.find()
    assert lease["until"] <= datetime.now(UTC), "given up"


def test_signals_that_come_together_end_a_crawl_in_good_order(given: dict[str, Any], tmp_path: Path, database) -> None:
    given["xinwen_sample_web"] = web = tmp_path / "slow"
    del given["xinwen_data"]  # as above
    add(web, "sia", API, json.dumps([post("a"), post("b")]), type="application/json")
    add(web, "sia", f"{SIA}/a/", page("a"))
    add(web, "sia", f"{SIA}/b/", page("b"), hang=3)
    process = start("scrapy", "crawl", "sia", **given)
    deadline = time.monotonic() + 180
    while not database.articles.find_one():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):  # of a terminal, of systemd, of crawlall
        process.send_signal(number)
        time.sleep(0.05)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err.splitlines()[-1]) == (130, "error: interrupted")
    (found,) = database.runs.find()
    assert (found["verdict"], found["why"]) == ("failed", "ended early: shutdown")
    assert [lease["until"] <= datetime.now(UTC) for lease in database.leases.find()] == [True], "given up"


def test_a_command_that_is_interrupted_before_it_crawls_is_one_line(given: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/x"
        process = start("scrapy", "crawlall", "sia", "--due", **given | {"mongodb_uri": address})
        with silent.accept()[0]:  # it asks the database, which does not answer
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (130, "error: interrupted\n")


def test_a_log_that_cannot_be_written_is_one_line(given: dict[str, Any], database) -> None:
    (given["xinwen_data"] / "logs" / "sia.log").mkdir(parents=True)
    done = run("scrapy", "crawlall", "sia", **given)
    assert_one_line_error(done, "the logs of crawls cannot be written to", "sia.log: Is a directory")
    assert (done.returncode, database.runs.count_documents({})) == (1, 1)


def test_a_source_without_a_budget_does_not_keep_the_others(given: dict[str, Any], tmp_path: Path, database) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text("source.reuters.pages_a_run = 0\n", "utf-8")
    done = run("scrapy", "crawlall", "sia", "reuters", "--json", xinwen_budgets=file, **given)
    assert (done.returncode, [row["source"] for row in json.loads(done.stdout)["runs"]]) == (2, ["sia"])
    assert f"error: {file}:1: source.reuters.pages_a_run: 0, so nothing may be downloaded" in done.stderr
    again = run("scrapy", "crawlall", "sia", "--due", "--json", xinwen_budgets=file, **given)
    assert (again.returncode, json.loads(again.stdout)) == (0, {"runs": [], "skipped": {}})


def test_records_of_a_clock_that_was_days_ahead_hide_no_run(given: dict[str, Any], tmp_path: Path, database) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    own = tmp_path / "sources.toml"
    own.write_text('[sia]\nevery = "31d"\n', "utf-8")
    for moment in (now, *(now + timedelta(days=days) for days in range(40, 60))):
        add_run(database, failed_run(FinishedCrawl("sia", 0, moment, moment, "", tmp_path), "") | {"verdict": "ok"})
    done = run("scrapy", "crawlall", "sia", "--due", xinwen_sources=own, xinwen_zone=zone_at_noon(), **given)
    assert (done.returncode, done.stdout) == (0, "nothing is due\n")


def test_wrong_arguments_are_one_line(given: dict[str, Any]) -> None:
    assert_one_line_error(run("scrapy", "crawlall", "smci", **given), "unknown source 'smci'", "smic")
    unreachable = given | {"mongodb_uri": "mongodb://127.0.0.1:9/x", "xinwen_timeout": 1}
    assert_one_line_error(run("scrapy", "crawlall", "sia", **unreachable), "cannot be reached")
