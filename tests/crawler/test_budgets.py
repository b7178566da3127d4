"""The file of windows and budgets: what it says, what is wrong with it, and when a window is open."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.budgets import Budget, BudgetOfAll, Budgets, BudgetsFile, read_budgets
from crawler.windows import ALWAYS, NEVER, WindowError, window
from store.toml_file import TomlFileError
from tests.commands import PROJECT, run

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI).astimezone(UTC)


def of(text: str) -> Budgets:
    return read_budgets(BudgetsFile(Path("own.toml"), text))


def mistakes(text: str) -> list[str]:
    with pytest.raises(TomlFileError) as refusal:
        of(text)
    assert refusal.value.status == 2
    return list(refusal.value.lines)


def open_hours(*texts: str, zone: ZoneInfo = SHANGHAI, start: datetime = MONDAY, days: int = 7) -> list[int]:
    """Hours since *start* in which the window is open."""
    moments = range(days * 24)
    return [number for number in moments if window(texts).is_open(start + number * HOUR, zone)]


def test_the_defaults_are_those_of_the_notes() -> None:
    found = read_budgets(None)
    by_hour = [found.at_once(4, MONDAY + number * HOUR, SHANGHAI) for number in range(24)]
    assert by_hour == [3] * 6 + [4] * 12 + [2] * 6
    assert [found.at_once(2, MONDAY + number * HOUR, SHANGHAI) for number in (0, 6, 18)] == [1, 2, 1]
    assert found.window_of("sia") == ALWAYS
    assert found.window_text("sia") == "always"
    assert found.nothing_of("sia") == ""
    assert found.of("sia") == found.each


def test_a_file_says_only_what_is_different() -> None:
    found = of(
        'each.pages_a_run = 50\n[all]\nopen = "working days only"\nbytes_a_day = 2000000\n[all.fewer]\n"9-17" = 3\n'
        '[source.sia]\nopen = ["nights only"]\nbytes_a_day = "1.5 MB"\n[source.wsts]\nseconds_a_run = 60\n'
    )
    assert (found.all.bytes_a_day, found.all.at_once) == (2_000_000, 4)
    assert [found.at_once(4, MONDAY + number * HOUR, SHANGHAI) for number in (8, 9, 17)] == [4, 1, 4]
    sia, wsts, semi = map(found.of, ("sia", "wsts", "semi"))
    assert (sia.bytes_a_day, sia.pages_a_run, sia.seconds_a_run) == (1_500_000, 50, 3600)
    assert (wsts.bytes_a_day, wsts.pages_a_run, wsts.seconds_a_run) == (500_000_000, 50, 60)
    assert semi.pages_a_run == 50
    assert found.window_of("sia") == window(["working days only", "nights only"])
    assert found.window_text("sia") == "working days only, nights only"


def test_hours_of_windows() -> None:
    assert open_hours("nights only", days=1) == [0, 1, 2, 3, 4, 5, 22, 23]
    assert open_hours("Working days only") == [*range(120)]
    assert open_hours("9-12, 14-18", days=1) == [9, 10, 11, 14, 15, 16, 17]
    assert open_hours("working days only", "22-1", days=7)[-4:] == [95, 96, 118, 119]
    assert window(["0-24"]) == ALWAYS
    assert window(["9-12", "14-18"]) == NEVER
    for text in ("9-25", "9-9", "-1-3", "9", "sometimes", "", "9–17", "9-12,", "nights only, 9-12"):
        with pytest.raises(WindowError, match="is no window"):
            window([text])


def test_when_a_window_opens_and_closes() -> None:
    nights = window(["nights only"])
    assert nights.opens(MONDAY + 6.5 * HOUR, SHANGHAI) == MONDAY + 22 * HOUR
    assert nights.opens(MONDAY + 23 * HOUR, SHANGHAI) == MONDAY + 23 * HOUR
    assert nights.closes(MONDAY + 22.25 * HOUR, SHANGHAI) == MONDAY + 30 * HOUR
    assert ALWAYS.closes(MONDAY, SHANGHAI) is None
    assert NEVER.opens(MONDAY, SHANGHAI) is None
    friday = MONDAY + 4 * DAY + 18 * HOUR
    assert window(["working days only", "9-18"]).opens(friday, SHANGHAI) == MONDAY + 7 * DAY + 9 * HOUR


def test_an_hour_that_summer_time_skips_or_repeats() -> None:
    skipped = datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN).astimezone(UTC)
    two_to_three = window(["2-3"])
    assert two_to_three.opens(skipped, BERLIN) == datetime(2026, 3, 30, 2, tzinfo=BERLIN)
    repeated = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN).astimezone(UTC)
    opens = two_to_three.opens(repeated, BERLIN)
    assert opens == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert two_to_three.closes(opens, BERLIN) == datetime(2026, 10, 25, 2, tzinfo=UTC)
    # A zone whose clock is half an hour off.
    assert window(["9-10"]).opens(MONDAY, ZoneInfo("Asia/Kolkata")) == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[al]\nx = 1", "own.toml:1: al: the file has no such key: did you mean all?"),
        ("all = 1", "own.toml:1: all: is no table; [all] begins budgets"),
        ("[all\n", "own.toml:1: all: not TOML: Expected ']' at the end of a table declaration"),
        ("[each]\npage_a_run = 1", "own.toml:2: each.page_a_run: the table each has no such key: did you mean pages_a_run?"),
        ("[source.tmsc]", "own.toml:1: source.tmsc: unknown source 'tmsc': did you mean tsmc or smic?"),
        ("[source]\nsia = 5", "own.toml:2: source.sia: 5 is no table"),
        ('[source.sia]\nopen = "9-25"', "own.toml:2: source.sia.open: '9-25' is no window:"),
        ("[all]\nopen = []", "own.toml:2: all.open: an empty list names no window;"),
        ("[each]\nopen = 5", "own.toml:2: each.open: 5 should be a valid array"),
        ('[each]\nopen = ["9-12", "14-18"]', "own.toml:2: each.open: is never open: no hour is in '9-12' and in '14-18'"),
        (
            '[all]\nopen = "nights only"\n[source.sia]\nopen = "9-17"',
            "own.toml:4: source.sia.open: is never open: no hour is in 'nights only' and in '9-17'",
        ),
        ("[each]\npages_a_run = -1", "own.toml:2: each.pages_a_run: -1 should be greater than or equal to 0"),
        ("[each]\npages_a_run = 1.5", "own.toml:2: each.pages_a_run: 1.5 should be a valid integer"),
        ("[each]\npages_a_run = true", "own.toml:2: each.pages_a_run: True should be a valid integer"),
        ("[each]\nseconds_a_run = 86401", "own.toml:2: each.seconds_a_run: 86401 should be less than or equal to 86400"),
        ("[all]\nat_once = 0", "own.toml:2: all.at_once: 0 should be greater than or equal to 1"),
        ('[all]\nbytes_a_day = "5 Mb"', "own.toml:2: all.bytes_a_day: '5 Mb' is no number of bytes such as"),
        ("[all]\nbytes_a_day = -1", "own.toml:2: all.bytes_a_day: -1 is no number of bytes such as"),
        ("[all]\nbytes_a_day = true", "own.toml:2: all.bytes_a_day: True is no number of bytes such as"),
        ('[all]\nbytes_a_day = "9999999 TB"', "own.toml:2: all.bytes_a_day: '9999999 TB' is no number of bytes such as"),
        ('[all.fewer]\n"9-x" = 1', "own.toml:2: all.fewer.9-x: '9-x' is no window:"),
        ('[all.fewer]\n"9-17" = 1\n"16-20" = 1', "own.toml:3: all.fewer.16-20: has hours of 9-17 too"),
        ('[all.fewer]\n"9-17" = -1', "own.toml:2: all.fewer.9-17: -1 should be greater than or equal to 0"),
        ("[source.sia]\npages_a_run = 2026-01-01", "own.toml:2: source.sia.pages_a_run: datetime.date(2026, 1, 1) is a date,"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line_with_file_line_and_key(text: str, line: str) -> None:
    (found,) = mistakes(text)
    assert found.startswith(line)


def test_all_mistakes_are_told_in_the_order_of_the_file() -> None:
    found = mistakes('[source.sia]\npages_a_run = "5"\n[each]\nseconds_a_run = []\n[all]\nat_once = 1\nx = 1\n')
    assert [line.split(": ")[0] for line in found] == ["own.toml:2", "own.toml:4", "own.toml:7"]


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[all]\nbytes_a_day = 0", "sia", "own.toml:2: all.bytes_a_day: 0, so nothing may be downloaded"),
        ("[each]\npages_a_run = 0", "sia", "own.toml:2: each.pages_a_run: 0, so nothing may be downloaded"),
        ("[source.sia]\nseconds_a_run = 0", "sia", "own.toml:2: source.sia.seconds_a_run: 0, so nothing may be downloaded"),
        ("[source.sia]\nseconds_a_run = 0", "wsts", ""),
        ("[each]\npages_a_run = 0\n[source.sia]\npages_a_run = 5", "sia", ""),
    ],
)  # fmt: skip
def test_a_budget_of_zero_says_where(text: str, key: str, reason: str) -> None:
    assert of(text).nothing_of(key) == reason


@pytest.mark.parametrize("name", ["docs/schedules.md", "docs/schedules.zh-CN.md"])
def test_the_example_of_the_docs(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    found = of(example)
    reuters = found.of("reuters")
    assert (found.all.at_once, found.all.bytes_a_day, found.all.fewer) == (6, 2 * 10**9, {"8-18": 4})
    assert (found.each.open, found.each.pages_a_run, found.each.seconds_a_run) == (("nights only",), 500, 3600)
    assert (reuters.open, reuters.pages_a_run) == (("working days only", "9-12, 14-18"), 500)
    assert (reuters.bytes_a_day, reuters.seconds_a_run, reuters.seconds_a_download) == (50_000_000, 900, 30)
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|.*\|$", text, re.MULTILINE)
    places = {key: {place for place in ("all", "each", "source.KEY") if f"`{place}`" in cell} for key, cell in rows}
    assert {key for key, where in places.items() if "all" in where} == {one.name for one in fields(BudgetOfAll)}
    assert {key for key, where in places.items() if "each" in where} == {one.name for one in fields(Budget)}


def test_commands_refuse_a_file_with_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text('[each]\npages_a_run = "all"\n[source.nobody]\n', "utf-8")
    done = run("scrapy", "list", xinwen_budgets=file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"error: {file}:2: each.pages_a_run: 'all' should be a valid integer",
        f"error: {file}:3: source.nobody: unknown source 'nobody': `xinwen list` prints all keys",
    ]
    missing = run("scrapy", "list", xinwen_budgets=tmp_path / "none.toml")
    assert (missing.returncode, missing.stderr) == (2, f"error: {tmp_path}/none.toml: no such file (XINWEN_BUDGETS)\n")
