"""Finds the fiscal year and quarter of a report in its title, its file name or its first page."""

from __future__ import annotations

import re
from typing import NamedTuple


class FiscalPeriod(NamedTuple):
    """``year`` 0: unknown. ``quarter`` 0: the whole year. A half-year report counts as the second quarter."""

    year: int = 0
    quarter: int = 0


_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_HAN_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4}
_YEAR = r"(?P<year>20\d\d)"
_SHORT_YEAR = r"(?:20|')?(?P<year>\d\d)"

# Quarters first, then half-years, then years. Of one pattern the first match in a text is used.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d.])(?P<quarter>[1-4])Q[\s_-]?{_SHORT_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}[\s_-]?(?P<quarter>[1-4])Q(?![a-z\d])",
        rf"(?<!\d){_YEAR}\D{{0,12}}quarter0?(?P<quarter>[1-4])(?!\d)",
        rf"\bQ(?P<quarter>[1-4])[\s_,+-]{{0,3}}(?:FY|fiscal(?: year)?)?\s?{_SHORT_YEAR}(?!\d)",
        rf"\b(?P<quarter>first|second|third|fourth|[1-4](?:st|nd|rd|th))[\s-]quarter(?:ly)?"
        rf"(?:\s(?:and\s(?:full|fiscal)[\s-]year|of|results|report|for|ended|fiscal|year)){{0,3}},?\s(?:\w+\s\d\d?,\s)?{_YEAR}",
        rf"(?<!\d){_YEAR}(?:'s)?\s(?:fiscal\s)?(?P<quarter>first|second|third|fourth|[1-4](?:st|nd|rd|th))[\s-]quarter",
        rf"{_YEAR}\s*年?\s*第?\s*(?P<quarter>[一二三四1-4])\s*季",
        rf"{_YEAR}\s*年?\s*(?P<half>半年度?|中期|interim|half\b|上半年)",
        rf"(?P<half>half[\s_-]?year(?:ly)?|interim)\D{{0,20}}{_YEAR}",
        r"(?:fiscal\s)?year\s+ended:?\s+\w+\s\d\d?,\s" + _YEAR,
        rf"{_YEAR}\s*年?\s*(?:年度|全年|annual|10-?K\b|20-?F\b)",
        rf"(?:\bFY|fiscal(?:\syear)?|annual\sreport(?:\s(?:for|on\sform\s10-k))?)\D{{0,12}}{_YEAR}",
        rf"\bFY\s?'?{_SHORT_YEAR}(?!\d)",
    )
)


def report_period(*texts: str) -> FiscalPeriod:
    """The period in the first of *texts* that names one; callers pass the most reliable first."""
    for text in texts:
        # File names separate words by signs; texts contain line breaks.
        line = " ".join(re.sub(r"[_+]|%20", " ", text).split())
        for pattern in _PATTERNS:
            if match := pattern.search(line):
                return _period(match)
    return FiscalPeriod()


def _period(match: re.Match[str]) -> FiscalPeriod:
    groups = match.groupdict()
    year = int(groups["year"])
    year += 2000 if year < 100 else 0
    if groups.get("half"):
        return FiscalPeriod(year, 2)
    quarter = (groups.get("quarter") or "0").lower()
    return FiscalPeriod(year, _ORDINALS.get(quarter) or _HAN_DIGITS.get(quarter) or int(quarter))
