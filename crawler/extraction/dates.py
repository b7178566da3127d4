"""Parses written dates to aware datetimes in UTC; ``None`` where a text names no date, or an ambiguous one.

===================  ===============================================  ======================================
form                 examples                                         where
===================  ===============================================  ======================================
full date            2026-03-06 10:30, March 6, 2026, 2026年3月6日    ``FORMATS``: one pattern per format
all in numbers       06/03/2026, 6.3.26, 26-03-06 10:30               ``_NUMERIC``, by the order of the source
Unix timestamp       1772793000, 1772793000000                        ``_timestamp``
relative             3 hours ago, 两小时前, 昨天 10:30, just now      ``_relative``
without a year       3月6日, 03-06 10:30                              ``_without_year``
other languages      6. März 2026, 6 mars 2026                        ``_foreign``, by dateparser
===================  ===============================================  ======================================

To add a format of full dates: add an example and its pattern to ``FORMATS``. The pattern has the groups ``year``,
``day`` and ``number`` (the month in digits) or ``month`` (its English name, as in ``_MONTH``), and ends with ``_TIME``
where a time of day may follow. A test parses each example. The match that begins first in a text is used, then the
format that comes first in the table. Texts near a title are parsed only where ``_DATE_LIKE`` of ``dateline`` matches.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import isleap
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from typing import Literal
from zoneinfo import ZoneInfo

Order = Literal["YMD", "MDY", "DMY"]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No source published on the web before; older dates are of events, or an unset clock (1970)."""

_MAX_LENGTH = 200  # characters; a longer text is an article, not a date line
_MAX_RELATIVE_LENGTH = 60  # characters; "two days ago" in a longer text is prose
_MAX_FOREIGN_LENGTH = 80  # characters of a line with a date in another language
_MAX_PLACE = 60  # characters before the date of a dateline

_ZONES = {
    **dict.fromkeys(("z", "utc", "gmt"), "UTC"),
    **dict.fromkeys(("et", "est", "edt"), "America/New_York"),
    **dict.fromkeys(("ct", "cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("mt", "mst", "mdt"), "America/Denver"),
    **dict.fromkeys(("pt", "pst", "pdt"), "America/Los_Angeles"),
    **dict.fromkeys(("cet", "cest", "met", "mest", "mez", "mesz"), "Europe/Berlin"),
    **dict.fromkeys(("wet", "west"), "Europe/Lisbon"),
    **dict.fromkeys(("eet", "eest"), "Europe/Helsinki"),
    "ut": "UTC",
    "msk": "Europe/Moscow",
    **dict.fromkeys(("aest", "aedt"), "Australia/Sydney"),
    "bst": "Europe/London",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "hkt": "Asia/Hong_Kong",
    "sgt": "Asia/Singapore",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"\b(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_ZONE = rf"(?P<zone>(?:utc|gmt)?\s?[+-]\d{{1,2}}(?::?\d{{2}})?(?![\d-])|(?:{'|'.join(_ZONES)})\b)"
_WEEKDAY = r"(?:[\s(]{0,2}(?:星期|周|週)[一二三四五六日天]\)?)?"
_TIME = (
    r"(?:[\s,T|·@—–-]{0,4}(?:at\s)?(?P<half>上午|下午|晚上|晚间|凌晨|早上|中午)?\s?(?P<hour>\d{1,2})"
    r"(?:\s?[:时時点點]\s?(?P<minute>\d{2})分?(?:\s?:?\s?(?P<second>\d{2})秒?)?(?:[.,]\d{1,9})?|(?=\s?[ap]\.?m\b))"
    rf"\s?(?P<meridiem>[ap])?(?(meridiem)\.?m\b\.?)\s?\(?{_ZONE}?(?!\d))?"
)
FORMATS = {
    "2026年3月6日 星期五 下午3:30": (
        rf"(?<!\d)(?P<year>\d{{4}})\s?年\s?(?P<number>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})(?:\s?[日号號])?{_WEEKDAY}{_TIME}"
    ),
    "2026-03-06T15:30:00+08:00": (
        rf"(?<![\d./-])(?P<year>\d{{4}})(?P<sep>[-./])(?P<number>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})(?!\d|[./-]\d)"
        rf"{_WEEKDAY}{_TIME}"
    ),
    "March 6th, 2026 at 3:30 p.m. EST": rf"{_MONTH}\s{{0,2}}{_DAY},?\s{{0,2}}(?P<year>\d{{4}})(?!\d){_TIME}",
    "6 Mar 2026 15:30 GMT": rf"(?<!\d){_DAY}[\s-](?:of\s)?{_MONTH},?[\s-]?(?P<year>\d{{4}})(?!\d){_TIME}",
    # RFC 822 has two digits for the year. Without day of the week and time it could be a day of another month.
    "Fri, 06 Mar 26 15:30:00 +0800": (
        rf"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s{_DAY}[\s-]{_MONTH}[\s-](?P<year>\d\d)"
        rf"(?=\s\d\d:\d\d){_TIME}"
    ),
    # The Unix command "date".
    "Fri Mar  6 15:30:00 UTC 2026": (
        rf"{_MONTH}\s{{1,2}}(?P<day>\d{{1,2}})\s(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)\s{_ZONE}"
        r"\s(?P<year>\d{4})"
    ),
    # WordPress in Chinese with the American date format; Chinese numbers are replaced by digits before.
    "三月 6th, 2026": rf"(?<!\d)(?P<number>\d{{1,2}})月\s{_DAY},\s(?P<year>\d{{4}})(?!\d){_TIME}",
    "20260306T153000Z": (
        r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<number>\d\d)(?P<day>\d\d)"
        r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?(?P<zone>z)?(?!\d)"
    ),
}
_FULL_DATES = [re.compile(pattern, re.IGNORECASE) for pattern in FORMATS.values()]
_NUMERIC = re.compile(
    r"(?<![\d./-])(?P<first>\d{1,2})(?P<sep>[-./])(?P<next>\d{1,2})(?P=sep)(?P<year>\d{4}|\d\d)(?!\d|[./-]\d)" + _TIME,
    re.IGNORECASE,
)
_SHORT_DATE = re.compile(r"\d\d-\d\d-\d\d\s\d\d:\d\d")
"""Only with a time: Chinese sites write 18-03-08 23:16, and nobody writes another order like this."""

_WEEKDAYS = re.compile(
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)(?:[a-z]{0,4}day)?\b|(?:星期|周|週)[一二三四五六日天]", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]")
_NO_YEAR = re.compile(rf"(?<![\d年.])(?P<number>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?[日号號]{_TIME}", re.IGNORECASE)
# Only with a time, and in full: "11-18" may be anything.
_NO_YEAR_IN_NUMBERS = re.compile(rf"(?<![\d./-])(?P<number>\d\d)-(?P<day>\d\d)(?=\s\d\d:\d\d){_TIME}", re.IGNORECASE)
_UNKNOWN_ZONE = re.compile(r"\s?\(?[A-Z]{2,5}\)?\s?")
"""What stands behind a time of day, to the end of the text: a zone that is not known cannot be another one."""
_DAYS_BACK = {"大前天": 3, "今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2}
_DAY_WORD = re.compile(rf"(?P<word>{'|'.join(_DAYS_BACK)}){_TIME}", re.IGNORECASE)
_SECONDS = {"秒": 1, "分": 60, "小": 3600, "时": 3600, "時": 3600, "天": 86400, "s": 1, "m": 60, "h": 3600, "d": 86400}
_AGO = re.compile(
    r"(?<!\d)(?P<count>\d{1,4}|\ban?|半|[一二两兩三四五六七八九十]{1,3})\s?[个個]?\s?"
    r"(?:(?P<unit>秒|分|小?[时時]|天)[钟鐘]?[之以]?前|(?P<word>seconds?|min(?:ute)?s?|h(?:ou)?rs?|days?)\s?ago\b)",
    re.IGNORECASE,
)
# The names of months that dateparser knows in these languages, without accents. Loading dateparser takes 300 ms, and
# most short lines with a number and a year are no dates.
_FOREIGN_MONTH = (
    r"(?:jan(?:uari?|ner|v|vier|eiro)?|ene(?:ro)?|gen(?:naio)?|feb(?:ruari?|er|rero|braio)?|fev(?:r|rier|ereiro)?"
    r"|mar(?:zo?|s|co)?|maart|mr[tz]|apr(?:ile?)?|avr(?:il)?|abr(?:il)?|mai|mayo?|maio|mag(?:gio)?|mei"
    r"|jun(?:io?|ho)?|juin|giu(?:gno)?|jul(?:io?|ho)?|juil(?:let)?|lug(?:lio)?|aug(?:ust|ustus)?|aout?|ago(?:sto)?"
    r"|sep(?:t|tember|tembre|tiembre|tembro)?|set(?:iembre|tembre|embro)?"
    r"|o[ck]t|oktober|octobre|octubre|ott(?:obre)?|out(?:ubro)?|nov(?:ember|embre|iembre|embro)?"
    r"|de[cz]|december|decembre|dez?ember|dezembro|dic(?:embre|iembre)?)"
)
_FOREIGN = re.compile(
    rf"\b\d{{1,2}}\b\D{{0,20}}(?<![^\W\d_]){_FOREIGN_MONTH}(?![^\W\d_]).*\b(?:19|20)\d\d\b", re.IGNORECASE
)
# Only this is given to dateparser, which reads no date with other words beside it ("Publié le 6 mars 2026").
_FOREIGN_DATE = re.compile(
    rf"(?<!\d)(?P<date>\d{{1,2}}(?:er|[.ºª°])?\s?(?:de\s)?{_FOREIGN_MONTH}\.?,?\s?(?:del?\s)?(?:19|20)\d\d)(?!\d)"
    r"(?:[\s,|·–-]{0,4}(?:um|a las|alle|ore|om|as?)?\s?(?P<hour>\d{1,2})\s?[:.h]\s?(?P<minute>\d\d)(?!\d))?",
    re.IGNORECASE,
)
_TIMESTAMP = re.compile(r"\d{10}|\d{13}")
_CHINESE_NUMBER = re.compile(r"[〇零○一二三四五六七八九十]{1,4}(?=\s?[年月日])")
_CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")


def parse_date(
    text: str, *, timezone: str, captured: datetime | None = None, order: str = "YMD", relative: bool = True
) -> datetime | None:
    """The moment that *text* names, in UTC; ``None`` when it names none, or an impossible one.

    A date without a zone is in *timezone*; without a time of day it is midnight there. Relative dates ("3小时前") and
    dates without a year need *captured*, when the page was fetched; the former are read only if *relative*. *order* is
    that of dates all in numbers ("08/02/22"); the default accepts only those that can be read in one way.
    """
    text = _normalized(text)
    if not text or len(text) > _MAX_LENGTH:
        return None
    zone = ZoneInfo(timezone)
    try:
        moment = _full_date(text, zone, order) or _timestamp(text)
        if moment is None and captured is not None and len(text) <= _MAX_RELATIVE_LENGTH:
            now = captured.astimezone(zone)
            moment = (_relative(text, now) if relative else None) or _without_year(text, now)
        if moment is None and len(text) <= _MAX_FOREIGN_LENGTH:
            moment = _foreign(text, timezone)
    except (ValueError, OverflowError):  # February 30, hour 25
        return None
    if moment is None or moment < EARLIEST or (captured and moment > captured + timedelta(days=1)):
        return None
    return moment.astimezone(UTC)


def _normalized(text: str) -> str:
    """*text* on one line, with ASCII digits for full-width and Chinese numbers."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    return _CHINESE_NUMBER.sub(lambda match: _arabic(match[0]), text)


def _arabic(chinese: str) -> str:
    tens, ten, ones = chinese.translate(_CHINESE_DIGITS).partition("十")
    return str(int(tens or 1) * 10 + int(ones or 0)) if ten and "十" not in ones else tens


def is_dateline(text: str) -> bool:
    """Does *text* begin like a press release, with a place and a date: ``BERLIN, March 6, 2026 – The …``?"""
    text = _normalized(text)
    match = _written(text)
    if match is None or match.start() > _MAX_PLACE:
        return False
    return len(text[: match.start()].split()) <= 8 and text[match.end() :].lstrip()[:1] in tuple("-–—:/(】电讯")


def is_date(text: str) -> bool:
    """Is *text* only a date, with or without the day of the week?"""
    text = _normalized(text)
    match = _written(text)
    return match is not None and not _LETTERS.search(_WEEKDAYS.sub("", text[: match.start()] + text[match.end() :]))


def around_date(text: str) -> tuple[str, str]:
    """The texts before and after the first full date in *text*; both are empty where it has none."""
    text = _normalized(text)
    match = _written(text)
    return (text[: match.start()], text[match.end() :]) if match else ("", "")


def is_foreign(text: str) -> bool:
    """Is the first full date in *text* in another language than Chinese and English?"""
    match = _written(_normalized(text))
    return match is not None and match.re is _FOREIGN_DATE


def _written(text: str) -> re.Match[str] | None:
    """The match of the first full date in *text*, in any language."""
    return _first(text) or _NUMERIC.search(text) or _FOREIGN_DATE.search(_without_accents(text))


def _without_accents(text: str) -> str:
    """*text* with plain letters, each in its place."""
    return text if text.isascii() else "".join(unicodedata.normalize("NFKD", letter)[0] for letter in text)


def _first(text: str) -> re.Match[str] | None:
    """The match of ``FORMATS`` that begins first in *text*."""
    matches = [match for match in (pattern.search(text) for pattern in _FULL_DATES) if match]
    return min(matches, key=lambda match: match.start(), default=None)


def _full_date(text: str, zone: tzinfo, order: str) -> datetime | None:
    """The first full date in *text*."""
    if match := _first(text):
        return _moment(match, zone)
    match = _NUMERIC.search(text)
    if match is None:
        return None
    first, second, year = int(match["first"]), int(match["next"]), match["year"]
    if order == "YMD" and match["sep"] == "-" and match["hour"] and _SHORT_DATE.match(match[0]):
        return _at(match, datetime(_full_year(match["first"]), second, int(year)), zone)
    if order == "YMD" and (len(year) == 2 or (match["sep"] != "." and max(first, second) <= 12 and first != second)):
        return None
    day_first = order == "DMY" or (order == "YMD" and (first > 12 or match["sep"] == "."))
    day, month = (first, second) if day_first else (second, first)
    return _at(match, datetime(_full_year(year), month, day), zone)


def _moment(match: re.Match[str], zone: tzinfo) -> datetime:
    parts = match.groupdict()
    month = int(parts["number"]) if parts.get("number") else _MONTHS.index(parts["month"][:3].lower()) + 1
    if parts.get("hour") and not parts.get("zone") and _UNKNOWN_ZONE.fullmatch(match.string, match.end()):
        raise ValueError(f"unknown zone: {match.string[match.end() :]}")
    return _at(match, datetime(_full_year(parts["year"]), month, int(parts["day"])), zone)


def _full_year(year: str) -> int:
    """The year of its last two digits, or of all four."""
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 90 else 2000)


def _at(match: re.Match[str], day: datetime, zone: tzinfo) -> datetime:
    """*day* with the time of day and the zone of *match*; midnight and *zone* where it has none."""
    parts = match.groupdict()
    hour, half, meridiem = int(parts.get("hour") or 0), parts.get("half"), (parts.get("meridiem") or "").lower()
    if hour == 12 and (half in ("上午", "凌晨", "早上") or meridiem == "a"):
        hour = 0
    elif hour < 12 and (half in ("下午", "晚上", "晚间") or (half == "中午" and hour < 3) or meridiem == "p"):
        hour += 12
    moment = day.replace(hour=hour, minute=int(parts.get("minute") or 0), second=int(parts.get("second") or 0))
    return moment.replace(tzinfo=_zone(parts.get("zone") or "", zone))


def _zone(name: str, default: tzinfo) -> tzinfo:
    """The zone of an abbreviation or an offset such as ``+08:00``; *default* for ""."""
    name = name.lower().strip()
    if not name or (name == "cst" and str(default).startswith("Asia/")):  # in Asia CST is China Standard Time
        return default
    if name in _ZONES:
        return ZoneInfo(_ZONES[name])
    sign, digits = (-1 if "-" in name else 1), re.sub(r"[^\d:]", "", name)
    hours, minutes = (
        digits.split(":") if ":" in digits else (digits[:2], digits[2:]) if len(digits) > 2 else (digits, "0")
    )
    return fixed_zone(sign * timedelta(hours=int(hours), minutes=int(minutes or 0)))


def _timestamp(text: str) -> datetime | None:
    """The moment of a Unix timestamp, in seconds or milliseconds."""
    if not _TIMESTAMP.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)


def _relative(text: str, now: datetime) -> datetime | None:
    """The moment of "昨天 10:30", "3 hours ago" and the like, at the time *now*."""
    if match := _DAY_WORD.search(text):
        day = now - timedelta(days=_DAYS_BACK[match["word"].lower()])
        return _at(match, datetime(day.year, day.month, day.day), now.tzinfo or UTC)
    if match := _AGO.search(text):
        written = match["count"].lower().replace("两", "二").replace("兩", "二")
        count = {"a": 1.0, "an": 1.0, "半": 0.5}.get(written) or float(_arabic(written))
        seconds = _SECONDS[(match["unit"] or match["word"])[0].lower()]
        # In UTC, so that "3 hours ago" is right across a clock change.
        return now.astimezone(UTC) - timedelta(seconds=count * seconds)
    return now if text in ("刚刚", "剛剛", "just now") else None


def _without_year(text: str, now: datetime) -> datetime | None:
    """The day of that month and number in this year, or the last, that is not after *now*, give or take a day."""
    match = _NO_YEAR.search(text) or _NO_YEAR_IN_NUMBERS.search(text)
    if match is None:
        return None
    month, day, zone = int(match["number"]), int(match["day"]), now.tzinfo or UTC
    of_2000 = _at(match, datetime(2000, month, day), zone)
    years = (year for year in (now.year, now.year - 1) if isleap(year) or (month, day) != (2, 29))
    return next((moment for year in years if (moment := of_2000.replace(year=year)) <= now + timedelta(days=1)), None)


def _foreign(text: str, timezone: str) -> datetime | None:
    """A full date with the name of the month in another language ("6. März 2026"), by dateparser."""
    plain = _without_accents(text)
    if match := _FOREIGN_DATE.search(plain):
        start, end = match.span("date")
        text = text[start:end] + (f" {match['hour']}:{match['minute']}" if match["hour"] else "")
    elif len(text) > _MAX_RELATIVE_LENGTH or not _FOREIGN.search(plain):
        return None
    import dateparser

    moment: datetime | None = dateparser.parse(
        text,
        languages=["de", "fr", "es", "it", "nl", "pt"],
        settings={
            "STRICT_PARSING": True,
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PREFER_DATES_FROM": "past",
            "PARSERS": ["absolute-time"],
            "DATE_ORDER": "DMY",
            "TIMEZONE": timezone,
            "RETURN_AS_TIMEZONE_AWARE": True,
        },
    )
    return moment
