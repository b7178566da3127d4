"""The workbook of billings: which cells are values, its issue, and files that are no such workbook."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from crawler.extraction import Unreadable, read_document
from crawler.extraction.workbook import open_workbook
from crawler.extraction.wsts_billings import Billing, billings_of
from crawler.sources import source
from tests.commands import PROJECT

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FOLDER = "https://www.wsts.org/esraCMS/extension/media/f/WST/7644/"
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August"]
MONTHS += ["September", "October", "November", "December"]


def workbook(rows: list[list[Any]]) -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    assert book.active
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def table(*rows: list[Any], unit: str = "All numbers are in 1000 US$.") -> list[list[Any]]:
    return [["Blue Book"], ["2026"], [unit], [None, *MONTHS, "Total Year", "Q1"], *rows]


def read(data: bytes, name: str = "Report-Apr_2026.xlsx"):
    return read_document(data, FOLDER + name, captured=NOW, source=source("wsts"))


@pytest.fixture
def captured(captures: Path) -> Iterator[bytes]:
    yield (captures / "wsts/WSTS-Historical-Billings-Report-Apr_2026.xlsx").read_bytes()


def test_every_value_of_the_real_workbook(captured: bytes) -> None:
    sheets, saved = open_workbook(captured)
    billings = list(billings_of(sheets))
    assert saved == datetime(2026, 6, 8, 11, 43, 57, tzinfo=UTC)
    # 40 years and four months, five regions.
    monthly = [billing for billing in billings if not billing.average]
    assert len(monthly) == (40 * 12 + 4) * 5
    assert len(billings) - len(monthly) == (40 * 12 + 4) * 5
    assert monthly[0] == Billing(False, "Americas", 1986, 1, 555850)
    assert monthly[-1] == Billing(False, "Worldwide", 2026, 4, 113676716)
    assert billings[-1] == Billing(True, "Worldwide", 2026, 4, 110480507)
    assert min(billing.value for billing in billings) > 0


def test_the_article_of_the_real_workbook(captured: bytes) -> None:
    article = read(captured, "WSTS-Historical-Billings-Report-Apr_2026.xlsx")
    assert article.title == "WSTS Historical Billings Report, April 2026 issue"
    assert (article.kind, article.access, article.language) == ("data", "abstract", "en")
    assert article.published == datetime(2026, 6, 8, 11, 43, 57, tzinfo=UTC)
    assert len(article.pages) == 41
    lines = article.pages[0].split("\n")
    assert lines[0] == "Worldwide semiconductor billings 2026 by region, in 1000 US$ (April 2026 issue)"
    assert lines[4] == (
        "April 2026: Americas 41,534,424; Europe 6,754,705; Japan 4,428,604; "
        "Asia Pacific 60,958,983; Worldwide 113,676,716"
    )
    assert len(lines) == 1 + 4 + 4 + 1, "months, averages, and the one quarter that is complete"
    assert lines[-1].endswith("Worldwide 298,545,632")
    assert article.pages[1].split("\n")[-1].endswith("Worldwide 795,640,305"), "the sum that the sheet gives for 2025"
    assert "Worldwide 113,676,716" in article.summary
    assert article.files[0].name == "WSTS-Historical-Billings-Report-Apr_2026.xlsx"
    assert len(article.files[0].sha256) == 64


def test_blanks_and_zeros_are_no_values() -> None:
    rows = [[2026], ["Japan", 5, 0, None, "n/a", True, 7.4]]
    assert list(billings_of({"Monthly Data": [tuple(row) for row in table(*(r + [None] * 12 for r in rows))]})) == [
        Billing(False, "Japan", 2026, 1, 5),
        Billing(False, "Japan", 2026, 6, 7),
    ]


def test_a_sheet_of_text_and_infinite_numbers_are_ignored() -> None:
    data = [tuple(row) for row in table([2026] + [None] * 12, ["Japan", float("inf"), 3] + [None] * 10)]
    sheets = {"Read me": [("Terms of use", 2026)], "Monthly Data": data}
    assert list(billings_of(sheets)) == [Billing(False, "Japan", 2026, 2, 3)]


def test_the_issue_is_that_of_the_name_else_the_last_month() -> None:
    data = workbook(table([2026], ["Japan", 5, 6]))
    assert read(data, "Billings-2026-May.xlsx").title.endswith("May 2026 issue")
    assert read(data, "Billings.xlsx").title.endswith("February 2026 issue")


def test_the_sample_keeps_to_months_that_are_over() -> None:
    path = PROJECT / "samples/wsts/files/WSTS-Historical-Billings-Report-Jul_2026.xlsx"
    billings = list(billings_of(open_workbook(path.read_bytes())[0]))
    assert max((billing.year, billing.month) for billing in billings) == (2026, 7)


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(101 * 2**20))
    return buffer.getvalue()


def parts(**names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in names.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 cut off", "broken workbook: File is not a zip file"),
        (parts(nothing="x"), "broken workbook"),
        (bomb(), "over 100 MiB when unpacked"),
        (workbook([["a letter"]]), "without billings"),
        (workbook(table([2026], ["Japan", 5], unit="")), "does not say that its numbers are in 1000 US"),
        (workbook(table()), "without billings"),
        (workbook(table([2026], ["Japan", 5], unit="in Euro")), "does not say"),
    ],
)
def test_what_is_no_such_workbook(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data)


def test_other_sources_do_not_read_workbooks() -> None:
    with pytest.raises(Unreadable, match="a ZIP archive or an Office document"):
        read_document(workbook(table()), FOLDER, captured=NOW, source=source("smic"))
