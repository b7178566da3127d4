"""Billings by region and month, out of the sheets of a workbook of WSTS."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.read.months import MONTHS, month_named
from crawler.read.unreadable import Unreadable
from crawler.way import Figures, Sheets

_UNIT = re.compile(r"All numbers are in (1,?000 US\$)", re.IGNORECASE)
_AVERAGE = re.compile(r"3 ?MMA|moving average", re.IGNORECASE)
_QUARTER = 3  # months
_YEAR = 12  # months


@dataclass(frozen=True, slots=True)
class Billing:
    """One value of one month, in thousands of US dollars."""

    average: bool
    """Of the three months that end with this one."""
    region: str
    year: int
    month: int
    value: int


def read_billings(sheets: Sheets, name: str) -> Figures:
    """A page for each year, latest first; the issue, which the name of the file tells, stands with the values.

    Old months are revised from one issue to the next: a value without its issue is worth little.
    """
    billings = list(billings_of(sheets))
    if not billings:
        raise Unreadable("a workbook without billings by month")
    last = max((billing.year, billing.month) for billing in billings)
    stated = month_named(name)
    issue = _month(*((stated.year, stated.month) if stated else last))
    years = sorted({billing.year for billing in billings}, reverse=True)
    return Figures(
        title=f"WSTS Historical Billings Report, {issue} issue",
        summary=_key_figures(billings, last, issue),
        pages=tuple(_page(billings, year, issue) for year in years),
    )


def billings_of(sheets: Sheets) -> Iterator[Billing]:
    """Every value of *sheets* that is one.

    Months to come are blank in one sheet and 0 in the other; totals and quarters hold partial sums, and stand in
    columns that no month heads.
    """
    for name, rows in sheets.items():
        heading = " ".join(str(cell) for row in rows[:4] for cell in row if isinstance(cell, str))
        if not any(cell in MONTHS for row in rows for cell in row):
            continue  # words, no table
        if not _UNIT.search(heading):
            raise Unreadable(f"sheet {name!r} does not say that its numbers are in 1000 US$")
        average = bool(_AVERAGE.search(f"{name} {heading}"))
        columns: dict[int, int] = {}
        year = 0
        for head, *cells in rows:
            if found := {place: MONTHS.index(cell) + 1 for place, cell in enumerate(cells) if cell in MONTHS}:
                columns = found
            elif _is_number(head):
                year = int(head)
            elif isinstance(head, str) and year:
                for place, month in columns.items():
                    if _is_number(cells[place]) and cells[place] > 0:
                        yield Billing(average, head.strip(), year, month, round(cells[place]))


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)


def _page(billings: list[Billing], year: int, issue: str) -> str:
    """One line a month, then averages, and sums of the quarters and of the year when they are complete."""
    monthly = _table([billing for billing in billings if billing.year == year and not billing.average])
    averages = _table([billing for billing in billings if billing.year == year and billing.average])
    lines = [f"Worldwide semiconductor billings {year} by region, in 1000 US$ ({issue} issue)"]
    lines += [f"{_month(year, month)}: {_regions(values)}" for month, values in sorted(monthly.items())]
    lines += [
        f"Three-month average to {_month(year, month)}: {_regions(values)}"
        for month, values in sorted(averages.items())
    ]
    for quarter in range(1, _YEAR // _QUARTER + 1):
        months = range(_QUARTER * (quarter - 1) + 1, _QUARTER * quarter + 1)
        lines += [f"Q{quarter} {year}: {_regions(sums)}" for sums in _sums(monthly, months)]
    lines += [f"Year {year}: {_regions(sums)}" for sums in _sums(monthly, range(1, _YEAR + 1))]
    return "\n".join(lines)


def _table(billings: list[Billing]) -> dict[int, dict[str, int]]:
    table: dict[int, dict[str, int]] = {}
    for billing in billings:
        table.setdefault(billing.month, {})[billing.region] = billing.value
    return table


def _sums(table: dict[int, dict[str, int]], months: range) -> list[dict[str, int]]:
    """The sums by region over *months*; none when one of them is still to come."""
    if any(month not in table for month in months):
        return []
    return [{region: sum(table[month].get(region, 0) for month in months) for region in table[months[0]]}]


def _key_figures(billings: list[Billing], last: tuple[int, int], issue: str) -> str:
    """The latest month by region, its average, and the same month of the year before."""
    year, month = last

    def of(year: int, average: bool) -> dict[str, int]:
        chosen = [one for one in billings if (one.year, one.month, one.average) == (year, month, average)]
        return _table(chosen).get(month, {})

    lines = [
        (_month(year, month), of(year, average=False)),
        (f"Three-month average to {_month(year, month)}", of(year, average=True)),
        (_month(year - 1, month), of(year - 1, average=False)),
    ]
    told = ". ".join(f"{what}: {_regions(values)}" for what, values in lines if values)
    return f"Billings in 1000 US$, {issue} issue. {told}."


def _month(year: int, month: int) -> str:
    return f"{MONTHS[month - 1]} {year}"


def _regions(values: dict[str, int]) -> str:
    return "; ".join(f"{region} {value:,}" for region, value in values.items())
