"""What both versions of a story share whatever language they are in: its numbers, and names in Latin letters.

Numbers are read to their value, so that ``4,012.6亿``, ``1兆1,341亿`` and ``NT$401.26 billion`` meet; years, days and
months are left out, as the news of a whole week shares them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from opencc import OpenCC

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
"""After an amount of money only: 3m is three metres elsewhere."""

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DATES = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{4}} ?年|\d{{1,2}} ?[月日号](?!经)|\d{{1,2}}:\d{{2}}"
    rf"|\b(?:{_MONTHS})\.? \d{{1,2}}\b|\b\d{{1,2}} (?:{_MONTHS})\b"
)
_NUMBER = re.compile(
    r"(?P<money>[$€£¥])?(?<![a-z\d.])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"(?:(?P<zh>{'|'.join(_ZH_UNITS)})|[ -]?(?P<en>{'|'.join(_EN_UNITS)})\b|(?P<letter>[tbmk])\b)?"
    r"(?P<percent> ?(?:%|per ?cent|percentage|个百分))?"
)
_ZH_NUMERAL = re.compile(r"[一二三四五六七八九十百两]{2,4}|[一二三四五六七八九](?=成)")
_ZH_DIGITS = {sign: value for value, sign in enumerate("一二三四五六七八九", 1)} | {"两": 2}
_EN_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_EN_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_EN_WORDS = {word: 10.0 + place for place, word in enumerate(_EN_TEENS)} | {
    word: 20.0 + 10 * place for place, word in enumerate(_EN_TENS)
}
_EN_NUMERAL = re.compile(rf"\b(?:{'|'.join(_EN_WORDS)})\b(?P<percent> ?(?:per ?cent|percentage))?")

_WORD = re.compile(r"[a-z][a-z\d]*(?:[&.\-][a-z\d]+)*")
_NO_NAMES = frozenset(["nm", "mm", "cm", "gb", "tb", "gbps", "gaap", "non-gaap", "non", "ai", "ceo", "cfo", "ic", "us"])

Number = tuple[float, bool]
"""A value, and whether it is a percentage."""


def plain(text: str) -> str:
    """*text* in lower case, full-width signs and traditional characters made plain: what comparisons are made on."""
    if not text.isascii():
        text = _simplify(unicodedata.normalize("NFKC", text))
    return text.lower()


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _simplify(text: str) -> str:
    simple: str = _converter().convert(text)
    return simple


def numbers(text: str) -> list[Number]:
    """The different numbers of *text* (made ``plain``) that could tell a story from another, ascending."""
    text = _DATES.sub(" | ", text)
    found: set[Number] = set()
    end, total, unit = -1, 0.0, 0.0  # of the number before, to which 1,341亿 in 1兆1,341亿 belongs
    for match in _NUMBER.finditer(text):
        value, scale = float(match["digits"].replace(",", "")), _scale(match)
        if match.start() == end and unit > scale > 1:
            found.discard((total, False))
            value += total / scale
        total, unit, end = value * scale, scale if match["zh"] else 0.0, match.end()
        percent = bool(match["percent"])
        if percent or scale > 1 or (total >= 10 and not _year(match["digits"])) or total != int(total):
            found.add((total, percent))
    found |= {(_EN_WORDS[match[0].split()[0]], bool(match["percent"])) for match in _EN_NUMERAL.finditer(text)}
    for match in _ZH_NUMERAL.finditer(text):
        tenths = text[match.end() : match.end() + 1] == "成"
        value = _zh_value(match[0]) * (10 if tenths else 1)
        if value >= 10:
            found.add((value, tenths or text[max(0, match.start() - 3) : match.start()] == "百分之"))
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
def weight(number: Number) -> float:
    """How much *number* says: 2489 is hardly met twice by chance, 20% in every other article."""
    digits = f"{number[0]:.10g}".split("e")[0].replace(".", "").strip("0")
    return (0.25, 0.25, 0.5, 1.0)[min(len(digits), 3)]


def shared_weight(left: Iterable[Number], right: Iterable[Number]) -> float:
    """The weights of the numbers that stand in both; values within half a percent are one (rounding)."""
    others, total, place = sorted(right), 0.0, 0
    for value, percent in sorted(left):
        while place < len(others) and others[place][0] < value * 0.995:
            place += 1
        near = place
        while near < len(others) and others[near][0] <= value * 1.005:
            if others[near][1] == percent:
                total += weight((value, percent))
                break
            near += 1
    return total


def names(text: str) -> set[str]:
    """Latin words of *text* (made ``plain``): in Chinese news names and products, in English all words."""
    return {word for word in _WORD.findall(text) if len(word) > 1 and word not in _NO_NAMES}
