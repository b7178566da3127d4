"""When a page is asked for again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.ledger import Fate
from crawler.way import Link
from pipelines.revisit import DAY, YEAR, next_time, reason_to_ask
from store.pages import Page

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://a.example/"
PAGE = Page(URL, "sia", "stored", seen=NOW - HOUR, due=NOW + DAY, article="x", title="T", modified=NOW - DAY)
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
        # An entry that says "now" for everything is believed once a day.
        (replace(PAGE, trusted=False), replace(LINK, modified=NOW), ""),
        (replace(PAGE, trusted=False, seen=NOW - DAY), replace(LINK, modified=NOW), "modified"),
        (replace(PAGE, gone=NOW - DAY), LINK, "back"),
        (replace(PAGE, outcome="gone", gone=NOW - DAY), LINK, ""),
        (replace(PAGE, outcome="quarantined", article=""), LINK, ""),
    ],
)
def test_reason_to_ask(page: Page | None, link: Link, reason: str) -> None:
    assert reason_to_ask(page, link, NOW) == reason


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
def test_next_time(outcome: str, kind, published: datetime | None, first: datetime, after: timedelta) -> None:
    fate = Fate("k", LINK, URL, outcome, published=published, kind=kind)
    assert next_time(fate, first, NOW) == NOW + after
