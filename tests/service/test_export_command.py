"""The command ``export``: every hit once, in a file that is whole or not there."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import sys
from pathlib import Path
from threading import Thread

import pytest
from pyarrow import parquet
from starlette.testclient import TestClient

from similarity.answers.answer import answer
from similarity.answers.export import export, export_of_store
from similarity.answers.question import read
from similarity.answers.stored_articles import is_plain
from similarity.answers.tables import USUAL, fields_of, writer
from similarity.cli.export import ExportFailed, destination, write
from similarity.errors import NotInstalled, QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import TIME_ZONE
from tests.commands import assert_one_line_error, run
from tests.service.conftest import DAYS, NEWEST
from tests.service.test_interfaces import QUESTIONS

LEFT_OUT = ("k", "fold", "explain")


@pytest.fixture
def news(client: TestClient) -> SimilarityIndex:
    index: SimilarityIndex = client.app.state.engine.index  # type: ignore[attr-defined]
    return index


@pytest.mark.parametrize("values", [*QUESTIONS, {}, {"kind": ["report"]}, {"q": "wafer", "model": "lsi"}], ids=str)
def test_the_hits_are_those_of_a_search(news: SimilarityIndex, values: dict[str, object]) -> None:
    values = {name: value for name, value in values.items() if name not in LEFT_OUT}
    expected = answer(news, read(values | {"fold": False, "k": 1000}))
    found = export(news, read(values))
    assert list(found.rank())[-1:] == [found.total][: found.total]
    rows = [row for batch in found.rows(USUAL) for row in batch]
    assert len(rows) == found.total == expected.total
    assert [row["id"] for row in rows] == [hit.article.id for hit in expected.hits]
    assert [row["score"] for row in rows] == pytest.approx([hit.score for hit in expected.hits], abs=1e-6)
    assert [(row["page"], row["passage"]) for row in rows] == [(hit.page, hit.passage) for hit in expected.hits]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": ["report"]},
        {"source": ["sia", "tsmc"], "language": ["en"]},
        {"category": ["媒体", "行业协会"]},
        {"category": ["媒体"], "source": ["reuters"]},
        {"since": f"{NEWEST.astimezone(TIME_ZONE):%Y-%m-%d}", "until": f"{NEWEST.astimezone(TIME_ZONE):%Y-%m-%d}"},
        {"until": f"{(NEWEST - DAYS).astimezone(TIME_ZONE):%Y-%m-%d}"},
    ],
    ids=str,
)
def test_a_store_without_its_index_gives_the_same(news: SimilarityIndex, values: dict[str, object]) -> None:
    question = read(values)
    assert is_plain(question)
    found, expected = export_of_store(news.database, question), export(news, question)
    assert list(found.rank())[-1:] == list(expected.rank())[-1:] == [expected.total]
    assert list(found.rows(USUAL)) == list(expected.rows(USUAL))
    with pytest.raises(QueryError, match="no article of source 'nowhere' is indexed"):
        list(export_of_store(news.database, read({"source": ["nowhere"]})).rank())


@pytest.mark.parametrize("values", [*QUESTIONS, {"must": ["HBM4"]}, {"min_score": 0.1}, {"recent": "3d"}], ids=str)
def test_words_need_the_index(values: dict[str, object]) -> None:
    assert not is_plain(read(values))


def test_the_formats_have_the_same_rows(news_uri: str, tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        arguments = [
            "wafer",
            "--kind",
            "report",
            "--fields",
            "id,score,published_utc,published_shanghai,tags,page,body",
        ]
        done = run("similarity", "export", *arguments, "--out", tmp_path / name, "--json", mongodb_uri=news_uri)
        assert json.loads(done.stdout) == {"rows": 50, "file": str(tmp_path / name)}, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    cells = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"))))
    table = parquet.read_table(tmp_path / "a.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "string", "double", "timestamp[ms, tz=UTC]", "timestamp[ms, tz=Asia/Shanghai]", "list<element: string>", "int32",
        "string",
    ]  # fmt: skip
    typed = table.to_pylist()
    assert len(lines) == len(cells) == len(typed) == 50
    for line, cell, row in zip(lines, cells, typed, strict=True):
        assert line["id"] == cell["id"] == row["id"]
        assert line["body"] == cell["body"] == row["body"] != ""
        assert line["published_utc"] == cell["published_utc"] == row["published_utc"].isoformat().replace("+00:00", "Z")
        assert line["published_shanghai"] == cell["published_shanghai"] == row["published_shanghai"].isoformat()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.jsonl", "a.parquet"]


def test_without_a_file_the_table_is_on_stdout(news_uri: str, news: SimilarityIndex) -> None:
    done = run("similarity", "export", "--format", "jsonl", "--fields", "id,source", mongodb_uri=news_uri)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == "" and len(rows) == len(news) and rows[0].keys() == {"id", "source"}


def test_wrong_options_are_one_line(news_uri: str) -> None:
    for arguments, part in (
        (["--fields", "id,titel"], "no field 'titel'"),
        (["--format", "xlsx"], "no format 'xlsx'; there are csv, jsonl, parquet"),
        (["--json"], "--json needs --out FILE"),
        (["--out", "/no/such/folder/a.csv"], "/no/such/folder/a.csv cannot be written: No such file or directory"),
    ):
        assert_one_line_error(run("similarity", "export", *arguments, mongodb_uri=news_uri), part)
    with pytest.raises(QueryError, match="no option 'k'"):
        export(None, read({"k": 3}))  # type: ignore[arg-type]


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("what was there")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with (
            pytest.raises(ExportFailed, match=r"a\.csv cannot be written: File too large"),
            destination(file) as opened,
        ):
            for _ in range(1000):
                write(opened, file, b"x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"] and file.read_text() == "what was there"


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    pipe, read_from = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read_from.append(pipe.read_bytes()))
    reader.start()
    with destination(pipe) as opened:
        write(opened, pipe, b"rows")
    reader.join(10)
    assert read_from == [b"rows"] and pipe.is_fifo(), "it is written to, not replaced, as /dev/null would be"
    for file, why in (
        (tmp_path, "Is a directory"),
        (tmp_path / ("a" * 250), "File name too long"),
        (Path(__file__) / "a.csv", "Not a directory"),
        (Path("/dev/full"), "No space left on device"),
    ):
        with pytest.raises(ExportFailed, match=why), destination(file) as opened:
            write(opened, file, b"rows")
    assert list(tmp_path.iterdir()) == [pipe]


def test_without_pyarrow_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NotInstalled, match=r"needs the package pyarrow: pip install -r requirements-parquet\.txt"):
        writer("parquet", USUAL)


def test_the_fields_are_those_asked_for() -> None:
    assert fields_of(None) == USUAL and fields_of("url, id,url") == ("url", "id")
