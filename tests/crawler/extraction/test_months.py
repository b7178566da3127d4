"""Months without a day, and days in file names."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crawler.extraction.months import day_of_file, month_named, start_of_month

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("WSTS_FC-Release-2025_11.pdf", date(2025, 11, 1)),
        ("WSTS_FC-Release-2026-May.pdf", date(2026, 5, 1)),
        ("WSTS-Historical-Billings-Report-Apr_2026.xlsx", date(2026, 4, 1)),
        ("Release-2025_11_Sept.pdf", date(2025, 11, 1)),
        ("WSTS-Q2-Release-2026-08-06.pdf", None),
        ("3月 2026", date(2026, 3, 1)),
        ("2026年3月", date(2026, 3, 1)),
        ("2026年3月6日", None),
        ("February 2026", date(2026, 2, 1)),
        ("Sept. 2025", date(2025, 9, 1)),
        ("6 February 2026", None),
        ("05/06/26", None),
        ("2026", None),
        ("summary 2026", None),
        ("2026_13", None),
    ],
)
def test_months(text: str, month: date | None) -> None:
    assert month_named(text) == month


def test_a_month_begins_where_the_source_is_and_not_after_now() -> None:
    assert start_of_month("Nov_2024", "Europe/Berlin", NOW) == datetime(2024, 10, 31, 23, tzinfo=UTC)
    assert start_of_month("Dec_2026", "Europe/Berlin", NOW) is None
    assert start_of_month("Dec_1926", "Europe/Berlin", NOW) is None


def test_days_in_names_of_files() -> None:
    folder = "https://www.wsts.org/media/2020-01-01/"
    assert day_of_file(folder + "Q2-Release-2026-08-06.pdf", "UTC", NOW) == datetime(2026, 8, 6, tzinfo=UTC)
    assert day_of_file(folder + "20260806_release.pdf", "UTC", NOW) == datetime(2026, 8, 6, tzinfo=UTC)
    assert day_of_file(folder + "Release-2026-May.pdf", "UTC", NOW) is None
