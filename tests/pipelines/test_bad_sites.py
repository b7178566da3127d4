"""Crawls of misbehaving sites: the expected verdict or quarantine, and an outcome for every link that was found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest

from crawler.spider.link_ledger import OUTCOMES
from tests.commands import run
from tests.pipelines.bad_sites import CASES, host_of
from tests.pipelines.bad_web import BadWeb, request_counts, serving
from tests.pipelines.crawls import assert_adds_up

pytestmark = pytest.mark.slow

ALONE = "feed_of_100_mb"
IN_ONE_PROCESS = sorted(CASES.keys() - {ALONE})
MAX_MEMORY = 80  # MiB more than a crawl of a good site takes; the reply is cut off after 20, and one copy is made


@dataclass
class Crawled:
    """Records and articles by key, reasons of quarantine by key and address, and peak memory (MiB) by key."""

    web: BadWeb
    memory: dict[str, int]
    runs: dict[str, dict[str, Any]]
    articles: dict[str, list[dict[str, Any]]]
    quarantine: dict[str, dict[str, str]]


def crawled(server: str, keys: list[str], parallel: int) -> Iterator[Crawled]:
    """Crawl *keys* into a database that is dropped when the iterator ends."""
    from store.connection import another_database, connect

    uri = another_database(server, f"test_{uuid4().hex[:12]}")
    sites = {host_of(key): CASES[key].site for key in keys}
    for key in keys:
        sites |= CASES[key].others
    with serving(sites) as web:
        given = {"mongodb_uri": uri, "http_proxy": web.address, "xinwen_sample_web": None, "pythonwarnings": "error"}
        done = run("tests.pipelines.crawl_bad_sites", parallel, *keys, no_proxy=None, **given)
    assert done.returncode == 0, done.stderr
    database = connect(uri)
    try:
        found = Crawled(web, json.loads(done.stdout), {row["source"]: row for row in database.runs.find()}, {}, {})
        for row in database.articles.find():
            found.articles.setdefault(row["source"], []).append(row)
        for row in database.quarantine.find():
            found.quarantine.setdefault(row["source"], {})[row["url"]] = "; ".join(row["reasons"])
        yield found
    finally:
        database.client.drop_database(database.name)
        database.client.close()


@pytest.fixture(scope="module")
def in_one_process(server: str) -> Iterator[Crawled]:
    yield from crawled(server, IN_ONE_PROCESS, parallel=4)


@pytest.mark.parametrize("key", IN_ONE_PROCESS)
def test_bad_site(key: str, in_one_process: Crawled) -> None:
    check(key, in_one_process)


def test_a_feed_of_100_mb_does_not_fill_the_memory(server: str) -> None:
    for alone in crawled(server, ["good", ALONE], parallel=1):
        check(ALONE, alone)
        assert alone.memory[ALONE] - alone.memory["good"] < MAX_MEMORY


def check(key: str, found: Crawled) -> None:
    """The record of *key* is consistent and as its case expects."""
    case, record = CASES[key], found.runs[key]
    assert_adds_up(record)
    facts = (record["verdict"], {name: record[name] for name in OUTCOMES if record[name]}, record["dropped"])
    assert facts == (case.verdict, case.outcomes, case.dropped), record
    assert record["why"].startswith(case.why), record["why"]
    assert bool(record["why"]) == (case.verdict != "ok")
    site = f"http://{host_of(key)}/"
    reasons = {error["url"]: error["reason"] for error in record["errors"]}
    for path, part in case.reasons.items():
        assert part in reasons[urljoin(site, path)], reasons
    refused = found.quarantine.get(key, {})
    assert set(refused) >= {urljoin(site, path) for path in case.refused}
    assert all(part in refused[urljoin(site, path)] for path, part in case.refused.items()), refused
    titles = {row["title"] for row in found.articles.get(key, ())}
    assert len(found.articles.get(key, ())) == record["new"]
    assert case.titles is None or titles == case.titles
    requests = request_counts(found.web.requests[host_of(key)])
    assert case.requests is None or requests == case.requests
