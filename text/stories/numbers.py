"""What two articles share whatever their language: numbers and periods.

Numbers are read to their values: ``4,012.6亿``, ``1兆1,341亿`` and ``NT$401.26 billion`` can be compared. Years, days
and months are no numbers: all news of a week shares them. A securities code is a name: 688809 and 688195 are two
companies, and not one amount within half a percent. The functions expect text that ``normalize_characters`` has
normalized.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from math import floor, log10

_ZH_UNITS = {
    "万亿": 1e12,
    "千亿": 1e11,
    "百亿": 1e10,
    "兆": 1e12,
    "亿": 1e8,
    "千万": 1e7,
    "百万": 1e6,
    "万": 1e4,
    "千": 1e3,
}
_EN_UNITS = {"trillion": 1e12, "billion": 1e9, "million": 1e6, "thousand": 1e3, "tn": 1e12, "bn": 1e9, "mn": 1e6}
_LETTERS = {"t": 1e12, "b": 1e9, "m": 1e6, "k": 1e3}
"""Only after an amount of money: elsewhere 3m is three metres."""

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DATES = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{4}} ?年|\d{{1,2}} ?[月日号](?!经)|\d{{1,2}}:\d{{2}}"
    rf"|\b(?:{_MONTHS})\.? \d{{1,2}}\b|\b\d{{1,2}} (?:{_MONTHS})\b"
)
_CODE = re.compile(
    r"(?<![\d.,a-z])(?:\d{4,6}\.(?:sh|sz|bj|hk|tw|two|ks|kq|t|ss)\b"
    r"|(?:00|30|60|68|83|87|92)\d{4}(?![\d.,%]| ?[万亿元股片件台个吨])|(?<=\()\d{4,6}(?=\)))"
)
"""A securities code, with its market or in brackets as a rule."""

_CURRENCY = (
    r"(?:(?:[人民新台美欧日韩港]{1,3})?[元币]|英镑|dollars?\b|euros?\b|yuan\b|yen\b|won\b|usd\b|rmb\b|pounds?\b)"
)
_NUMBER = re.compile(
    r"(?P<money>[$€£¥])?(?<![a-z\d.])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"(?:(?P<zh>{'|'.join(_ZH_UNITS)})|[ -]?(?P<en>{'|'.join(_EN_UNITS)})\b|(?P<letter>[tbmk])\b)?"
    rf"(?P<percent> ?(?:%|per ?cent|percentage|个百分))?(?P<currency> ?{_CURRENCY})?"
)
_ZH_NUMERAL = re.compile(r"[一二三四五六七八九十百两]{2,4}|[一二三四五六七八九](?=成)")
_ZH_DIGITS = {sign: value for value, sign in enumerate("一二三四五六七八九", 1)} | {"两": 2}
_EN_TEENS = [
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_EN_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_EN_WORDS = {word: 10.0 + place for place, word in enumerate(_EN_TEENS)} | {
    word: 20.0 + 10 * place for place, word in enumerate(_EN_TENS)
}
_EN_NUMERAL = re.compile(rf"\b(?:{'|'.join(_EN_WORDS)})\b(?P<percent> ?(?:per ?cent|percentage))?")

_ZH_DAY = re.compile(r"(?<!\d)(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号]")
_EN_MONTHS = [f"{month[:3]}(?:{month[3:]}|t)?" for month in _MONTHS.split("|")]  # july, jul, sept
_EN_DAY = re.compile(rf"\b(?P<month>{'|'.join(_EN_MONTHS)})\.? (?P<day>\d{{1,2}})\b")
_ISO_DAY = re.compile(r"\b20\d\d[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\b")

Number = tuple[float, str]
"""A value and its unit: "%" for a percentage, "$" for an amount of money in any currency, "" for all others."""

_ZH_ORDINAL = "一二三四"
_EN_ORDINAL = ("first", "second", "third", "fourth")
_ZH_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_PERIOD = re.compile(
    r"(?<![\d.])(?P<month>1[0-2]|0?[1-9])(?: ?月份| ?月(?! ?\d))"
    r"|(?<![一二三四五六七八九十个])(?P<zh_month>十[一二]?|[一二三四五六七八九])月(?!\d)"
    # May is a month after "in" or before what is counted by the month.
    rf"|\b(?P<en_month>(?!may\b)(?:{_MONTHS})|(?:(?<=in )|(?<=for ))may|may(?= (?:sales|revenue|orders|output|20)))\b"
    r"(?! \d{1,2}\b)"
    r"|\b[1-4]?q(?P<q>[1-4])(?!\d)|(?<![\d.])(?P<q_year>[1-4])q(?:\d{2})?\b"
    r"|(?<!\d)第?(?P<zh_quarter>[一二三四1-4])财?季"
    rf"|\b(?P<en_quarter>{'|'.join(_EN_ORDINAL)})[- ](?:fiscal[- ])?quarter"
    r"|(?P<half>[上下]半年|\b[12]h\d{2}\b|\b(?:first|second) half\b)"
)


def numbers(text: str) -> list[Number]:
    """The different numbers of a normalized *text* that can distinguish a story from another, ascending."""
    text = _CODE.sub(" | ", _DATES.sub(" | ", text))
    found: set[Number] = set()
    end, total, unit = -1, 0.0, 0.0  # of the number before: 1,341亿 in 1兆1,341亿 belongs to it
    for match in _NUMBER.finditer(text):
        value, scale = float(match["digits"].replace(",", "")), _scale(match)
        if match.start() == end and unit > scale > 1:
            found -= {(total, ""), (total, "$")}
            value += total / scale
        total, unit, end = value * scale, scale if match["zh"] else 0.0, match.end()
        figure = "%" if match["percent"] else "$" if match["money"] or match["currency"] else ""
        if figure or scale > 1 or (total >= 10 and not _year(match["digits"])) or total != int(total):
            found.add((total, figure))
    found |= {(_EN_WORDS[match[0].split()[0]], "%" if match["percent"] else "") for match in _EN_NUMERAL.finditer(text)}
    for match in _ZH_NUMERAL.finditer(text):
        tenths = text[match.end() : match.end() + 1] == "成"
        value = _zh_value(match[0]) * (10 if tenths else 1)
        if value >= 10:
            percent = tenths or text[max(0, match.start() - 3) : match.start()] == "百分之"
            found.add((value, "%" if percent else ""))
    return sorted(found)


def _scale(match: re.Match[str]) -> float:
    if match["zh"]:
        return _ZH_UNITS[match["zh"]]
    if match["en"]:
        return _EN_UNITS[match["en"]]
    return _LETTERS[match["letter"]] if match["letter"] and match["money"] else 1.0


def _year(digits: str) -> bool:
    return len(digits) == 4 and digits[:2] in ("19", "20")


def _zh_value(numeral: str) -> float:
    total, digit = 0, 0
    for sign in numeral:
        if sign in _ZH_DIGITS:
            digit = _ZH_DIGITS[sign]
        else:
            total, digit = total + max(digit, 1) * (10 if sign == "十" else 100), 0
    return float(total + digit)


@lru_cache(maxsize=16_384)
def _digits(value: float) -> int:
    """How many significant digits *value* is written with; zeros at the end do not count."""
    return max(len(f"{value:.10g}".split("e")[0].replace(".", "").strip("0")), 1)


def weight(number: Number) -> float:
    """How much a number in common says, 0.25 to 1: 2489 hardly occurs twice by chance, 20% in every other article."""
    return (0.25, 0.25, 0.5, 1.0)[min(_digits(number[0]), 3)]


def equal(left: float, right: float) -> bool:
    """Whether one of two values is the other one rounded, or nearly: 401.3 is 401.26, but 5.986 is not 6.002."""
    if abs(left - right) > 0.005 * max(left, right):
        return False
    if left == right:
        return True
    digits = min(_digits(left), _digits(right))
    coarse = left if _digits(left) == digits else right
    step = 10.0 ** (floor(log10(coarse)) + 1 - digits)
    return abs(left - right) <= 0.51 * step


def shared(left: Iterable[Number], right: Iterable[Number]) -> set[Number]:
    """The numbers of *left* that are in *right* too, rounded or not. A percentage is no amount."""
    others, found, start = sorted(right), set[Number](), 0
    for value, unit in sorted(left):
        while start < len(others) and others[start][0] < value * 0.995:
            start += 1
        near = start
        while near < len(others) and others[near][0] <= value * 1.006:
            if (others[near][1] == "%") == (unit == "%") and equal(value, others[near][0]):
                found.add((value, unit))
                break
            near += 1
    return found


def shared_weight(left: Iterable[Number], right: Iterable[Number]) -> float:
    """The total weight of the numbers in both."""
    return sum(map(weight, shared(left, right)))


def days(text: str) -> set[str]:
    """The days (d7-6) that a normalized *text* names with their months."""
    months = [month[:3] for month in _MONTHS.split("|")]
    found = {(months.index(match["month"][:3]) + 1, int(match["day"])) for match in _EN_DAY.finditer(text)}
    for pattern in (_ZH_DAY, _ISO_DAY):
        found |= {(int(match["month"]), int(match["day"])) for match in pattern.finditer(text)}
    return {f"d{month}-{day}" for month, day in found}


def periods(text: str) -> set[str]:
    """The months (m6), quarters (q2) and halves (h1) that a normalized *text* names; days are none."""
    found = set[str]()
    for match in _PERIOD.finditer(text):
        kind, name = match.lastgroup, match[match.lastgroup or 0]
        if kind == "month":
            found.add(f"m{int(name)}")
        elif kind == "zh_month":
            found.add(f"m{_ZH_MONTHS.index(name) + 1}")
        elif kind == "en_month":
            found.add(f"m{_MONTHS.split('|').index(name) + 1}")
        elif kind == "half":
            found.add("h1" if name[0] in "上1f" else "h2")
        elif kind == "en_quarter":
            found.add(f"q{_EN_ORDINAL.index(name) + 1}")
        else:
            found.add(f"q{_ZH_ORDINAL.index(name) + 1 if name in _ZH_ORDINAL else name}")
    return found
