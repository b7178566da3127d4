"""Files as Windows writes them, with a byte order mark, and as other systems do."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.ingest.files import MANIFEST, find_files, read_file
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_manifest_with_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.html").write_text("<h1>A</h1>", "utf-8")
    (tmp_path / MANIFEST).write_text("file\taddress\na.html\thttps://a.example/1\n", encoding)
    assert [file.url for file in find_files([tmp_path])] == ["https://a.example/1"]
