"""Files as Windows writes them, with a byte order mark, and as other systems do."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest

from crawler.items import UnreadablePage
from pipelines.ingest.fields import EXAMPLES, HELP
from pipelines.ingest.files import MANIFEST, CannotIngest, files_not_read, find_files, read_file
from store.article import Article

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ROW = json.dumps({"url": "https://a.example/1", "title": "晶圆代工涨价", "body": "台积电上调报价。"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path, encoding: str, packed: bool) -> None:
    data = f"{ROW}\n".encode(encoding)
    file = tmp_path / ("a.jsonl.gz" if packed else "a.jsonl")
    file.write_bytes(gzip.compress(data) if packed else data)
    (found,) = find_files([file])
    (article,) = read_file(found, NOW)
    assert isinstance(article, Article) and article.title == "晶圆代工涨价"


def test_lines_end_as_programs_end_them(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        file = tmp_path / "a.jsonl"
        file.write_bytes(f"{ROW}{end}{end}{{{end}{ROW}".encode())
        first, wrong, last = read_file(find_files([file])[0], NOW)
        assert isinstance(first, Article) and isinstance(wrong, UnreadablePage) and isinstance(last, Article)
        assert wrong.reasons[0].startswith("line 3: ")


def test_a_line_without_end_costs_the_rest_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "A.JSONL.GZ"
    file.write_bytes(gzip.compress(f"{ROW}\n".encode() + bytes(40 * 2**20), 1))
    article, refused = read_file(find_files([file])[0], NOW)
    assert isinstance(article, Article) and isinstance(refused, UnreadablePage)
    assert refused.reasons == ["cannot be read beyond line 1: a line of more than 32 MiB"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_manifest_with_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.html").write_text("<h1>A</h1>", "utf-8")
    (tmp_path / MANIFEST).write_text("file\taddress\na.html\thttps://a.example/1\n", encoding)
    assert [file.url for file in find_files([tmp_path])] == ["https://a.example/1"]


def test_word_presentations_and_texts_are_read(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("晶圆代工涨价", style="Title")
    document.add_paragraph("台积电上调报价，成熟制程的价格在夏季之前将保持平稳。")
    document.save(str(tmp_path / "a.docx"))
    (tmp_path / "b.md").write_text("# 晶圆代工涨价\n\n台积电上调报价。\n", "utf-8")
    (tmp_path / "c.TXT").write_bytes("晶圆代工涨价\n\n台积电上调报价。\n".encode("gb18030"))
    articles = [article for file in find_files([tmp_path]) for article in read_file(file, NOW)]
    assert [(type(article), article.title) for article in articles] == [(Article, "晶圆代工涨价")] * 3
    assert {(article.access, article.source) for article in articles} == {("full", "file")}


@pytest.mark.parametrize(
    ("name", "data", "reason", "advice"),
    [
        ("a.docx", b"PK\x03\x04 broken", "broken DOCX", "save it as PDF"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "an old Office document", "save it as PDF"),
        ("a.pdf", b"%PDF-1.7 cut", "truncated PDF", "download it again"),
        ("a.txt", b"", "empty: 0 bytes", "nothing in it"),
        ("a.txt", b"# rules\nUser-agent: *\nDisallow: /x\n", "a robots.txt, no article", ""),
        ("a.html", b'{"a": 1}', "JSON, not a page", "convert it to JSONL"),
        ("a.html", b"<rss><channel/></rss>", "a feed or sitemap", "xinwen links"),
    ],
)
def test_a_file_that_is_not_read_says_why_and_what_would_help(
    tmp_path: Path, name: str, data: bytes, reason: str, advice: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (found,) = find_files([tmp_path / name])
    (page,) = read_file(found, NOW)
    assert isinstance(page, UnreadablePage)
    assert reason in page.reasons[0]
    assert advice in page.reasons[0]


def test_kinds_that_are_not_read_are_named_with_what_would_help(tmp_path: Path) -> None:
    for name in ("a.doc", "b.ppt", "c.xyz", "d.txt", ".hidden", "README.md", "license.txt"):
        (tmp_path / name).write_text("x", "utf-8")
    # What is about the files is read only where somebody names it.
    assert [file.path.name for file in find_files([tmp_path])] == ["d.txt"]
    assert [file.path.name for file in find_files([tmp_path / "README.md"])] == ["README.md"]
    assert [(path.name, advice.rpartition(" · ")[2]) for path, advice in files_not_read([tmp_path])] == [
        ("a.doc", "save it as DOCX or PDF"),
        ("b.ppt", "save it as PPTX or PDF"),
        ("c.xyz", ""),
    ]
    with pytest.raises(CannotIngest, match=r"only .*\.docx.* are read; .*save it as DOCX or PDF"):
        find_files([tmp_path / "a.doc"])


def test_help_has_an_example_for_each_kind() -> None:
    for ending in (".jsonl", ".html", ".pdf", ".docx", ".pptx", ".txt", ".md", ".xlsx"):
        assert any(ending in example for example, _ in EXAMPLES)
        assert re.search(rf"ingest [^`]*{re.escape(ending)}", HELP)
