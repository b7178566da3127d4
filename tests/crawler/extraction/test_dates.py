"""Dates as sites write them; what is no date, or an impossible one, is None."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.dates import FORMATS, is_dateline, parse_date

BEIJING = ZoneInfo("Asia/Shanghai")
CAPTURED = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # noon in Beijing


def read(text: str, zone: str = "Asia/Shanghai", **more) -> str | None:
    moment = parse_date(text, timezone=zone, **{"captured": CAPTURED} | more)
    assert moment is None or moment.tzinfo is UTC
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026年3月6日", "2026-03-05 16:00:00"),
        ("2026年03月06日 10:20", "2026-03-06 02:20:00"),
        ("2026 年 3 月 6 日 星期五 10:20:30", "2026-03-06 02:20:30"),
        ("2026年3月6日 下午3点20分", "2026-03-06 07:20:00"),
        ("2026年3月6日15时20分", "2026-03-06 07:20:00"),
        ("2026.03.06", "2026-03-05 16:00:00"),
        ("2026/3/6 上午10:20", "2026-03-06 02:20:00"),
        ("2026/3/6 下午12:20", "2026-03-06 04:20:00"),
        ("2026/3/6 凌晨12:20", "2026-03-05 16:20:00"),
        ("2026-3-6", "2026-03-05 16:00:00"),
        ("2026-03-06T10:20:30Z", "2026-03-06 10:20:30"),
        ("2026-03-06T10:20:30.123Z", "2026-03-06 10:20:30"),
        ("2026-03-06T10:20:30+08:00", "2026-03-06 02:20:30"),
        ("2026-03-06 10:20:30 -0500", "2026-03-06 15:20:30"),
        ("2026-03-06 10:20:30 UTC+9", "2026-03-06 01:20:30"),
        ("20260306", "2026-03-05 16:00:00"),
        ("20260306102030", "2026-03-06 02:20:30"),
        ("Fri, 06 Mar 2026 10:20:00 +0800", "2026-03-06 02:20:00"),
        ("Fri, 06 Mar 2026 10:20:00 GMT", "2026-03-06 10:20:00"),
        ("Fri, 06 Mar 26 10:20:00 +0800", "2026-03-06 02:20:00"),
        ("Friday, 06-Mar-26 10:20:00 GMT", "2026-03-06 10:20:00"),
        ("Tue, 06 Mar 98 10:20:00 GMT", "1998-03-06 10:20:00"),
        ("Thu, 30 Apr 2020 08:57:00 MEST", "2020-04-30 06:57:00"),
        ("2026-03-06 10:20 MSK", "2026-03-06 07:20:00"),
        ("2026-03-06 10:20 REUTERS", "2026-03-06 02:20:00"),
        ("Fri Mar 6 10:20:00 UTC 2026", "2026-03-06 10:20:00"),
        ("March 6, 2026", "2026-03-05 16:00:00"),
        ("March 6th, 2026 at 5 p.m. ET", "2026-03-06 22:00:00"),
        ("6 Mar 2026", "2026-03-05 16:00:00"),
        ("Friday, Jun 05, 2020, 5:00pm", "2020-06-05 09:00:00"),
        ("June 11, 2020, 4:21 PM EDT", "2020-06-11 20:21:00"),
        ("December 6, 2016 — 6:22 PM EST", "2016-12-06 23:22:00"),
        ("Tue Dec 30, 2014 4:33pm IST", "2014-12-30 11:03:00"),
        ("6. März 2026", "2026-03-05 16:00:00"),
        ("Publié le 6 mars 2026 à 18h30, mis à jour le 7 mars 2026 à 09h00", "2026-03-06 10:30:00"),
        ("Veröffentlicht am 6. März 2026 um 18:30 Uhr", "2026-03-06 10:30:00"),
        ("Por A. Ruiz, Madrid - 6 de marzo de 2026 - 18:30", "2026-03-06 10:30:00"),
        ("Mercoledì 6 maggio 2020, ore 9.05", "2020-05-06 01:05:00"),
        ("1er août 2025", "2025-07-31 16:00:00"),
        ("6.3.2026", "2026-03-05 16:00:00"),
        ("25/12/2025", "2025-12-24 16:00:00"),
        ("12/25/2025", "2025-12-24 16:00:00"),
        ("十一月 6th, 2009", "2009-11-05 16:00:00"),
        ("二〇二五年十二月三十一日", "2025-12-30 16:00:00"),
        ("二○一六年二月二十日", "2016-02-19 16:00:00"),
        ("２０２６年３月６日　１０：２０", "2026-03-06 02:20:00"),
        ("发布时间：2026-03-06 10:20 来源：本站", "2026-03-06 02:20:00"),
        ("1772764800", "2026-03-06 02:40:00"),
        ("1772764800123", "2026-03-06 02:40:00"),
    ],
)
def test_full_dates(text, expected):
    assert read(text) == expected
    assert read(text, captured=None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("刚刚", "2026-03-10 04:00:00"),
        ("5分钟前", "2026-03-10 03:55:00"),
        ("3小时前", "2026-03-10 01:00:00"),
        ("1个小时前", "2026-03-10 03:00:00"),
        ("半小时前", "2026-03-10 03:30:00"),
        ("2天前", "2026-03-08 04:00:00"),
        ("3 hours ago", "2026-03-10 01:00:00"),
        ("an hour ago", "2026-03-10 03:00:00"),
        ("35 mins ago", "2026-03-10 03:25:00"),
        ("今天", "2026-03-09 16:00:00"),
        ("今天 10:20", "2026-03-10 02:20:00"),
        ("昨天 10:20", "2026-03-09 02:20:00"),
        ("前天", "2026-03-07 16:00:00"),
        ("yesterday", "2026-03-08 16:00:00"),
        ("3月6日", "2026-03-05 16:00:00"),
        ("3月6日 10:20", "2026-03-06 02:20:00"),
        ("12月6日", "2025-12-05 16:00:00"),
        ("两小时前", "2026-03-10 02:00:00"),
        ("十五分钟前", "2026-03-10 03:45:00"),
        ("三天前", "2026-03-07 04:00:00"),
        ("大前天", "2026-03-06 16:00:00"),
        ("大前天 10:20", "2026-03-07 02:20:00"),
        ("03-06 10:20", "2026-03-06 02:20:00"),
        ("11-18 09:30", "2025-11-18 01:30:00"),
        ("发布于 02-29 09:30", None),
    ],
)
def test_relative_dates_need_the_moment_of_capture(text, expected):
    assert read(text) == expected
    assert read(text, captured=None) is None


@pytest.mark.parametrize("example", FORMATS)
def test_each_format_reads_its_example(example):
    moment = parse_date(example, timezone="Asia/Shanghai")
    assert moment is not None
    assert moment.astimezone(BEIJING).date() in (date(2026, 3, 6), date(2026, 3, 7))


def test_yesterday_is_that_of_the_site():
    late = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)  # the 11th in Beijing
    assert read("昨天", captured=late) == "2026-03-09 16:00:00"
    assert read("yesterday", zone="America/New_York", captured=late) == "2026-03-09 04:00:00"


@pytest.mark.parametrize("text", ["2月29日 10:20", "02-29 10:20"])
@pytest.mark.parametrize(
    ("captured", "year"),
    [((2028, 2, 28, 3), 2028), ((2028, 3, 1), 2028), ((2029, 1, 5), 2028), ((2028, 2, 27), None), ((2030, 1, 5), None)],
)
def test_the_29th_of_february_may_be_that_of_last_year(text: str, captured: tuple[int, ...], year: int | None) -> None:
    found = read(text, captured=datetime(*captured, tzinfo=UTC))
    assert found == (f"{year}-02-29 02:20:00" if year else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026年3月",
        "March 2026",
        "Copyright 2026",
        "2026-02-30",
        "Feb 30, 2026",
        "2026-13-01",
        "2026-03-06 25:10",
        "2026年2月29日",
        "1970-01-01",
        "1989-12-31",
        "0",
        "10:20",
        "08/02/22",
        "03/06/2026",
        "Fri, 06 Mar 2026 10:20:00 XYZT",
        "2026-03-06 10:20 (ABST)",
        "06 Mar 26",
        "06 Mar 26 10:20",
        "03-06",
        "version 1.2.2026.4",
        "192.168.2.2026",
        "call 2026-03-061",
        "3 months ago",
        "soon",
        "2026-03-06" + " and so on" * 30,
    ],
)
def test_none_rather_than_a_guess(text):
    assert read(text) is None


def test_order_of_dates_in_numbers():
    assert read("08/02/22", "America/New_York", order="MDY") == "2022-08-02 04:00:00"
    assert read("Press Release: 08/02/22", "UTC", order="MDY") == "2022-08-02 00:00:00"
    assert read("08/02/22", "UTC", order="DMY") == "2022-02-08 00:00:00"
    assert read("08/02/1999", "UTC", order="DMY") == "1999-02-08 00:00:00"
    assert read("08/02/99", "UTC", order="DMY") == "1999-02-08 00:00:00"
    assert read("25/02/22", "UTC", order="MDY") is None


def test_no_date_is_later_than_the_day_after_the_capture():
    assert read("2026-03-11") == "2026-03-10 16:00:00"
    assert read("2026-03-12") is None
    assert read("2026-03-12", captured=None) == "2026-03-11 16:00:00"


def test_clock_changes():
    assert read("2025-07-01 12:00", "America/New_York") == "2025-07-01 16:00:00"
    assert read("2025-12-01 12:00", "America/New_York") == "2025-12-01 17:00:00"
    # CST is China's in China and the middle of America's elsewhere.
    assert read("2025-12-01 12:00 CST") == "2025-12-01 04:00:00"
    assert read("2025-12-01 12:00 CST", "UTC") == "2025-12-01 18:00:00"


FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d %H:%M:%S",
    "%d %b %Y %H:%M:%S %z",
    "%B %d, %Y, %I:%M:%S %p",
    "%Y%m%d%H%M%S",
]


@given(
    moment=st.datetimes(datetime(1990, 1, 2), datetime(2026, 3, 9)).map(lambda naive: naive.replace(microsecond=0)),
    form=st.sampled_from(FORMATS),
)
def test_written_dates_are_read_back(moment, form):
    local = moment.replace(tzinfo=BEIJING)
    found = parse_date(local.strftime(form), timezone="Asia/Shanghai", captured=CAPTURED)
    assert found == local.astimezone(UTC)


@given(st.text(max_size=80))
def test_any_text_gives_a_sane_moment_or_none(text):
    moment = parse_date(text, timezone="Asia/Shanghai", captured=CAPTURED)
    assert moment is None or datetime(1990, 1, 1, tzinfo=UTC) <= moment <= CAPTURED + timedelta(days=1)


@given(st.from_regex(r"[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}日?( [0-9]{1,2}:[0-9]{2})?", fullmatch=True))
def test_any_numbers_give_a_sane_moment_or_none(text):
    moment = parse_date(text, timezone="UTC", captured=CAPTURED)
    assert moment is None or datetime(1990, 1, 1, tzinfo=UTC) <= moment <= CAPTURED + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HSINCHU, Taiwan, R.O.C., Mar. 6, 2026 – The foundry today announced", True),
        ("Bern, 17.08.2007 - Rede", True),
        ("【2026年3月6日讯】", True),
        ("The company said on March 6, 2026, that orders had risen", False),
        ("Orders rose after the plan of the new fab near the old town was shown on March 6, 2026 - at last", False),
        ("No date at all - none", False),
    ],
)
def test_datelines(text, expected):
    assert is_dateline(text) is expected


LANGUAGES = ("de", "fr", "es", "it", "nl", "pt")
ENGLISH_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_foreign_month_that_dateparser_knows_is_read(language):
    words = import_module(f"dateparser.data.date_translation_data.{language}").info
    for number, month in enumerate(ENGLISH_MONTHS, 1):
        for name in words[month]:
            # The same name may be another month's in no language; in capitals it is still a name.
            for written in (f"6. {name} 2026", f"6 {name.upper()} 2026"):
                found = parse_date(written, timezone="UTC")
                assert found == datetime(2026, number, 6, tzinfo=UTC), written
