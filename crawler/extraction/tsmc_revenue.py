"""TSMC's monthly revenue from the table on the page of a year: months, net revenue, changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from parsel import Selector

from crawler.extraction.months import MONTHS

_MONTHS = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
_MONTH = re.compile(r"([A-Za-z]{3,9})\.?")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d{4,}")
_PERCENT = re.compile(r"(?:(?P<sign>[-−+(])\s{0,3})?(?<!\d)(?<!\d\.)(?P<number>\d{1,9}(?:\.\d{1,9})?)\s{0,3}%")


@dataclass(frozen=True, slots=True)
class MonthlyRevenue:
    """The net revenue of a ``month``, in millions of New Taiwan dollars, and its change to the year before in percent.

    ``to_month``: the change to the month before, in percent; None where that is not on the page.
    """

    year: int
    month: int
    revenue: int
    to_year: float | None
    to_month: float | None

    @property
    def text(self) -> str:
        """In one line, as ``2026-05: NT$ 320,000 million, +3.1% on the month before, +25.0% on the year before``."""
        changes = ((self.to_month, "month"), (self.to_year, "year"))
        said = "".join(f", {change:+.1f}% on the {unit} before" for change, unit in changes if change is not None)
        return f"{self.year}-{self.month:02d}: NT$ {self.revenue:,} million{said}"


def monthly_revenue(table: str, year: int) -> list[MonthlyRevenue]:
    """The months in the HTML *table* of *year*, in order; without rows that have no revenue yet, and without totals."""
    months: list[MonthlyRevenue] = []
    for row in Selector(text=table).css("tr"):
        cells = [" ".join(cell.xpath("string()").get("").split()) for cell in row.css("td")]
        # A whole name: "Jan. to Jun." is a total.
        named = _MONTH.fullmatch(cells[0]) if cells else None
        month = _MONTHS.get(named[1][:3].lower()) if named else None
        revenue = next((match for cell in cells[1:] if (match := _NUMBER.fullmatch(cell))), None)
        if month is None or revenue is None:
            continue
        value = int(revenue[0].replace(",", ""))
        change = next((match for cell in cells[1:] if (match := _PERCENT.search(cell))), None)
        before = next((one.revenue for one in months if one.month == month - 1), 0)
        months.append(
            MonthlyRevenue(
                year,
                month,
                value,
                (-1 if change["sign"] in tuple("-−(") else 1) * float(change["number"]) if change else None,
                100 * (value / before - 1) if before else None,
            )
        )
    return months


def as_html(months: list[MonthlyRevenue]) -> str:
    """*months* as paragraphs, the latest first."""
    return "".join(f"<p>{escape(month.text)}.</p>" for month in reversed(months))
