"""Rhythms: when what was found is due, quiet hours, and rhythms that are none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import WatchError
from alerts.schedule import SPREAD, rhythm_of
from similarity.option_values import TIME_ZONE

FRIDAY = datetime(2026, 5, 1, 9, 30, tzinfo=TIME_ZONE)

CASES = [
    ("at-once", "", FRIDAY, FRIDAY),
    ("hourly", "", FRIDAY, FRIDAY.replace(hour=10, minute=0)),
    ("daily 08:30", "", FRIDAY, FRIDAY.replace(day=2, hour=8)),
    ("daily 18:00", "", FRIDAY, FRIDAY.replace(hour=18, minute=0)),
    ("weekly mon 09:00", "", FRIDAY, FRIDAY.replace(day=4, hour=9, minute=0)),
    ("weekly Thurs 23:00", "", FRIDAY, FRIDAY.replace(day=7, hour=23, minute=0)),
    ("weekly Friday 09:00", "", FRIDAY, FRIDAY.replace(day=8, hour=9, minute=0)),
    ("at-once", "22:00-07:00", FRIDAY, FRIDAY),
    ("at-once", "22:00-07:00", FRIDAY.replace(hour=23), FRIDAY.replace(day=2, hour=7, minute=0)),
    ("at-once", "22:00-07:00", FRIDAY.replace(hour=3), FRIDAY.replace(hour=7, minute=0)),
    ("at-once", "9:00-12:00", FRIDAY, FRIDAY.replace(hour=12, minute=0)),
    ("hourly", "9:45-12:00", FRIDAY, FRIDAY.replace(hour=12, minute=0)),
]


@pytest.mark.parametrize(("every", "quiet", "found", "due"), CASES)
def test_when_it_is_due(every: str, quiet: str, found: datetime, due: datetime) -> None:
    rhythm = rhythm_of(every, quiet)
    assert timedelta(0) <= rhythm.due(found, "key") - due <= SPREAD
    assert rhythm_of(str(rhythm), rhythm.quiet_text) == rhythm


@given(
    st.sampled_from(["at-once", "hourly", "daily 00:00", "daily 23:59", "weekly sun 12:00"]),
    st.sampled_from(["", "22:00-07:00", "00:00-23:59", "12:00-13:00"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.text(max_size=8),
)
def test_it_is_due_later_soon_and_never_in_the_quiet_hours(every: str, quiet: str, moment: datetime, key: str) -> None:
    found, rhythm = moment.replace(tzinfo=TIME_ZONE), rhythm_of(every, quiet)
    due = rhythm.due(found, key)
    assert found <= due <= found + timedelta(days=8, minutes=5)
    assert rhythm.after_quiet(due, key) == due


def test_scheduled_sends_are_spread() -> None:
    minutes = {rhythm_of("daily 08:30").due(FRIDAY, f"target {number}").minute for number in range(50)}
    assert minutes == {30, 31, 32, 33}
    quiet, night = rhythm_of(quiet="22:00-07:00"), FRIDAY.replace(hour=23)
    assert {quiet.due(night, f"target {number}").astimezone(TIME_ZONE).minute for number in range(50)} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    "every",
    [
        "",
        "daily",
        "daily 25:00",
        "weekly 09:00",
        "weekly xyz 09:00",
        "weekly monkey 09:00",
        "weekly m 09:00",
        "monthly",
        "hourly 5",
    ],
)
def test_what_is_no_rhythm_is_refused(every: str) -> None:
    with pytest.raises(WatchError, match="is no rhythm; at-once, hourly, daily HH:MM") as caught:
        rhythm_of(every)
    assert caught.value.chinese and caught.value.option == "every"


@pytest.mark.parametrize("quiet", ["22", "22:00-22:00", "25:00-07:00", "a-b", "22:00-07:00-08:00"])
def test_what_are_no_quiet_hours_is_refused(quiet: str) -> None:
    with pytest.raises(WatchError, match="is no span of hours"):
        rhythm_of("at-once", quiet)
