"""A real ``crawlall`` that is at work when the hour changes, in a time zone in which it does so after a few seconds."""

from __future__ import annotations

import json
import struct
import time
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from store.settings import settings
from tests.commands import start
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import SIA, SOURCE, page, samples_of

pytestmark = pytest.mark.slow

UNTIL_THE_HOUR = (25, 90)
"""Seconds in which three crawls begin; the second on a machine that is busy."""

KEYS = ("office", "slow_a", "slow_b", "quick")
PAGES = 12


def six_in_the_evening(folder: Path, moment: datetime) -> str:
    """Writes a time zone (RFC 8536, version 1) in which *moment* is 18:00, and returns its name."""
    second = 3600 * moment.hour + 60 * moment.minute + moment.second
    header = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    (folder / "Test").mkdir(parents=True)
    (folder / "Test" / "Evening").write_bytes(header + struct.pack(">lBB", 18 * 3600 - second, 0, 0) + b"EVE\0")
    return "Test/Evening"


@pytest.fixture
def database(uri: str) -> Iterator[Database[dict[str, Any]]]:
    with (found := samples_of(uri)).client:
        yield found
        found.client.drop_database(found.name)


@dataclass
class Crawls:
    """When the evening began, the run records by source, and which sources were crawled at once, again and again."""

    hour: datetime
    runs: dict[str, dict[str, Any]]
    at_once: list[set[str]]

    def moments(self, name: str) -> dict[str, datetime]:
        """By source the field *name* of its record."""
        return {key: datetime.fromisoformat(run[name]) for key, run in self.runs.items()}


def crawled(folder: Path, seconds: int, **given: Any) -> Crawls:
    """Crawls four sources, three at once by day; the evening begins after *seconds*."""
    sources, budgets, web = folder / "sources.toml", folder / "budgets.toml", folder / "web"
    folder.mkdir()
    sources.write_text("".join(SOURCE.format(key) for key in KEYS), "utf-8")
    budgets.write_text('source.office.open = "6-18"\n', "utf-8")
    for key in KEYS:
        site = f"https://{key}.example"
        slugs = [f"{key}-{one}" for one in range(1 if key == "quick" else PAGES)]
        links = "".join(f'<li class="story"><a href="/news/{slug}/">Title of {slug}</a></li>' for slug in slugs)
        add(web, key, f"{site}/news", f"<ul>{links}</ul>")
        for slug in slugs:
            body = page(slug).replace(SIA, f"{site}/news")
            add(web, key, f"{site}/news/{slug}/", body, hang=0 if key == "quick" else seconds / (PAGES - 1))
    given |= {"xinwen_sample_web": web, "xinwen_sources": sources, "xinwen_budgets": budgets}
    hour = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    given["xinwen_zone"] = six_in_the_evening(folder / "zones", hour)
    given["pythontzpath"] = ":".join([str(folder / "zones"), *zoneinfo.TZPATH])
    process = start("scrapy", "crawlall", *KEYS, "-j", 3, "--json", **given)
    at_once = []
    while process.poll() is None:  # the log of a crawl has the number of its process as long as that lives
        at_once.append({log.name.split(".")[0] for log in (settings().data / "logs").glob("*.*.log")} & {*KEYS})
        time.sleep(0.05)
    out, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    return Crawls(hour, {run["source"]: run for run in json.loads(out)["runs"]}, at_once)


def test_fewer_sources_at_once_and_a_window_that_closes(uri: str, database, tmp_path: Path) -> None:
    for seconds in UNTIL_THE_HOUR:
        crawls = crawled(tmp_path / str(seconds), seconds, mongodb_uri=uri)
        runs, begun, ended = crawls.runs, crawls.moments("started"), crawls.moments("ended")
        if max(begun[key] for key in KEYS[:3]) < crawls.hour and runs["office"]["new"]:
            break
        database.client.drop_database(database.name)
    # Three at once by day, and one in the evening: it begins when the three have ended.
    assert all(begun[key] < crawls.hour <= ended[key] for key in KEYS[:3]), runs
    assert {*KEYS[:3]} in crawls.at_once
    assert {frozenset(keys) for keys in crawls.at_once if "quick" in keys} == {frozenset({"quick"})}
    office = runs["office"]
    assert (office["verdict"], office["stopped"], office["why"]) == ("ok", "window", "stopped: window (6-18)")
    assert office["new"] > 0 and office["left_over"] > 0 and office["new"] + office["left_over"] == PAGES
    assert [(runs[key]["why"], runs[key]["new"]) for key in KEYS[1:]] == [("", PAGES), ("", PAGES), ("", 1)]
