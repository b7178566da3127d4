"""Monthly billings by region from the sheets of WSTS's Historical Billings Report (a workbook)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.discovery.methods import Sheets, WorkbookText
from crawler.extraction.months import MONTHS, month_named
from crawler.extraction.unreadable import Unreadable

_UNIT = re.compile(r"All numbers are in (1,?000 US\$)", re.IGNORECASE)
_AVERAGE = re.compile(r"3 ?MMA|moving average", re.IGNORECASE)
_QUARTER = 3  # months
_YEAR = 12  # months


@dataclass(frozen=True, slots=True)
class Billing:
    """One value of one month, in thousands of US dollars."""

    average: bool
    """Whether ``value`` is the average of the three months that end with this one."""
    region: str
    year: int
    month: int
    value: int


def read_billings(sheets: Sheets, name: str) -> WorkbookText:
    """The workbook as text: one page per year, latest first, each naming the issue (the month in the file name).

    Issues revise earlier months, so that a value is of use only with its issue. Raises Unreadable for a workbook
    without billings.
    """
    billings = list(billings_of(sheets))
    if not billings:
        raise Unreadable("a workbook without billings by month")
    last = max((billing.year, billing.month) for billing in billings)
    stated = month_named(name)
    issue = _month(*((stated.year, stated.month) if stated else last))
    years = sorted({billing.year for billing in billings}, reverse=True)
    return WorkbookText(
        title=f"WSTS Historical Billings Report, {issue} issue",
        summary=_key_figures(billings, last, issue),
        pages=tuple(_page(billings, year, issue) for year in years),
    )


def billings_of(sheets: Sheets) -> Iterator[Billing]:
    """Every monthly value in *sheets*. Raises Unreadable for a table that does not state its unit.

    Left out are future months, which are blank or 0, and the columns of totals and quarters, which hold partial sums
    and have no month as heading.
    """
    for name, rows in sheets.items():
        heading = " ".join(str(cell) for row in rows[:4] for cell in row if isinstance(cell, str))
        if not any(cell in MONTHS for row in rows for cell in row):
            continue  # a sheet of text, without a table
        if not _UNIT.search(heading):
            raise Unreadable(f"sheet {name!r} does not say that its numbers are in 1000 US$")
        average = bool(_AVERAGE.search(f"{name} {heading}"))
        columns: dict[int, int] = {}
        year = 0
        for head, *cells in rows:
            if months := {index: MONTHS.index(cell) + 1 for index, cell in enumerate(cells) if cell in MONTHS}:
                columns = months
            elif _is_number(head):
                year = int(head)
            elif isinstance(head, str) and year:
                for index, month in columns.items():
                    if _is_number(cells[index]) and cells[index] > 0:
                        yield Billing(average, head.strip(), year, month, round(cells[index]))


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)


def _page(billings: list[Billing], year: int, issue: str) -> str:
    """One line per month, then the averages, then the sums of complete quarters and of the complete year."""
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
    """Values by region, by month."""
    table: dict[int, dict[str, int]] = {}
    for billing in billings:
        table.setdefault(billing.month, {})[billing.region] = billing.value
    return table


def _sums(table: dict[int, dict[str, int]], months: range) -> list[dict[str, int]]:
    """A list with the sums by region over *months*; empty when a month is missing."""
    if any(month not in table for month in months):
        return []
    return [{region: sum(table[month].get(region, 0) for month in months) for region in table[months[0]]}]


def _key_figures(billings: list[Billing], last: tuple[int, int], issue: str) -> str:
    """The latest month by region, its average, and the same month of the previous year."""
    year, month = last

    def values_of(year: int, average: bool) -> dict[str, int]:
        of_month = [
            billing for billing in billings if (billing.year, billing.month, billing.average) == (year, month, average)
        ]
        return _table(of_month).get(month, {})

    lines = [
        (_month(year, month), values_of(year, average=False)),
        (f"Three-month average to {_month(year, month)}", values_of(year, average=True)),
        (_month(year - 1, month), values_of(year - 1, average=False)),
    ]
    sentences = ". ".join(f"{label}: {_regions(values)}" for label, values in lines if values)
    return f"Billings in 1000 US$, {issue} issue. {sentences}."


def _month(year: int, month: int) -> str:
    return f"{MONTHS[month - 1]} {year}"


def _regions(values: dict[str, int]) -> str:
    return "; ".join(f"{region} {value:,}" for region, value in values.items())
