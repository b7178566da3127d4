"""PDFs made for these tests: pages, titles, dates, and the ones that are refused."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from crawler.extraction import Unreadable, read_document
from crawler.extraction.paragraphs import joined_lines
from store.article import PAGE_BREAK
from tests.commands import PROJECT

CAPTURED = datetime(2026, 3, 10, tzinfo=UTC)
URL = "https://www.example.com/files/2026-q1-report.pdf"
Line = tuple[float, str]


def pdf(
    *pages: list[Line],
    title: str = "",
    author: str = "",
    created: str = "",
    font: str = "Helvetica",
    gap: float = 1.4,
    **more,
) -> bytes:
    """Pages of lines with their size; *created* as PDF writes it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=0, **more)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    for lines in pages:
        height = 800.0
        for size, text in lines:
            height -= gap * size
            canvas.setFont(font, size)
            canvas.drawString(50, height, text)
        canvas.showPage()
    canvas.save()
    data = out.getvalue()
    # The same length, so that the offsets in the file stay right.
    stamp = f"({created})".ljust(25).encode() if created else b"()".ljust(25)
    return re.sub(
        rb"/CreationDate \((.{21,24}?)\)", lambda found: b"/CreationDate " + stamp[: len(found[0]) - 14], data
    )


def read(data: bytes, **more):
    return read_document(data, URL, captured=CAPTURED, **more)


TEXT = [(30, "Wafer output in review"), (11, "Output rose in all three plants during the first quarter.")]


def test_pages_and_file():
    data = pdf(TEXT, [(11, "Second page of words.")], [], created="D:20260306102030+08'00'")
    article = read(data)
    assert article.body.split(PAGE_BREAK) == [
        "Wafer output in review\nOutput rose in all three plants during the first quarter.",
        "Second page of words.",
        "",
    ]
    assert len(article.pages) == 3
    assert (article.kind, article.language, article.access, article.source) == ("report", "en", "full", "file")
    (file,) = article.files
    assert (file.url, file.name, file.media_type, file.pages) == (URL, "2026-q1-report.pdf", "application/pdf", 3)
    assert file.sha256 == hashlib.sha256(data).hexdigest()


def test_the_name_given_is_the_name_of_the_file():
    assert read(pdf(TEXT), name="other.pdf").files[0].name == "other.pdf"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Annual report on wafers 2025", "Annual report on wafers 2025"),
        ("晶圆报告", "晶圆报告"),
        ("Annual report on wafers 2025| Example", "Annual report on wafers 2025"),
        ("", "Wafer output in review"),
        ("Microsoft Word - draft 3 final", "Wafer output in review"),
        ("q1 report final.docx", "Wafer output in review"),
        ("EX_2026_Q1 final version", "Wafer output in review"),
        ("Untitled", "Wafer output in review"),
        ("PowerPoint 12", "Wafer output in review"),
        ("Example Electronics", "Wafer output in review"),
    ],
)
def test_titles(stated, expected):
    logo = [(40, "Example Electronics")] if stated == "Example Electronics" else []
    assert read(pdf([*logo, *TEXT], title=stated, author="Example")).title == expected


def test_the_title_of_a_release_is_not_the_word_release():
    lines = [(28, "News Release"), (18, "Example Reports Results of"), (18, "the First Quarter of 2026"), (11, "Text.")]
    assert (
        read(pdf([*lines, (11, "More words of the text.")])).title
        == "Example Reports Results of the First Quarter of 2026"
    )


def test_without_any_title_the_file_name_is_the_title():
    assert read(pdf([(11, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17")] * 3)).title == "2026-q1-report.pdf"


@pytest.mark.parametrize(
    ("lines", "created", "expected"),
    [
        (["March 5, 2026"], "D:20260306102030Z", datetime(2026, 3, 5, tzinfo=UTC)),
        (["March 6, 2026"], "D:20260306102030Z", datetime(2026, 3, 6, 10, 20, 30, tzinfo=UTC)),
        (["BERLIN, March 5, 2026 -- Example today reported results."], "", datetime(2026, 3, 5, tzinfo=UTC)),
        (["For the quarter ended March 5, 2026"], "D:20260306102030Z", datetime(2026, 3, 6, 10, 20, 30, tzinfo=UTC)),
        (["As of December 31, 2025"], "D:20260306102030+08'00'", datetime(2026, 3, 6, 2, 20, 30, tzinfo=UTC)),
        (["The plan of March 5, 2019 is described in the first chapter"], "", None),
        (["March 9, 2026"], "D:20250301", datetime(2025, 3, 1, tzinfo=UTC)),
        ([], "D:20260306102030Z", datetime(2026, 3, 6, 10, 20, 30, tzinfo=UTC)),
        ([], "D:20270306102030Z", None),
        ([], "D:00000000000000Z", None),
        ([], "", None),
    ],
)
def test_dates(lines, created, expected):
    data = pdf([*TEXT, *((11.0, line) for line in lines)], created=created)
    assert read(data).published == expected


def test_chinese():
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    lines = [(26, "晶圆代工季度报告"), (12, "2026年3月5日"), (11, "第一季度三座晶圆厂的产量全部增长。")]
    article = read(pdf(lines, font="STSong-Light", gap=3))
    assert article.title == "晶圆代工季度报告"
    assert article.language == "zh"
    assert article.published == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert article.body == "晶圆代工季度报告\n2026年3月5日\n第一季度三座晶圆厂的产量全部增长。"


def test_an_empty_password_opens():
    locked = StandardEncryption("", ownerPassword="owner", strength=128)
    assert read(pdf(TEXT, encrypt=locked)).title == "Wafer output in review"


def test_refused():
    whole = pdf(TEXT, [(11, "x" * 80)] * 50)
    for data, reason in (
        (pdf(TEXT, encrypt=StandardEncryption("secret", strength=128)), "encrypted PDF"),
        (whole[: len(whole) // 2], "truncated PDF"),
        (b"%PDF-1.4\n" + b"nonsense " * 100 + b"\n%%EOF\n", "broken PDF"),
        (pdf([], []), r"without a text layer \(2 pages\)"),
    ):
        with pytest.raises(Unreadable, match=reason):
            read(data)


def test_lines_that_are_turned_are_parted_by_blanks() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.rotate(90)
    canvas.setFont("Helvetica", 11)
    for number, line in enumerate(("The plant will start building wafers", "of 200 millimetres in the spring.")):
        canvas.drawString(60, -100 - 14 * number, line)
    canvas.save()
    assert "wafersof" not in read(out.getvalue()).body


def test_a_title_in_gbk_is_read() -> None:
    title = "港芯微电子第三季度业绩公告"
    data = pdf(TEXT, title="A" * 2 * len(title)).replace(b"A" * 2 * len(title), title.encode("gbk"))
    assert read(data).title == title


def test_zeros_behind_the_end_and_a_cut_end_mark_are_no_harm() -> None:
    whole = pdf(TEXT)
    for data in (whole + b"\0" * 80_000, whole.rstrip()[:-2], whole.rstrip()[:-3] + b"\r\n"):
        assert read(data).body == read(whole).body
    with pytest.raises(Unreadable, match="truncated PDF"):
        read(whole.rstrip()[:-30] + b"\0" * 80_000)


def test_what_is_called_a_pdf_but_is_a_page_is_read_as_a_page():
    assert read(b"<html><title>Just a moment</title><p>Checking %PDF-</p></html>").files == []


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            "The foundry has opened its third plant ahead of\nthe plan that it had shown in the\r\nspring.\n\nNext",
            "The foundry has opened its third plant ahead of the plan that it had shown in the\nspring.\nNext",
        ),
        (
            "第一季度三座晶圆厂的产量全部增长，公司预计全年的半导\n体销售额将创新高。\n一、风险\n1. 汇率",
            "第一季度三座晶圆厂的产量全部增长，公司预计全年的半导体销售额将创新高。\n一、风险\n1. 汇率",
        ),
        (
            "Sales of all products of the company grew in the semi\x02conductor market and the non\x02GAAP margin rose",
            "Sales of all products of the company grew in the semiconductor market and the non-GAAP margin rose",
        ),
        (
            "The low\x02power parts of the manu\x02facturing line, state-of-the\x02art and year\x02over-year, in con\x02tamination",
            "The low-power parts of the manufacturing line, state-of-the-art and year-over-year, in contamination",
        ),
        ("Revenue 1,000\nCosts 900\nProfit 100", "Revenue 1,000\nCosts 900\nProfit 100"),
        (
            "• A first point that is long enough to fill the line\n• A second point that is as long as the first",
            "• A first point that is long enough to fill the line\n• A second point that is as long as the first",
        ),
        ("", ""),
    ],
)
def test_lines_of_a_paragraph_are_joined(printed, expected):
    assert joined_lines(printed) == expected


def test_a_report_of_300_pages_takes_less_than_300_mib() -> None:
    """In a process of its own: the peak of this process includes all previous tests."""
    code = """
import io, re
from datetime import UTC, datetime
from reportlab.pdfgen.canvas import Canvas
out = io.BytesIO()
canvas = Canvas(out)
for page in range(300):
    for line in range(60):
        canvas.drawString(40, 800 - 12 * line, f"Page {page} line {line}: capital spending on fabs, tools and cleanrooms rises.")
    canvas.showPage()
canvas.save()
from crawler.extraction import read_document
article = read_document(out.getvalue(), "https://a.example/r.pdf", captured=datetime.now(UTC))
# Not getrusage: its peak is inherited from the parent process.
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
print(article.files[0].pages, article.body.count("\\f"), peak // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    pages, breaks, mebibytes = map(int, done.stdout.split())
    assert (pages, breaks) == (300, 299)
    assert mebibytes < 300


LEFT = ["The foundry opened its third plant on", "Friday, two quarters ahead of the plan", "that it had shown to its owners in the", "spring of last year, and will need half", "a year more to reach full output."]  # fmt: skip
RIGHT = ["Suppliers of gases and resists have", "moved close by, and the town expects", "two thousand new jobs by next year, as", "well as a second line of the railway", "to the plain of the river."]  # fmt: skip
THIRD = ["Engineers from the schools", "of the valley work in both", "of the halls, some of them", "at night, and train others", "from the towns around."]  # fmt: skip


def set_in_rows(*columns: tuple[float, list[str]], above: str = "Quarterly report on wafers", below: str = "") -> bytes:
    """A page whose program wrote *columns*, each at its place in points, row by row."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 20)
    canvas.drawString(50, 780, f"{above}, with a line across both columns" if above else "")
    canvas.setFont("Helvetica", 10)
    for row in range(max(len(lines) for _, lines in columns)):
        for left, lines in columns:
            canvas.drawString(left, 740 - 14 * row, lines[row] if row < len(lines) else "")
    if below:
        canvas.drawString(50, 500, below)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_columns_are_read_one_after_the_other():
    below = "A line below both columns, from the left edge of the page to well behind the gutter that parts them."
    title, *paragraphs = read(set_in_rows((50, LEFT), (320, RIGHT), below=below)).body.split("\n")
    assert title == "Quarterly report on wafers, with a line across both columns"
    assert " ".join(paragraphs) == " ".join([*LEFT, *RIGHT, below])


def test_three_columns():
    body = read(set_in_rows((40, LEFT), (240, RIGHT), (440, THIRD), above="")).body
    assert " ".join(body.split()) == " ".join([*LEFT, *RIGHT, *THIRD])


def test_chinese_columns():
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    left = [
        "第三座晶圆厂上周五投产，比原计划",
        "提前了两个季度，公司在致股东信中",
        "写道，全部产能要到明年春季才能够",
        "达到每月四万片，设备还在安装。",
    ]
    right = [
        "供应商已经搬到附近的园区，当地预",
        "计到明年将增加两千个就业岗位，另",
        "外还要修建第二条铁路，通往河边的",
        "平原，工程师来自三所大学。",
    ]
    data = pdf(
        *[[(11, f"{a}\u3000\u3000\u3000\u3000{b}") for a, b in zip(left, right, strict=True)]],
        font="STSong-Light",
        gap=3,
    )
    assert "晶圆厂上周五投产" in read(data).body
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("STSong-Light", 11)
    for row, texts in enumerate(zip(left, right, strict=True)):
        for place, text in zip((50, 320), texts, strict=True):
            canvas.drawString(place, 740 - 18 * row, text)
    canvas.save()
    assert "".join(read(out.getvalue()).body.split()) == "".join([*left, *right])


def test_rows_of_tables_stay_rows():
    names = [
        "Sales in millions of dollars",
        "Cost of goods that were sold",
        "Margin before all taxes",
        "Wafers in thousands",
        "Use of the plants",
    ]
    table = set_in_rows(
        (50, names), (330, ["412.7", "301.2", "31.4%", "221", "84%"]), (430, ["398.1", "300.0", "29.9%", "207", "79%"])
    )
    assert "Sales in millions of dollars 412.7 398.1" in read(table).body
    risks = [
        "Risk of supply chain disruption",
        "Risk of export controls",
        "Risk of exchange rates",
        "Risk of fire and flood",
    ]
    answers = [
        "We keep stocks for ninety days",
        "We ask for licences in time",
        "We hedge most dollars",
        "We insure the plants",
    ]
    body = read(set_in_rows((50, risks), (320, answers))).body
    for risk, answer in zip(risks, answers, strict=True):
        assert f"{risk} {answer}" in body


def test_headers_and_footers_are_not_the_language_or_the_title():
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for number in range(1, 7):
        canvas.setFont("STSong-Light", 12)
        canvas.drawString(50, 600, "晶圆代工季度说明" if number == 1 else f"第{number}章：产量与价格的变化")
        canvas.setFont("Helvetica", 14)
        canvas.drawString(50, 800, "Example Foundry Holdings: results of the quarter for investors")
        canvas.drawString(50, 40, f"Example and its marks are property of Example Foundry Holdings. Page {number}")
        canvas.showPage()
    canvas.save()
    article = read(out.getvalue())
    assert (article.language, article.title) == ("zh", "晶圆代工季度说明")
    assert "Example Foundry Holdings" in article.body
