"""Politeness: crawl delay and Retry-After (RFC 9110), by the times of the requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.middlewares.retry_after import seconds_to_wait
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, Crawl, crawl, page, post, samples_of

pytestmark = pytest.mark.slow

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)


@pytest.fixture
def sample_uri(uri: str):
    yield uri
    with (database := samples_of(uri)).client:
        database.client.drop_database(database.name)


def gaps(found: Crawl) -> list[float]:
    return [later.time - earlier.time for earlier, later in pairwise(found.requests)]


def test_the_crawl_delay_of_robots_txt_is_obeyed(tmp_path: Path, sample_uri: str) -> None:
    add(tmp_path, "sia", f"{SIA}/robots.txt", "User-agent: *\nCrawl-delay: 1.5\n", type="text/plain")
    add(tmp_path, "sia", API, json.dumps([post("a"), post("b")]), type="application/json")
    for slug in "ab":
        add(tmp_path, "sia", f"{SIA}/{slug}/", page(slug))
    polite = ["-s", "XINWEN_POLITE=1", "-s", "AUTOTHROTTLE_ENABLED=1", "-s", "DOWNLOAD_DELAY=0.1"]
    polite += ["-s", "AUTOTHROTTLE_START_DELAY=0.1"]
    contact = {"xinwen_contact": "crawl@xinwen.example"}
    found = crawl(tmp_path, "sia", sample_uri, tmp_path / "requests", *polite, **contact)
    assert found.record["new"] == 2, found.errors
    assert len(found.requests) == 4
    # Less than the 1.5 s, as a busy machine may see one response late and the next in time; without the delay: 0.1 s.
    assert min(gaps(found)) >= 1
    assert found.requests[-1].time - found.requests[0].time >= 4
    assert {request.agent for request in found.requests} == {"Xinwen/0.1 (+crawl@xinwen.example)"}


def test_a_short_retry_after_is_obeyed(tmp_path: Path, sample_uri: str) -> None:
    add(tmp_path, "sia", API, json.dumps([post("a")]), type="application/json")
    add(tmp_path, "sia", f"{SIA}/a/", "busy", status=503, headers={"Retry-After": "1"})
    found = crawl(tmp_path, "sia", sample_uri, tmp_path / "requests")
    assert [request.status for request in found.requests if request.kind == "page"] == [503, 503, 503]
    assert min(gaps(found)[2:]) >= 1
    assert (found.record["failed"], found.record["verdict"]) == (1, "failed")


def test_a_long_retry_after_ends_the_requests_to_the_site(tmp_path: Path, sample_uri: str) -> None:
    add(tmp_path, "sia", API, json.dumps([post("a"), post("b"), post("c")]), type="application/json")
    for slug in "abc":
        add(tmp_path, "sia", f"{SIA}/{slug}/", "busy", status=429, headers={"Retry-After": "3600"})
    found = crawl(tmp_path, "sia", sample_uri, tmp_path / "requests")
    assert len(found.urls("page")) == 1
    assert (found.record["blocked"], found.record["verdict"]) == (3, "blocked")
    assert "HTTP 429, to be asked again in 3600 s" in found.record["errors"][0]["reason"]
    assert "HTTP 429, to be asked again in 3600 s" in found.errors


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        (f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert seconds_to_wait(value, NOW) == seconds
