"""Periods, quantities and measures: one token for each, however it is written, and the same in Chinese and English.

    m06   6月, 六月, June, Jun. 2026, 2026-06        q2   二季度, 第2季, Q2, 2Q26, second quarter
    h1    上半年, first half, 1H26                   3nm  3纳米, 三奈米, 3 nm, 3-nanometer
    10%   10 percent, 百分之十                       526800000000   5268亿, 526.8 billion, $526.8B

Chinese ones are rewritten in the text before it is segmented (``rewrite_chinese``), English ones among the runs that it
is split into: those of one run by ``tokens_of_measure``, those of several by ``join_measures``.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from itertools import compress

_CHINESE_SCALES = {
    "万亿": 10**12, "千亿": 10**11, "百亿": 10**10, "十亿": 10**9, "亿": 10**8, "千万": 10**7, "百万": 10**6,
    "十万": 10**5, "万": 10**4, "兆": 10**12, "千": 10**3,
}  # fmt: skip
_ENGLISH_SCALES = {
    "trillion": 10**12, "trn": 10**12, "tn": 10**12, "billion": 10**9, "billions": 10**9, "bln": 10**9, "bn": 10**9,
    "million": 10**6, "millions": 10**6, "mln": 10**6, "mn": 10**6, "thousand": 10**3,
}  # fmt: skip
_SCALES = _CHINESE_SCALES | _ENGLISH_SCALES
_LETTERS = {"b": "bn", "m": "mn", "t": "tn", "k": "thousand"}
"""Scales only after the sign of a currency: elsewhere 3m is three metres, and 7B the size of a model."""

_CHINESE_UNITS = {
    "纳米": "nm", "奈米": "nm", "微米": "um", "毫米": "mm", "厘米": "cm", "英寸": "inch", "英吋": "inch", "吋": "inch",
    "寸": "inch", "千瓦时": "kwh", "千瓦": "kw", "兆瓦": "mw", "吉瓦": "gw", "瓦": "w", "兆赫": "mhz", "吉赫": "ghz",
    "伏": "v",
}  # fmt: skip
_ENGLISH_UNITS = {
    "nanometer": "nm", "nanometers": "nm", "nanometre": "nm", "nanometres": "nm", "micrometer": "um",
    "micrometers": "um", "microns": "um", "μm": "um", "millimeter": "mm", "millimeters": "mm", "millimetre": "mm",
    "millimetres": "mm", "inch": "inch", "inches": "inch", "watt": "w", "watts": "w", "kilowatt": "kw",
    "kilowatts": "kw", "megawatt": "mw", "megawatts": "mw", "gigawatt": "gw", "gigawatts": "gw", "volt": "v",
    "volts": "v",
} | {
    unit: unit
    for unit in [
        "nm", "um", "mm", "cm", "kb", "mb", "gb", "tb", "pb", "kbps", "mbps", "gbps", "tbps", "hz", "khz", "mhz", "ghz",
        "thz", "w", "kw", "mw", "gw", "kwh", "mwh", "gwh", "v", "kv",
    ]
}  # fmt: skip
_PERCENT = frozenset(["percent", "pct"])

_FULL_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_AMBIGUOUS_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10,
    "nov": 11, "dec": 12,
}  # fmt: skip
"""Names of months that are also other words: a verb, a first name, abbreviations. Their neighbours decide."""

_BEFORE_MONTH = frozenset(
    ["in", "of", "since", "until", "till", "through", "during", "early", "late", "mid", "last", "between", "from"]
)
_AFTER_MONTH = frozenset([
    "sales", "revenue", "revenues", "turnover", "exports", "imports", "export", "import", "shipments", "orders",
    "output", "production", "prices", "report", "reports", "results", "data", "figures", "earnings", "quarter",
    "conference", "meeting", "contract",
])  # fmt: skip
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}

_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WIDE_THOUSANDS = re.compile("(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
_NUMERALS = "零〇一二两三四五六七八九十百千数几多"
_TAKES_QUARTER = "(?=报|财报|营收|收入|净利|业绩|销售|合并|利润|财务)"
# It begins with a class of characters and no condition: only so is the search fast. Then each branch looks back.
_CHINESE = re.compile(
    r"[0-9０-９一二两三四五六七八九十第首上下百]"
    r"(?=[0-9.,０-９ 季半分度年月米万亿兆千百十纳奈微毫厘英吋寸瓦吉伏一二三四五六七八九])"
    r"(?:(?<=\d)(?<![\dA-Za-z.].)(?:\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d*(?:\.\d+)?) ?(?:"
    r"(?P<scale>万亿|千亿|百亿|十亿|亿(?!纬)|千万|百万|十万|万|兆(?![瓦赫字比帕欧易])|千(?=[片颗台件家人名元块辆]))"
    rf"|(?P<unit>{'|'.join(_CHINESE_UNITS)})|(?P<month>月份?)|(?P<quarter>季度|季{_TAKES_QUARTER})"
    r"|(?<=\d\d)(?<!\d\d\d)(?P<year>年)(?=\d{1,2}月|第?[一二三四1-4]季|[Qq][1-4]|[上下]半年))"
    rf"|(?<=[一二两三四五六七八九十])(?<![{_NUMERALS}点前近续去来了每达个满第].)十?[一二三四五六七八九]?(?:"
    r"(?P<unit_of>纳米|奈米|英寸|英吋|吋)|(?P<month_of>月份?(?![内天花球饼]))"
    rf"|(?<=[一二三四])(?P<quarter_of>季度|季{_TAKES_QUARTER}))"
    r"|(?<=第)(?P<nth>[一二三四1-4])季度?|(?<=首)(?P<first>季度?)|(?<=[上下])(?P<half>半年)"
    rf"|(?<=百)分之(?P<percent>{_DIGITS}|[一二三四五六七八九]?十?[一二三四五六七八九]?(?![{_NUMERALS}])))"
)
_NUMERAL = re.compile("[一两二三四五六七八九]?十[一二三四五六七八九]?|[一两二三四五六七八九]")

_MEASURE = re.compile(rf"([1-9]\d?)({'|'.join(_CHINESE_UNITS)})")

_NUMBER = re.compile(_DIGITS)
_MONEY = {sign: re.compile(rf"{re.escape(sign)} ?({_DIGITS}) ?([bmtkBMTK])(?!\w)") for sign in "$€£"}
_RUN_NUMBER = re.compile(rf"(?P<digits>{_DIGITS})(?P<hyphen>-?)(?P<unit>[a-zμ]+)(?:-(?P<rest>.+))?")
# Q2, Q2-26, 2Q26: but neither H20 nor H200.
_RUN_QUARTER = re.compile(
    r"[fc]?(?:(?:fy|cy)?(?P<before>20\d\d|\d\d)?'?-?)?"
    r"(?:(?P<kind>[qh])(?P<number>[1-4])(?=\W|$|fy|cy)|(?P<digit>[1-4])(?P<letter>[qh]))"
    r"[-/']?(?:(?:fy|cy)?'?-?(?P<after>20\d\d|\d\d))?"
)
_RUN_ORDINAL = re.compile(rf"(?P<nth>{'|'.join(_ORDINALS)})-(?P<kind>quarter|half)(?:-(?P<rest>.+))?")
_RUN_DATE = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<sign>[-/.])(?P<month>0?[1-9]|1[0-2])(?:(?P=sign)(?P<day>\d{1,2}))?")
_RUN_YEAR = re.compile(r"fy'?(?P<year>20\d\d|\d\d)")
_RUN_RANGE = re.compile(r"(?P<low>\d+(?:\.\d+)?)-(?P<high>\d+(?:\.\d+)?)%")
EXCHANGE = "[.-](?:tw|two|ss|sh|sz|bj|hk|ks|kq|t)"
"""The exchange behind a code of digits, in lower case: 2330.TW."""

_RUN_CODE = re.compile(rf"(?:(?:sh|sz|bj|hk)(?P<code>\d{{5,6}})|(?P<digits>\d{{4,6}}){EXCHANGE})")
_DAY_OR_YEAR = re.compile(r"(?:[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?|(?:19|20)\d\d")

_MAY = re.compile(r"May(?<!\wMay)(?!\w)")
_WORD_BEFORE = re.compile(r"([A-Za-z]+|\d+)[ -]$")
_WORD_AFTER = re.compile(r"[ -]?([A-Za-z]+|\d+)")

_TRIGGERS = frozenset(
    [*_ENGLISH_SCALES, *_ENGLISH_UNITS, *_PERCENT, *_AMBIGUOUS_MONTHS, "micron", "cent", "quarter", "half"]
)


def rewrite_chinese(text: str) -> str:
    """*text* with its Chinese periods and measures as tokens, set off by blanks."""
    if "，" in text:
        text = _WIDE_THOUSANDS.sub(",", text)
    return _CHINESE.sub(_rewritten, text)


def _rewritten(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    return _chinese_token(kind, match[0], match[kind])


@lru_cache(maxsize=20_000)
def _chinese_token(kind: str, whole: str, unit: str) -> str:
    """The token of the text *whole*, which ends in *unit*, set off by blanks; *whole* where it is none after all."""
    token = _token_of(kind, whole[: -len(unit)].rstrip() if unit else whole, unit)
    return whole if token is None else f" {token} "


def _token_of(kind: str, number: str, unit: str) -> str | None:
    if kind == "scale":
        return _scaled(number, unit)
    if kind == "unit":
        return _plain(number) + _CHINESE_UNITS[unit]
    if kind == "year":
        return f"20{int(number)}年" if 10 <= int(number) < 40 else None
    if kind in ("month", "month_of"):
        return _month(number)
    if kind == "half":
        return "h1" if number == "上" else "h2"
    if kind == "first":
        return "q1"
    value = _value(unit if kind in ("nth", "percent") else number)
    if value is None:
        return None
    if kind == "unit_of":
        return f"{value}{_CHINESE_UNITS[unit]}"
    if kind == "percent":
        return f"{value}%"
    return f"q{value}" if value in ("1", "2", "3", "4") else None


def _month(number: str) -> str | None:
    value = _value(number)
    return f"m{value:>02}" if value and value.isdecimal() and 1 <= int(value) <= 12 else None


def _value(number: str) -> str | None:
    """The value of *number*: digits, or a Chinese numeral below 100. None for what is neither."""
    if number[:1].isdecimal():
        return _plain(number)
    if not _NUMERAL.fullmatch(number):
        return None
    tens, ten, ones = number.rpartition("十")
    digits = "零一二三四五六七八九"
    value = digits.index("二" if ones == "两" else ones) if ones else 0
    return str(value + (10 * (digits.index(tens) if tens else 1) if ten else 0))


def in_numerals(measure: str) -> tuple[str, ...]:
    """The spellings of a Chinese *measure* with a numeral: 三纳米 for 3纳米; () for any other name."""
    match = _MEASURE.fullmatch(measure)
    if not match:
        return ()
    tens, ones = divmod(int(match[1]), 10)
    digits = "零一二三四五六七八九"
    numeral = (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")
    return tuple(each + match[2] for each in ([numeral, "两"] if numeral == "二" else [numeral]))


def _plain(digits: str) -> str:
    """*digits* in ASCII, without thousands separators."""
    return str(Decimal(digits.replace(",", "")))


@lru_cache(maxsize=20_000)
def _scaled(digits: str, scale: str) -> str:
    return f"{(Decimal(digits.replace(',', '')) * _SCALES[scale]).normalize():f}"


def write_out_may(text: str) -> str:
    """*text* with M05 for May where capitals and neighbours show that it is the month. Before all is in lower case."""
    return _MAY.sub(lambda match: "M05" if _is_month(text, match) else match[0], text) if "May" in text else text


def _is_month(text: str, may: re.Match[str]) -> bool:
    before = _WORD_BEFORE.search(text, max(0, may.start() - 20), may.start())
    after = _WORD_AFTER.match(text, may.end())
    if not after or text.startswith("'s", may.end()) or text.startswith("’s", may.end()):
        return True
    if _between(before[1].lower() if before else "", after[1].lower()):
        return True
    # "TSMC's May sales": among words in lower case the verb would be, too. In a title each word has its capital.
    return before is not None and after[1].islower() and after[1] not in ("be", "have", "not")


def _between(before: str, after: str) -> bool:
    """Whether a word between these two names a month."""
    return bool(
        before in _BEFORE_MONTH
        or before in _FULL_MONTHS
        or after in _AFTER_MONTH
        or _DAY_OR_YEAR.fullmatch(after)
        or _DAY_OR_YEAR.fullmatch(before)
    )


def write_out_money(text: str) -> str:
    """*text* with the letter after an amount of money as a word: $5.2B becomes $5.2bn."""
    for sign, money in _MONEY.items():
        if sign in text:
            text = money.sub(lambda match: f" {match[1]}{_LETTERS[match[2].lower()]}", text)
    return text


def tokens_of_measure(run: str) -> tuple[str, ...]:
    """The tokens of a Latin *run* in lower case that is a period, a date, a measure, or a code with its exchange.

    () for any other run. The rest of a compound (12-inch-wafer) is the last of them, still to be tokenized.
    """
    if run in _FULL_MONTHS:
        return (f"m{_FULL_MONTHS[run]:02}",)
    if match := _RUN_QUARTER.fullmatch(run):
        kind, number = match["kind"] or match["letter"], match["number"] or match["digit"]
        year = match["before"] or match["after"] or ""
        if kind == "q" or number < "3":
            return (kind + number, *([f"20{year[-2:]}"] if year else []))
    if match := _RUN_ORDINAL.fullmatch(run):
        period = _ordinal_period(match["nth"], match["kind"])
        return (period, *filter(None, [match["rest"]])) if period else ()
    if match := _RUN_DATE.fullmatch(run):
        if match["day"] or match["sign"] != ".":
            return (match["year"], f"m{int(match['month']):02}", *filter(None, [match["day"]]))
    elif match := _RUN_YEAR.fullmatch(run):
        return (f"20{match['year'][-2:]}",)
    elif match := _RUN_RANGE.fullmatch(run):
        return (f"{match['low']}%", f"{match['high']}%")
    elif match := _RUN_CODE.fullmatch(run):
        return (match["code"] or match["digits"],)
    elif match := _RUN_NUMBER.fullmatch(run):
        measure = _measure(match["digits"], match["unit"])
        if measure and (match["hyphen"] or not match["rest"]):
            return (measure, *filter(None, [match["rest"]]))
    return ()


def _measure(digits: str, unit: str) -> str | None:
    """The token of a number and the English *unit* or scale after it; None for any other word."""
    if unit in _ENGLISH_UNITS:
        return _plain(digits) + _ENGLISH_UNITS[unit]
    if unit == "micron" and "." in digits:  # without a point it is the company
        return _plain(digits) + "um"
    if unit in _ENGLISH_SCALES:
        return _scaled(digits, unit)
    return f"{_plain(digits)}%" if unit in _PERCENT else None


def join_measures(runs: list[str]) -> None:
    """Joins those of Latin *runs* in lower case that are one period or measure: second quarter, 3 nm, 5 percent.

    The joined run stands in place of the last of them, "" in place of the others.
    """
    last = len(runs) - 1
    for place in compress(range(len(runs)), map(_TRIGGERS.__contains__, runs)):
        run, before = runs[place], runs[place - 1] if place else ""
        if run in _AMBIGUOUS_MONTHS:
            if _between(before, runs[place + 1] if place < last else ""):
                runs[place] = f"m{_AMBIGUOUS_MONTHS[run]:02}"
        elif run in ("quarter", "half"):
            at = place - 2 if before in ("fiscal", "calendar") else place - 1
            if at >= 0 and runs[at] in _ORDINALS and (period := _ordinal_period(runs[at], run)):
                runs[at], runs[place] = "", period
        elif run == "cent":
            if before == "per" and place > 1 and _NUMBER.fullmatch(runs[place - 2]):
                runs[place - 2 : place + 1] = "", "", f"{_plain(runs[place - 2])}%"
        elif _NUMBER.fullmatch(before) and (measure := _measure(before, run)):
            runs[place - 1 : place + 1] = "", measure


def _ordinal_period(ordinal: str, kind: str) -> str | None:
    number = _ORDINALS[ordinal]
    return f"{kind[0]}{number}" if kind == "quarter" or number < 3 else None
