"""When and why a page is fetched again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.discovery.methods import Link
from crawler.spider.link_ledger import LinkOutcome
from pipelines.runs.revisit import DAY, YEAR, next_visit, reason_to_fetch
from store.documents.visits import Visit

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://a.example/"
PAGE = Visit(URL, "sia", "stored", seen=NOW - HOUR, due=NOW + DAY, article="x", title="T", modified=NOW - DAY)
LINK = Link(URL, title="T", modified=NOW - DAY)


@pytest.mark.parametrize(
    ("page", "link", "reason"),
    [
        (None, LINK, "new"),
        (PAGE, LINK, ""),
        (replace(PAGE, due=NOW), LINK, "due"),
        (PAGE, replace(LINK, modified=NOW - HOUR), "modified"),
        (PAGE, replace(LINK, modified=NOW - 2 * DAY), ""),
        (PAGE, replace(LINK, modified=None, title=""), ""),
        (replace(PAGE, modified=None), replace(LINK, modified=NOW - 2 * HOUR), ""),
        (replace(PAGE, modified=None), replace(LINK, modified=NOW), "modified"),
        (PAGE, replace(LINK, title="Other"), "title"),
        (replace(PAGE, title=""), replace(LINK, title="Other"), ""),
        # An entry page that claims a change of every page is believed once a day.
        (replace(PAGE, trusted=False), replace(LINK, modified=NOW), ""),
        (replace(PAGE, trusted=False, seen=NOW - DAY), replace(LINK, modified=NOW), "modified"),
        (replace(PAGE, gone=NOW - DAY), LINK, "back"),
        (replace(PAGE, outcome="gone", gone=NOW - DAY), LINK, ""),
        (replace(PAGE, outcome="quarantined", article=""), LINK, ""),
    ],
)
def test_reason_to_fetch(page: Visit | None, link: Link, reason: str) -> None:
    assert reason_to_fetch(page, link, NOW) == reason


@pytest.mark.parametrize(
    ("outcome", "kind", "published", "first", "after"),
    [
        ("new", "news", NOW - HOUR, NOW, DAY),
        ("new", "news", NOW - 10 * DAY, NOW, 10 * DAY),
        ("new", "news", None, NOW - 4 * DAY, 4 * DAY),
        ("not_modified", "news", NOW - 4000 * DAY, NOW, YEAR),
        ("new", "filing", NOW - HOUR, NOW, YEAR),
        ("quarantined", "news", NOW - 10 * DAY, NOW, DAY),
        ("gone", "filing", None, NOW, DAY),
    ],
)
def test_next_visit(outcome: str, kind, published: datetime | None, first: datetime, after: timedelta) -> None:
    result = LinkOutcome("k", LINK, URL, outcome, published=published, kind=kind)
    assert next_visit(result, first, NOW) == NOW + after
