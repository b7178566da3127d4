"""By when the next run has begun: two rhythms, a refusal, windows."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.runner.deadline import next_by
from crawler.windows import window

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


def at(hour: int, day: int = 2) -> datetime:
    """That hour of a day of March 2026; the second is a Monday."""
    return datetime(2026, 3, day, hour, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("rhythm", "verdict", "opening", "expected"),
    [
        (HOUR, "ok", "always", at(14)),
        (24 * HOUR, "nothing_new", "always", at(12, 4)),
        (HOUR, "failed", "always", at(14)),
        (HOUR, "blocked", "always", at(13, 3) + timedelta(minutes=5)),
        (168 * HOUR, "login_needed", "always", at(12, 16)),
        (HOUR, "ok", "22-6", at(23)),  # opens at 22, and somebody has knocked by 23
        (HOUR, "ok", "9-18", at(14)),
        (HOUR, "ok", "9-13", at(10, 3)),
    ],
)
def test_when_the_next_run_has_begun_at_the_latest(
    rhythm: timedelta, verdict: str, opening: str, expected: datetime
) -> None:
    found = next_by(rhythm, at(12), at(12) + timedelta(minutes=5), verdict, window([opening]), ZONE)
    assert found == expected


@pytest.mark.parametrize(
    ("rhythm", "opening", "expected"),
    [
        (HOUR, "always", at(1, 3)),  # goes on at midnight, and somebody has knocked an hour later
        (24 * HOUR, "always", at(12, 4)),
        (HOUR, "9-13", at(10, 3)),
    ],
)
def test_nobody_is_late_while_the_bytes_of_the_day_are_spent(
    rhythm: timedelta, opening: str, expected: datetime
) -> None:
    ended = at(12) + timedelta(minutes=5)
    assert next_by(rhythm, at(12), ended, "ok", window([opening]), ZONE, is_spent=True) == expected
