"""Bad input: every kind ends in its verdict or in quarantine, and every link that was found has an outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest

from crawler.ledger import OUTCOMES
from tests.commands import run
from tests.pipelines.bad_sites import CASES, host_of
from tests.pipelines.bad_web import BadWeb, counted, serving
from tests.pipelines.crawls import assert_adds_up

ALONE = "feed_of_100_mb"
TOGETHER = sorted(CASES.keys() - {ALONE})
MOST_MEMORY = 80  # MiB beside what a crawl takes anyway; the reply is cut off after 20, and one copy is made


@dataclass
class Crawled:
    """What the crawls left behind: records and articles by key, refused pages by key and address."""

    web: BadWeb
    memory: dict[str, int]
    runs: dict[str, dict[str, Any]]
    articles: dict[str, list[dict[str, Any]]]
    quarantine: dict[str, dict[str, str]]


def crawled(server: str, keys: list[str], at_once: int) -> Iterator[Crawled]:
    """Crawls of *keys*, into a database that lives as long as the iterator."""
    from store.connection import another_database, connect

    uri = another_database(server, f"test_{uuid4().hex[:12]}")
    sites = {host_of(key): CASES[key].site for key in keys}
    for key in keys:
        sites |= CASES[key].others
    with serving(sites) as web:
        given = {"mongodb_uri": uri, "http_proxy": web.address, "xinwen_sample_web": None, "pythonwarnings": "error"}
        done = run("tests.pipelines.crawl_rows", at_once, *keys, no_proxy=None, **given)
    assert done.returncode == 0, done.stderr
    database = connect(uri)
    try:
        found = Crawled(web, json.loads(done.stdout), {one["source"]: one for one in database.runs.find()}, {}, {})
        for one in database.articles.find():
            found.articles.setdefault(one["source"], []).append(one)
        for one in database.quarantine.find():
            found.quarantine.setdefault(one["source"], {})[one["url"]] = "; ".join(one["reasons"])
        yield found
    finally:
        database.client.drop_database(database.name)
        database.client.close()


@pytest.fixture(scope="module")
def together(server: str) -> Iterator[Crawled]:
    yield from crawled(server, TOGETHER, at_once=4)


@pytest.mark.parametrize("key", TOGETHER)
def test_bad_site(key: str, together: Crawled) -> None:
    check(key, together)


def test_a_feed_of_100_mb_is_not_taken_in(server: str) -> None:
    for alone in crawled(server, ["good", ALONE], at_once=1):
        check(ALONE, alone)
        assert alone.memory[ALONE] - alone.memory["good"] < MOST_MEMORY


def check(key: str, found: Crawled) -> None:
    """The record of *key* adds up and is the one that the case expects."""
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
    assert all(part in refused[urljoin(site, path)] for path, part in case.refused.items())
    titles = {one["title"] for one in found.articles.get(key, ())}
    assert len(found.articles.get(key, ())) == record["new"]
    assert case.titles is None or titles == case.titles
    asked = counted(found.web.asked[host_of(key)])
    assert case.asked is None or asked == case.asked
