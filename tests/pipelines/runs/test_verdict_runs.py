"""Verdicts of real runs: what a site does, and what the record of the run says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.source import Thresholds
from pipelines.runs.verdict import Coverage, shortcomings
from similarity.health import health_of, lines
from store.article import Article
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, crawl, page, post, samples_of

pytestmark = pytest.mark.slow

CHALLENGE = "<html><title>Just a moment...</title></html>"


def lists(folder: Path, *posts: dict[str, Any]) -> None:
    add(folder, "sia", API, json.dumps(posts), type="application/json")


def three(make: Callable[[str], str]) -> Callable[[Path], None]:
    """A list of three articles without dates, and their pages."""

    def web(folder: Path) -> None:
        lists(folder, *(post(slug, date_gmt=None) for slug in "abc"))
        for slug in "abc":
            add(folder, "sia", f"{SIA}/{slug}/", make(slug))

    return web


def undated(slug: str) -> str:
    return page(slug).replace("article:published_time", "nothing")


@pytest.mark.parametrize(
    ("web", "verdict", "why"),
    [
        (three(page), "ok", ""),
        (three(undated), "degraded", "published 0 is below 0.5"),
        (three(lambda slug: page(slug, text=f"Too short a text of {slug}.")), "degraded", "length "),
        (three(lambda slug: CHALLENGE), "blocked", "3 pages refused"),
        (three(lambda slug: "<html><body></body></html>"), "failed", "none of 3 pages could be stored"),
        (lists, "empty", "fewer links than the minimum"),
        (lambda folder: add(folder, "sia", API, CHALLENGE), "blocked", "every discovery method is refused"),
        (lambda folder: add(folder, "sia", API, "maintenance", status=500), "failed", f"json {API}: HTTP 500"),
    ],
    ids=["ok", "dates", "length", "challenge", "unreadable", "empty", "refused entry page", "broken"],
)
def test_verdict(tmp_path: Path, uri: str, web: Callable[[Path], None], verdict: str, why: str) -> None:
    web(tmp_path)
    found = crawl(tmp_path, "sia", uri, tmp_path / "requests", "-s", "RETRY_TIMES=0").record
    with (database := samples_of(uri)).client:
        database.client.drop_database(database.name)
    assert (found["verdict"], found["why"][: len(why)]) == (verdict, why)
    assert bool(found["errors"]) == (verdict in ("blocked", "failed", "empty"))
    assert all(error["url"].startswith(SIA) and error["reason"] for error in found["errors"])
    assert found["requests"]["robots"] == 1
    assert found["seconds"] > 0


def article(**facts: Any) -> Article:
    now = datetime(2026, 7, 20, tzinfo=UTC)
    return Article(**({"source": "sia", "url": "https://a.example/", "title": "T", "fetched": now} | facts))


def test_the_record_names_the_job_of_scrapyd(tmp_path: Path, uri: str) -> None:
    three(page)(tmp_path)
    record = crawl(tmp_path, "sia", uri, tmp_path / "requests", "-a", "_job=26b1c6d4f1e911f0").record
    assert (record["verdict"], record["job"]) == ("ok", "26b1c6d4f1e911f0")
    with (database := samples_of(uri)).client:
        (state,) = health_of(database, datetime.now(UTC), ["sia"])
        assert (state.job, state.fault) == ("26b1c6d4f1e911f0", "")
        assert next(lines([state], datetime.now(UTC))).endswith("[dim]job 26b1c6d4f1e911f0[/dim]")
        database.client.drop_database(database.name)


def test_coverage_counts_only_what_can_be_expected() -> None:
    coverage = Coverage()
    dated = {"published": article().fetched}
    coverage.add(article(body="x" * 300, **dated), read=True)
    coverage.add(article(summary="only this"), read=True)
    coverage.add(article(access="headline", **dated), read=True)
    coverage.add(article(kind="filing", body="x" * 900), read=True)
    coverage.add(article(kind="data"), read=True)
    assert coverage.figures() == {"published": 0.667, "text": 1.0, "length": 300}
    assert Coverage().figures() == {}


def test_shortcomings() -> None:
    figures = {"published": 0.5, "text": 0.4, "length": 20}
    assert shortcomings(figures, Thresholds(0.5, 0.5, 21)) == ["text 0.4 is below 0.5", "length 20 is below 21"]
