"""The verdict on a run, by its counts."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.runs.verdict import RunFacts, judge


@pytest.mark.parametrize(
    ("outcomes", "facts", "expected"),
    [
        ({"new": 10}, {}, "ok"),
        ({"changed": 1, "unchanged": 9}, {}, "ok"),
        ({"unchanged": 10}, {}, "nothing_new"),
        ({"known": 10}, {}, "nothing_new"),
        ({}, {}, "nothing_new"),
        ({"duplicate": 3}, {}, "nothing_new"),
        ({"older": 3}, {}, "nothing_new"),
        ({}, {"methods": 0, "short_methods": 1}, "empty"),
        ({}, {"methods": 0, "failure": "HTTP 500"}, "failed"),
        ({}, {"methods": 0, "quiet_methods": 1}, "nothing_new"),
        ({}, {"methods": 0, "quiet_methods": 1, "failed_parts": 1}, "degraded"),
        ({}, {"methods": 0, "refusals": 1, "short_methods": 1}, "blocked"),
        ({}, {"methods": 0, "refusals": 1, "login_needed": True}, "login_needed"),
        ({"blocked": 3}, {"refusals": 1}, "blocked"),
        ({"blocked": 1, "known": 9}, {"refusals": 1}, "blocked"),
        ({"blocked": 1, "known": 9}, {"refusals": 1, "failed_again": 1}, "nothing_new"),
        ({"blocked": 3}, {"refusals": 1, "failed_again": 3}, "blocked"),
        ({"blocked": 1, "new": 9}, {"refusals": 1}, "ok"),
        ({"blocked": 9, "new": 1}, {"refusals": 1}, "degraded"),
        ({"new": 3}, {"fallbacks": 3}, "blocked"),
        ({"new": 10}, {"fallbacks": 1}, "ok"),
        ({"new": 10}, {"fallbacks": 8}, "degraded"),
        ({"blocked": 2}, {"login_needed": True}, "login_needed"),
        ({"new": 2}, {"login_needed": True}, "ok"),
        ({"quarantined": 3}, {}, "failed"),
        ({"failed": 3}, {}, "failed"),
        ({"quarantined": 2, "new": 1}, {}, "degraded"),
        ({"quarantined": 1, "known": 9}, {}, "degraded"),
        ({"quarantined": 1, "known": 9}, {"failed_again": 1}, "nothing_new"),
        ({"quarantined": 3}, {"failed_again": 3}, "failed"),
        ({"known": 3}, {"known_failed": 3}, "failed"),
        ({"known": 3}, {"known_failed": 2}, "nothing_new"),
        ({"ignored": 3}, {}, "failed"),
        ({"ignored": 3, "known": 1}, {"failed_again": 3}, "nothing_new"),
        ({"barred": 3}, {}, "blocked"),
        ({"barred": 3, "known": 1}, {}, "nothing_new"),
        ({"quarantined": 3}, {"login_pages": 3}, "login_needed"),
        ({"quarantined": 1, "new": 3}, {"login_pages": 1}, "ok"),
        ({"new": 9}, {"shortcomings": ["published 0.1 is below 0.5"]}, "degraded"),
        ({"new": 9}, {"failed_parts": 1}, "degraded"),
        ({"new": 9}, {"faults": 1}, "failed"),
        ({"new": 9, "unfinished": 1}, {}, "failed"),
        ({"new": 2, "lost": 1}, {}, "failed"),
        ({"new": 3}, {"storage_failed": True}, "failed"),
        ({"new": 3}, {"storage_failed": True, "disk_full": True}, "failed"),
        ({"new": 3}, {"reason": "shutdown"}, "failed"),
        ({"new": 3}, {"reason": "closespider_timeout"}, "failed"),
        ({"new": 3}, {"methods": 0, "files": True}, "ok"),
    ],
)
def test_verdict(outcomes: dict[str, int], facts: dict[str, Any], expected: str) -> None:
    verdict, why = judge(RunFacts(**({"outcomes": outcomes, "methods": 1} | facts)))
    assert verdict == expected
    assert bool(why) == (verdict not in ("ok", "nothing_new"))


@pytest.mark.parametrize(
    ("outcomes", "facts", "expected"),
    [
        ({"new": 4, "left_over": 6}, {}, ("ok", "stopped: bytes (1 MB a day)")),
        ({"known": 4, "left_over": 6}, {}, ("ok", "stopped: bytes (1 MB a day)")),
        ({"left_over": 6}, {}, ("ok", "stopped: bytes (1 MB a day)")),
        (
            {"new": 4, "left_over": 6},
            {"failed_parts": 1},
            ("degraded", "1 parts of the source have no working discovery method; stopped: bytes (1 MB a day)"),
        ),
        ({"failed": 4}, {}, ("failed", "none of 4 pages could be stored; stopped: bytes (1 MB a day)")),
        (
            {},
            {"methods": 0, "lists_unread": True, "failure": "HTTP 500"},
            ("ok", "stopped: bytes (1 MB a day), before the lists were read"),
        ),
        (
            {},
            {"methods": 0, "lists_unread": True, "stopped": "seconds (5 a run)"},
            ("degraded", "stopped: seconds (5 a run), before the lists were read"),
        ),
        (
            {},
            {"lists_unread": True, "storage_failed": True},
            ("failed", "the database failed; stopped: bytes (1 MB a day), before the lists were read"),
        ),
    ],
)
def test_a_run_that_met_its_budget(outcomes: dict[str, int], facts: dict[str, Any], expected: tuple[str, str]) -> None:
    given = {"outcomes": outcomes, "methods": 1, "stopped": "bytes (1 MB a day)"} | facts
    assert judge(RunFacts(**given)) == expected
