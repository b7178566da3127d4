"""What is due, over made-up weeks: each source once in each of its periods, whatever clock and machine do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.budgets import Budgets, BudgetsFile, read_budgets
from crawler.runner.allowance import Allowance
from crawler.runner.due import NEVER, Due, Run, Scheduler, next_due, rhythm_on
from crawler.source import Source
from crawler.sources import PACKAGED
from tests.crawler.sources.test_sources import GOOD

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI).astimezone(UTC)


def source(key: str, every: timedelta | None = None, **facts: object) -> Source:
    return Source(**(GOOD | {"key": key, "every": every} | facts))


HOURLY, DAILY, WEEKLY = source("hourly"), source("daily", category="咨询"), source("weekly", category="半导体科技")


DEFAULTS = read_budgets(None)


def walk(
    sources: list[Source],
    clock: Iterator[datetime],
    zone: ZoneInfo = SHANGHAI,
    verdict: Callable[[str, datetime], str] = lambda key, now: "ok",
    budgets: Budgets = DEFAULTS,
    stopped: Callable[[datetime], str] = lambda now: "",
    downloaded: Callable[[datetime], dict[str, int]] = lambda now: {},
) -> dict[str, list[datetime]]:
    """The moments at which each source is crawled when somebody looks at each moment of *clock*."""
    runs: dict[str, list[Run]] = defaultdict(list)
    for now in clock:
        allow = Allowance(budgets, downloaded(now), now, zone).allow
        for due in Scheduler(runs, now, zone, allow).due_now(sources):
            runs[due.key].insert(0, Run(now, now, verdict(due.key, now), stopped(now)))
    return {key: [run.started for run in reversed(found)] for key, found in runs.items()}


def minutes(start: datetime, end: datetime, step: timedelta = MINUTE) -> Iterator[datetime]:
    while start < end:
        yield start
        start += step


def of(text: str) -> Budgets:
    return read_budgets(BudgetsFile(Path("own.toml"), text))


def test_a_week_with_a_clock_set_back_and_two_days_off() -> None:
    set_back, off, on = MONDAY + 2 * DAY + 15.5 * HOUR, MONDAY + 3 * DAY + 10 * HOUR, MONDAY + 5 * DAY + 10 * HOUR

    def clock() -> Iterator[datetime]:
        yield from minutes(MONDAY, set_back)
        yield from minutes(set_back - HOUR, off)
        yield from minutes(on, MONDAY + 7 * DAY)

    found = walk([HOURLY, DAILY, WEEKLY], clock())
    hours = [MONDAY + number * HOUR for number in range(7 * 24)]
    assert found["hourly"] == [hour for hour in hours if not off <= hour < on]
    assert found["daily"] == [*(MONDAY + number * DAY for number in range(4)), on, MONDAY + 6 * DAY]
    assert found["weekly"] == [MONDAY]


@pytest.mark.parametrize(("first", "hours"), [((2026, 10, 19), 169), ((2026, 3, 23), 167)])
def test_a_week_in_which_summer_time_ends_or_begins(first: tuple[int, int, int], hours: int) -> None:
    start = datetime(*first, tzinfo=BERLIN).astimezone(UTC)
    end = (datetime(*first, tzinfo=BERLIN) + 7 * DAY).astimezone(UTC)
    found = walk([HOURLY, DAILY, WEEKLY], minutes(start, end, 10 * MINUTE), BERLIN)
    assert found["hourly"] == [start + number * HOUR for number in range(hours)]
    assert [f"{moment.astimezone(BERLIN):%H:%M}" for moment in found["daily"]] == ["00:00"] * 7
    assert found["weekly"] == [start]


def test_who_looks_late_crawls_once_and_is_on_time_again() -> None:
    found = walk([HOURLY], minutes(MONDAY + 7 * MINUTE, MONDAY + 4 * HOUR, 25 * MINUTE))["hourly"]
    assert [moment - MONDAY for moment in found] == [7 * MINUTE, 82 * MINUTE, 132 * MINUTE, 182 * MINUTE]


@pytest.mark.parametrize("every", [10 * MINUTE, 7 * HOUR, 36 * HOUR, 3 * DAY, 14 * DAY])
def test_other_rhythms(every: timedelta) -> None:
    found = walk([source("own", every)], minutes(MONDAY, MONDAY + max(4 * DAY, 5 * every), 10 * MINUTE))["own"]
    gaps = {later - earlier for earlier, later in pairwise(found[1:])}
    # Of seven hours a day has three and a rest.
    assert gaps == ({every, 3 * HOUR} if every == 7 * HOUR else {every})


def test_failures_are_asked_again_after_longer_and_longer_pauses() -> None:
    failing = walk([HOURLY, DAILY, WEEKLY], minutes(MONDAY, MONDAY + 3 * DAY), verdict=lambda key, now: "failed")
    spans = {key: [(moment - MONDAY) // MINUTE for moment in found] for key, found in failing.items()}
    assert spans["hourly"][:7] == [0, 10, 30, 70, 130, 190, 250]
    assert spans["daily"] == [0, 10, 30, 70, 150, 310, 630, 1270, 2550, 3990]
    assert spans["weekly"] == spans["daily"][:-1]


def test_after_a_failure_is_mended_the_rhythm_is_the_old_one() -> None:
    mended = MONDAY + 65 * MINUTE
    found = walk(
        [HOURLY], minutes(MONDAY, MONDAY + 4 * HOUR), verdict=lambda key, now: "ok" if now > mended else "empty"
    )
    assert [(moment - MONDAY) // MINUTE for moment in found["hourly"]] == [0, 10, 30, 70, 120, 180]


@pytest.mark.parametrize("verdict", ["blocked", "login_needed"])
def test_who_refuses_is_asked_again_after_a_day(verdict: str) -> None:
    found = walk([HOURLY, WEEKLY], minutes(MONDAY, MONDAY + 3 * DAY), verdict=lambda key, now: verdict)
    assert found == {key: [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY] for key in ("hourly", "weekly")}


def test_a_run_counts_for_the_period_in_which_it_began() -> None:
    run = Run(MONDAY + 58 * MINUTE, MONDAY + 65 * MINUTE, "degraded")
    assert next_due(HOURLY, [run], MONDAY + 66 * MINUTE, SHANGHAI).at == MONDAY + HOUR


def test_records_far_in_the_future_say_nothing() -> None:
    ahead = Run(MONDAY + 365 * DAY, MONDAY + 365 * DAY, "ok")
    before = Run(MONDAY - HOUR, MONDAY - HOUR, "ok")
    assert next_due(HOURLY, [ahead], MONDAY, SHANGHAI) == Due("hourly", MONDAY, "has never run")
    assert next_due(HOURLY, [ahead, before], MONDAY, SHANGHAI).at == MONDAY


def test_companies_are_asked_daily_while_they_report() -> None:
    tsmc = PACKAGED["tsmc"]
    begins = datetime(2027, 1, 4, tzinfo=SHANGHAI).astimezone(UTC)
    found = walk([tsmc], minutes(begins, begins + 28 * DAY, HOUR))["tsmc"]
    days = [moment.astimezone(SHANGHAI).day for moment in found]
    assert days == [4, *range(8, 21), 25]
    due = next_due(tsmc, [Run(found[3], found[3], "ok")], found[3], SHANGHAI)
    assert due.reason == "every 1d, as the company reports these days; ok at 01-10 00:00"
    failed = [Run(found[3], found[3], "failed")] * 12
    assert next_due(tsmc, failed, found[3], SHANGHAI).at == found[3] + DAY
    reporting = [key for key, row in PACKAGED.items() if row.reporting]
    assert reporting == ["tsmc", "samsung", "intel", "smic"]
    assert rhythm_on(replace(tsmc, every=HOUR), datetime(2027, 1, 10).date()) == HOUR


def test_the_rhythms_of_the_table() -> None:
    assert {key: row.rhythm for key, row in PACKAGED.items()} == {
        **dict.fromkeys(("semi", "sia", "wsts"), HOUR),
        **dict.fromkeys(("tsmc", "samsung", "intel", "smic"), 7 * DAY),
        **dict.fromkeys(("gartner", "mckinsey", "pwc", "accenture", "goldman_sachs", "kpmg"), DAY),
        **dict.fromkeys(
            ("seeking_alpha", "bloomberg", "google_finance", "reuters", "statista", "datayes", "semiinsights"), HOUR
        ),
    }


def test_the_plan_of_a_day() -> None:
    now = MONDAY + 9.5 * HOUR
    runs = {
        "hourly": [Run(now - HOUR, now - HOUR, "ok")],
        "daily": [Run(now - 5 * MINUTE, now - 4 * MINUTE, "failed"), Run(now - HOUR, now - HOUR, "empty")],
        "weekly": [Run(MONDAY, MONDAY, "ok")],
        "refused": [Run(now - HOUR, now - HOUR, "blocked")],
    }
    lines = Scheduler(runs, now, SHANGHAI).plan([HOURLY, DAILY, WEEKLY, source("refused"), source("new")])
    shown = [
        (line.next.key, max(line.next.at - now, timedelta()) // MINUTE, line.runs, line.next.reason) for line in lines
    ]
    assert shown == [
        ("hourly", 0, 25, "every 1h; ok at 11-23 08:30"),
        ("new", 0, 25, "has never run"),
        ("daily", 16, 2, "failed 2 times in a row, last at 11-23 09:26: again after 20min"),
        ("refused", 1380, 2, "blocked at 11-23 08:30: again after a day"),
        ("weekly", 9510, 0, "every 1w; ok at 11-23 00:00"),
    ]


def test_windows_over_a_week() -> None:
    nights = of('each.open = "nights only"\n')
    found = walk([HOURLY, DAILY], minutes(MONDAY, MONDAY + 2 * DAY, 10 * MINUTE), budgets=nights)
    hours = [*range(6), *range(22, 30), 46, 47]
    assert found["hourly"] == [MONDAY + number * HOUR for number in hours]
    assert found["daily"] == [MONDAY, MONDAY + DAY]
    office = of('all.open = ["working days only", "9-18"]\n')
    found = walk([DAILY, WEEKLY], minutes(MONDAY - DAY, MONDAY + 8 * DAY, 10 * MINUTE), budgets=office)
    assert found["daily"] == [MONDAY + number * DAY + 9 * HOUR for number in (0, 1, 2, 3, 4, 7)]
    assert found["weekly"] == [MONDAY + 9 * HOUR, MONDAY + 7 * DAY + 9 * HOUR]


def test_a_window_in_summer_time() -> None:
    start = datetime(2026, 10, 24, tzinfo=BERLIN).astimezone(UTC)
    clock = minutes(start, start + 3 * DAY, 10 * MINUTE)
    found = walk([DAILY], clock, BERLIN, budgets=of('each.open = "7-8"\n'))["daily"]
    assert [f"{moment.astimezone(BERLIN):%d %H:%M}" for moment in found] == ["24 07:00", "25 07:00", "26 07:00"]


def test_a_failure_waits_for_the_window() -> None:
    found = walk(
        [HOURLY],
        minutes(MONDAY + 17 * HOUR, MONDAY + 34 * HOUR),
        verdict=lambda key, now: "failed",
        budgets=of('each.open = "9-18"\n'),
    )["hourly"]
    assert [(moment - MONDAY) // MINUTE - 1020 for moment in found] == [0, 10, 30, 960]


@pytest.mark.parametrize(
    ("every", "stopped", "spans"),
    [
        (DAY, "pages", [0, 60, 120, 180]),
        (7 * DAY, "seconds", [0, 60, 120, 180]),
        (30 * MINUTE, "pages", [0, 30, 60, 90]),
        (DAY, "window", [0, 10, 20, 30]),
    ],
)
def test_a_run_that_met_its_budget_goes_on(every: timedelta, stopped: str, spans: list[int]) -> None:
    clock = minutes(MONDAY, MONDAY + 4 * HOUR, 10 * MINUTE)
    found = walk([source("own", every)], clock, stopped=lambda now: stopped)["own"]
    assert [(moment - MONDAY) // MINUTE for moment in found[:4]] == spans


def test_when_all_is_fetched_the_rhythm_is_the_old_one() -> None:
    clock = minutes(MONDAY, MONDAY + 2 * DAY, 10 * MINUTE)
    found = walk([DAILY], clock, stopped=lambda now: "pages" if now < MONDAY + 100 * MINUTE else "")["daily"]
    assert [(moment - MONDAY) // MINUTE for moment in found] == [0, 60, 120, 1440]


def test_the_bytes_of_a_day_are_there_again_at_midnight() -> None:
    spent = {"hourly": 500_000_000}

    def downloaded(now: datetime) -> dict[str, int]:
        return spent if MONDAY + 2 * HOUR < now < MONDAY + DAY else {}

    clock = minutes(MONDAY, MONDAY + 26 * HOUR, 10 * MINUTE)
    found = walk(
        [HOURLY], clock, downloaded=downloaded, stopped=lambda now: "bytes" if now == MONDAY + 2 * HOUR else ""
    )
    assert [(moment - MONDAY) // HOUR for moment in found["hourly"]] == [0, 1, 2, 24, 25]
    all_spent = {"other": 4_000_000_000}
    due = Due("hourly", MONDAY + HOUR, "every 1h")
    allowed = Allowance(DEFAULTS, all_spent, MONDAY + 3 * HOUR, SHANGHAI).allow(due)
    assert allowed == Due("hourly", MONDAY + DAY, "every 1h; the 4 GB of the day of all sources are downloaded")


def test_a_budget_of_zero_is_never_due() -> None:
    allowance = Allowance(of("[each]\npages_a_run = 0\n"), {}, MONDAY, SHANGHAI)
    (line,) = Scheduler({}, MONDAY, SHANGHAI, allowance.allow).plan([HOURLY])
    assert (line.next.at, line.runs) == (NEVER, 0)
    assert line.next.reason == "own.toml:2: each.pages_a_run: 0, so nothing may be downloaded"
    assert Scheduler({}, MONDAY, SHANGHAI, allowance.allow).due_now([HOURLY]) == []


def test_the_plan_says_what_a_window_changes() -> None:
    now = MONDAY + 9.5 * HOUR
    allowance = Allowance(of('each.open = "nights only"\n'), {}, now, SHANGHAI)
    runs = {"hourly": [Run(now - HOUR, now - HOUR, "ok", "window")]}
    hourly, new = Scheduler(runs, now, SHANGHAI, allowance.allow).plan([HOURLY, source("new")])
    assert hourly.next == Due(
        "hourly",
        MONDAY + 22 * HOUR,
        "stopped by its budget (window) at 11-23 08:30: goes on; open nights only",
    )
    assert (hourly.runs, new.runs, new.next.reason) == (8, 8, "has never run; open nights only")
