"""Reads months written without a day, as in file names, and days in file names."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from crawler.extraction.dates import EARLIEST, parse_date

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NAME = rf"(?P<name>{'|'.join(f'{month[:3]}(?:{month[3:]})?' if month[3:] else month for month in MONTHS)}|Sept)\.?"
_YEAR = r"(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)"
_WRITTEN = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}[-./ ](?P<number>0[1-9]|1[0-2])(?![\d]|[-./ ]\d)",
        rf"{_YEAR}[-./, ]*\b{_NAME}(?![a-z]|[-./, ]*\d{{1,2}}(?!\d))",
        rf"(?<!\d )(?<!\d-)\b{_NAME}[-./, ]*{_YEAR}",
        r"(?<!\d)(?P<number>1[0-2]|0?[1-9])\s?月[\s,]*(?P<year>(?:19|20)\d\d)(?!\d)",
        rf"{_YEAR}\s?年\s?(?P<number>1[0-2]|0?[1-9])\s?月(?!\s?\d)",
    )
]


def month_named(text: str) -> date | None:
    """The first day of the month that *text* names: ``2025_11``, ``2026-May``, ``Apr_2026``, ``3月 2026``.

    None where *text* names a day as well: those are for ``parse_date``.
    """
    text = " ".join(text.replace("_", " ").split())
    for pattern in _WRITTEN:
        if match := pattern.search(text):
            parts = match.groupdict()
            if name := parts.get("name"):
                number = next(n for n, month in enumerate(MONTHS, 1) if month[:3].lower() == name[:3].lower())
            else:
                number = int(parts["number"])
            return date(int(parts["year"]), number, 1)
    return None


def start_of_month(text: str, timezone: str, captured: datetime) -> datetime | None:
    """The first moment of the month that *text* names, in UTC, for sources that date articles by month only."""
    named = month_named(text)
    moment = datetime(named.year, named.month, 1, tzinfo=ZoneInfo(timezone)) if named else None
    return moment.astimezone(UTC) if moment and EARLIEST <= moment <= captured else None


def day_of_file(url: str, timezone: str, captured: datetime) -> datetime | None:
    """The day in the file name of *url*, such as ``…-Release-2026-08-06.pdf``, in UTC."""
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1]).replace("_", "-")
    written = re.search(r"(?<!\d)(20\d\d-\d\d-\d\d|20\d{6})(?!\d)", name)
    return parse_date(written[1], timezone=timezone, captured=captured) if written else None
