"""The functions that JMESPath expressions of a source have in addition to the usual ones."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.discovery.json_functions import mistake_in, search


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("roc_month(@)", "11510", "2026-10"),
        ("roc_month(@)", "9912", "2010-12"),
        ("roc_month(@)", 11501, "2026-01"),
        ("roc_month(@)", "115/02", "2026-02"),
        ("roc_month(@)", "11513", None),
        ("roc_month(@)", None, None),
        ("roc_day(@)", "1151117", "2026-11-17"),
        ("roc_day(@)", "115/01/05", "2026-01-05"),
        ("roc_day(@)", "20261117", None),
        ("next_month(@)", "2026-10", "2026-11"),
        ("next_month(@)", "2026-12", "2027-01"),
        ("next_month(@)", "2026-13", None),
        ("thousands(@)", "367473114", "367,473,114"),
        ("thousands(@)", " 1,234 ", "1,234"),
        ("thousands(@)", "-", None),
        ("signed(@)", "16.9412", "+16.9"),
        ("signed(@)", "-0.31", "-0.3"),
        ("signed(@)", "", None),
        ("signed(@)", "9" * 400, None),
        ("rows(@)[1].form", {"form": ["6-K", "20-F"], "day": ["a", "b"], "count": 2}, "20-F"),
        ("length(rows(@))", {"form": ["6-K", "20-F"], "day": ["a"]}, 1),
        ("rows(@)", {}, None),
    ],
)
def test_functions(path: str, value: Any, wanted: Any) -> None:
    assert search(path, value) == wanted
    assert mistake_in(path) == ""


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("a[[", "Expecting: star, got: lbracket"),
        ("join('', [a, roc_year(b)])", "there is no function roc_year"),
        ("list[?shout(a)]", "there is no function shout"),
        ("", "Invalid JMESPath expression: cannot be empty."),
        ("(" * 5000, "is nested too deeply"),
    ],
)
def test_expressions_that_cannot_work(path: str, reason: str) -> None:
    assert mistake_in(path).startswith(reason)
