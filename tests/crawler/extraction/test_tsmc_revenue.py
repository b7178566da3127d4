"""TSMC's monthly revenue: months, values and changes as the page has them, and the change to the month before."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extraction.tsmc_revenue import MonthlyRevenue, as_html, monthly_revenue

ROW = "<tr><td><div>{}</div></td><td>{}</td><td>{}</td></tr>"


def table(*rows: tuple[str, str, str]) -> str:
    return f"<table><tr><th>Month</th><th>Net Revenue</th></tr>{''.join(ROW.format(*row) for row in rows)}</table>"


def test_months_with_their_changes() -> None:
    first, second = monthly_revenue(table(("Jan.", "200,000", "7.9%"), ("Feb.", "150,000", "(11.3%)")), 2026)
    assert first == MonthlyRevenue(2026, 1, 200_000, 7.9, None)
    assert second == MonthlyRevenue(2026, 2, 150_000, -11.3, -25.0)
    assert second.text == "2026-02: NT$ 150,000 million, -25.0% on the month before, -11.3% on the year before"
    assert as_html([first, second]).startswith("<p>2026-02: NT$ 150,000")


@pytest.mark.parametrize(
    ("row", "months"),
    [
        (("Mar.", "", ""), []),
        (("Total", "1,000,000", "1%"), []),
        (("Jan. to Jun.", "1,000,000", "1%"), []),
        (("Sept.", "300,000", ""), [9]),
        (("May", "-", "-"), []),
    ],
)
def test_rows_that_are_no_month_or_have_no_revenue_yet(row: tuple[str, str, str], months: list[int]) -> None:
    assert [found.month for found in monthly_revenue(table(row), 2026)] == months


def test_a_month_that_is_missing_gives_no_change_to_the_month_before() -> None:
    found = monthly_revenue(table(("Jan.", "200,000", "1%"), ("Mar.", "300,000", "-2.5%")), 2026)
    assert [(one.month, one.to_month, one.to_year) for one in found] == [(1, None, 1.0), (3, None, -2.5)]


def test_the_page_of_2024(captures: Path) -> None:
    page = (captures / "tsmc" / "ir-monthly-revenue-2024_cap2026-07-03.html").read_text("utf-8")
    found = monthly_revenue(page, 2024)
    assert [one.month for one in found] == list(range(1, 13))
    assert [(one.revenue, one.to_year) for one in found[:4]] == [
        (215_785, 7.9),
        (181_648, 11.3),
        (195_211, 34.3),
        (236_021, 59.6),
    ]
    assert [round(one.to_month or 0, 1) for one in found[1:3]] == [-15.8, 7.5]
