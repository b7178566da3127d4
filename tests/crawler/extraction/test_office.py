"""Word documents, presentations and text files that people bring."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import docx
import pptx
import pytest

from crawler.extraction import Unreadable, read_document
from store.article import PAGE_BREAK, Article

CAPTURED = datetime(2026, 3, 10, tzinfo=UTC)
SAVED = datetime(2026, 3, 6, 10, 20)
TEXT = "第三座晶圆厂周五投产，比原计划提前了两个季度，月产能将达到四万片。"


def read(data: bytes, name: str) -> Article:
    return read_document(data, f"file:///home/ann/{name}", captured=CAPTURED, name=name)


def bytes_of(document: Any, **facts: Any) -> bytes:
    for name, value in {"title": "", "author": "", "modified": SAVED, **facts}.items():
        setattr(document.core_properties, name, value)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def memo() -> Any:
    document = docx.Document()
    document.add_paragraph("晶圆厂提前投产", style="Title")
    document.add_paragraph("2026年3月5日")
    document.add_paragraph(TEXT)
    table = document.add_table(rows=2, cols=3)
    for row, texts in zip(table.rows, (("Sales", "412.7", "398.1"), ("Margin", "31.4%", "29.9%")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("设备还在安装。")
    return document


def test_a_word_document() -> None:
    article = read(bytes_of(memo(), author="王某"), "memo.docx")
    assert (article.title, article.language, article.kind, article.access) == ("晶圆厂提前投产", "zh", "report", "full")
    assert article.body.split("\n") == [
        "晶圆厂提前投产", "2026年3月5日", TEXT, "Sales 412.7 398.1", "Margin 31.4% 29.9%", "设备还在安装。",
    ]  # fmt: skip
    assert article.published == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert article.authors == ["王某"]
    assert (article.files[0].name, len(article.files[0].sha256)) == ("memo.docx", 64)


def test_what_was_inserted_counts_and_what_was_deleted_does_not() -> None:
    document = memo()
    paragraph = document.paragraphs[2]._p
    word = paragraph.tag.removesuffix("p")
    inserted, deleted = paragraph.makeelement(f"{word}ins"), paragraph.makeelement(f"{word}del")
    for holder, name, text in ((inserted, "t", "新增的话。"), (deleted, "delText", "删去的话。")):
        run = holder.makeelement(f"{word}r")
        node = run.makeelement(f"{word}{name}")
        node.text = text
        run.append(node)
        holder.append(run)
        paragraph.append(holder)
    body = read(bytes_of(document), "memo.docx").body
    assert f"{TEXT}新增的话。" in body
    assert "删去" not in body


NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def run_of(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def test_controls_boxes_and_moved_text_are_read_once() -> None:
    document = docx.Document()
    box = f"<w:txbxContent><w:p>{run_of('In a box')}</w:p></w:txbxContent>"
    written_twice = f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    style = "<w:pPr><w:pStyle w:val='Title'/></w:pPr>"
    for part in (
        f"<w:sdt {NAMES}><w:sdtContent><w:p>{style}{run_of('Review')}</w:p><w:p>{run_of(TEXT)}</w:p></w:sdtContent></w:sdt>",
        f"<w:p {NAMES}>{run_of('Around. ')}{written_twice}{run_of('The box.')}</w:p>",
        f"<w:p {NAMES}><w:moveFrom>{run_of('It moved.')}</w:moveFrom>{run_of('It stays.')}</w:p>",
        f"<w:p {NAMES}><w:moveTo>{run_of('It moved.')}</w:moveTo></w:p>",
        f"<w:p {NAMES}><w:r><w:t>low</w:t><w:noBreakHyphen/><w:t>power</w:t></w:r></w:p>",
        f"<w:tbl {NAMES}><w:sdt><w:sdtContent><w:tr><w:tc><w:p>{run_of('Sales')}</w:p></w:tc>"
        f"<w:sdt><w:sdtContent><w:tc><w:p>{run_of('412.7')}</w:p></w:tc></w:sdtContent></w:sdt></w:tr></w:sdtContent></w:sdt></w:tbl>",
    ):
        document.element.body.insert(-1, docx.oxml.parse_xml(part))
    article = read(bytes_of(document), "memo.docx")
    assert article.title == "Review"
    assert article.body.split("\n") == [
        "Review", TEXT, "Around. The box.", "In a box", "It stays.", "It moved.", "low-power", "Sales 412.7",
    ]  # fmt: skip


def test_the_time_of_a_template_is_not_when_a_file_was_saved() -> None:
    out = io.BytesIO()
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.save(out)
    deck_out = io.BytesIO()
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = TEXT
    deck.save(deck_out)
    assert (read(out.getvalue(), "a.docx").published, read(deck_out.getvalue(), "a.pptx").published) == (None, None)


@pytest.mark.parametrize(("stated", "title"), [("Annual review of wafers", "Annual review of wafers"), ("Word Document", "晶圆厂提前投产")])  # fmt: skip
def test_the_title_that_the_file_states(stated: str, title: str) -> None:
    assert read(bytes_of(memo(), title=stated), "memo.docx").title == title


def test_without_a_date_line_it_is_when_the_file_was_saved() -> None:
    document = docx.Document()
    document.add_paragraph("Wafer output in review")
    document.add_paragraph("Output rose in all three plants during the first quarter.")
    article = read(bytes_of(document), "memo.docx")
    assert (article.title, article.published) == ("Wafer output in review", SAVED.replace(tzinfo=UTC))
    assert read(bytes_of(document, modified=datetime(2027, 1, 1)), "memo.docx").published is None


def test_a_presentation() -> None:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "Wafer output in review"
    first.placeholders[1].text = "March 5, 2026"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Plants"
    table = second.shapes.add_table(1, 2, 0, 0, 100, 100).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Sales", "412.7"
    second.notes_slide.notes_text_frame.text = "Say that tools are late."
    article = read(bytes_of(deck, title="PowerPoint Presentation"), "deck.pptx")
    assert (article.title, article.kind, article.files[0].pages) == ("Wafer output in review", "report", 2)
    assert article.body.split(PAGE_BREAK) == [
        "Wafer output in review\nMarch 5, 2026",
        "Plants\nSales 412.7\nSay that tools are late.",
    ]
    assert article.published == datetime(2026, 3, 5, tzinfo=UTC)


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (archive(**{"word/document.xml": b"<x/>", "bomb": bytes(101 * 2**20)}), "a.docx", "over 100 MiB"),
        (archive(**{"readme.txt": b"x"}), "a.docx", "an archive without word/document.xml"),
        (archive(**{"word/document.xml": b"<x/>"}), "a.pptx", "an archive without ppt/presentation.xml"),
        (archive(**{"word/document.xml": b"<x/>"}), "a.docx", "broken DOCX"),
        (archive(**{"ppt/presentation.xml": b"<x/>"}), "a.pptx", "broken PPTX"),
        (bytes_of(memo())[:2000], "a.docx", "broken DOCX: File is not a zip file"),
        (bytes_of(docx.Document()), "a.docx", "DOCX without text"),
        (bytes_of(memo()), "a.html", "a ZIP archive or an Office document"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "a.docx", "an old Office document"),
        (rb"{\rtf1\ansi Output rose in all plants.}", "a.docx", "an RTF document"),
        (
            b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "a.docx",
            "an Office document with a password",
        ),
    ],
)
def test_broken_files_and_bombs_are_refused_with_a_reason(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data, name)


def test_plain_text() -> None:
    text = "Wafer output in review\n2026-03-05\n\nOutput rose in all three plants during the first quarter of\nthe year.\n\nPrices fell.\n"
    article = read(text.encode(), "call.txt")
    assert article.title == "Wafer output in review"
    assert (
        article.body
        == "2026-03-05\nOutput rose in all three plants during the first quarter of the year.\nPrices fell."
    )
    assert article.published == datetime(2026, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_chinese_text_in_its_encodings(encoding: str) -> None:
    article = read(f"晶圆厂提前投产\r\n\r\n{TEXT}\r\n{TEXT[:-1]}吗？\r\n".encode(encoding), "纪要.TXT")
    assert (article.title, article.language) == ("晶圆厂提前投产", "zh")
    assert article.body.split("\n") == [TEXT, f"{TEXT[:-1]}吗？"]


def test_markdown_with_front_matter() -> None:
    text = f'---\ntitle: "晶圆厂投产"\ndate: 2026-03-05\nauthor: 王某, 李某\n---\n# 标题\n\n**{TEXT}** 见[报告](https://a.example/x)。\n\n- 甲\n- 乙\n\n| 项 | 值 |\n|---|---|\n| 销售 | 412.7 |\n'
    article = read(text.encode(), "note.md")
    assert (article.title, article.authors) == ("晶圆厂投产", ["王某", "李某"])
    assert article.published == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert f"{TEXT} 见报告。" in article.body.split("\n")
    assert "销售 412.7" in article.body
    assert not set("*[|#") & set(article.body)


def test_tags_and_comments_in_markdown_are_no_text() -> None:
    text = "---\nauthors:\n  - Ann Reed\n  - 'Bo Li'\ntitle: Wafers\n---\n<!-- more -->\nOutput rose.<br>Prices fell below 10<sup>15</sup>.\n\n<img src='a.png'>\n"
    article = read(text.encode(), "note.md")
    assert (article.authors, article.body) == (["Ann Reed", "Bo Li"], "Output rose.\nPrices fell below 10¹⁵.")


def test_an_indented_line_begins_a_chinese_paragraph() -> None:
    lines = [TEXT, TEXT.rstrip("。"), TEXT[::-1].lstrip("。")]
    article = read(("纪要\n" + "".join(f"　　{line}\n" for line in lines)).encode(), "纪要.txt")
    assert (article.title, article.body.split("\n")) == ("纪要", lines)


@pytest.mark.parametrize(
    ("text", "title"),
    [("# Wafer output\n\nIt rose.", "Wafer output"), ("Wafer output\n===\n\nIt rose.", "Wafer output"), ("It rose in all plants.", "note")],
)  # fmt: skip
def test_the_title_of_markdown(text: str, title: str) -> None:
    assert read(text.encode(), "note.md").title == title


def test_a_note_that_begins_with_brackets_is_no_json() -> None:
    for beginning in ("[2026-03-05]", "[1]", "{1}"):
        assert read(f"{beginning} 调研\n{TEXT}\n".encode(), "a.txt").title == f"{beginning} 调研"
    for data in (b'[{"title": "x"}]', b'{"title": "x"}'):
        with pytest.raises(Unreadable, match="JSON, not a page"):
            read(data, "a.md")


def test_a_text_file_that_is_none() -> None:
    for data, reason in ((b"ab" + bytes(2) + b"c" * 50, "binary"), (b" \n ", "empty"), (b"-- --", "without text")):
        with pytest.raises(Unreadable, match=reason):
            read(data, "a.txt")
