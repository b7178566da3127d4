"""All hits of a search as CSV: every one of them, and none that a program that opens it would run."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator

import pytest
from pyarrow import parquet
from starlette.testclient import TestClient

from similarity.answers import export as exports
from similarity.answers.export import Incomplete, export
from similarity.answers.question import Question
from similarity.answers.tables import USUAL, line
from similarity.index import SimilarityIndex
from store.documents import articles
from tests.service.conftest import URL, WAFERS, application
from tests.similarity.conftest import storing_in


def rows_of(client: TestClient, address: str) -> list[dict[str, str]]:
    reply = client.get(address)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"].startswith('attachment; filename="xinwen-')
    assert reply.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"), newline=""), strict=True))
    assert all(tuple(row) == USUAL for row in rows)
    return rows


def test_all_hits_are_exported(client: TestClient) -> None:
    total = client.get("/api/v1/search?q=wafer&k=1").json()["total"]
    rows = rows_of(client, "/api/v1/export.csv?q=wafer")
    assert len(rows) == total == len({row["id"] for row in rows}) >= WAFERS
    shown = client.get("/api/v1/search?q=wafer&fold=false&k=20").json()["hits"]
    assert [row["id"] for row in rows[:20]] == [hit["article"]["id"] for hit in shown]
    assert len(rows_of(client, "/api/v1/export.csv?q=wafer&kind=report")) == WAFERS // 4
    everything = rows_of(client, "/api/v1/export.csv")
    assert len(everything) == client.get("/api/v1/search").json()["index"]["articles"]
    undated = [row for row in everything if not row["published_utc"]]
    assert [(row["title"], row["published_shanghai"]) for row in undated] == [("Only an abstract", "")]
    dated = everything[0]
    assert dated["published_utc"].endswith("Z") and dated["published_shanghai"].endswith("+08:00")


def test_a_table_that_is_known_is_not_sent_again(client: TestClient) -> None:
    reply = client.get("/api/v1/export.csv?q=HBM4")
    known = {"If-None-Match": reply.headers["etag"]}
    assert client.get("/api/v1/export.csv?q=HBM4", headers=known).status_code == 304
    for wrong in ("k=5", "cursor=x", "fold=false", "explain=true", "q=" + "x" * 2001, "since=x"):
        assert client.get(f"/api/v1/export.csv?{wrong}").status_code == 422


def test_the_other_formats_and_a_question_about_the_headers(client: TestClient) -> None:
    reply = client.get("/api/v1/export.jsonl?q=wafer&fields=id,title")
    assert reply.headers["content-type"] == "application/jsonl" and reply.headers["x-total-rows"] == str(WAFERS)
    rows = [json.loads(row) for row in reply.text.splitlines()]
    assert len(rows) == WAFERS and rows[0].keys() == {"id", "title"}
    reply = client.get("/api/v1/export.parquet?q=wafer")
    assert parquet.read_table(io.BytesIO(reply.content)).num_rows == WAFERS
    assert client.get("/api/v1/export.jsonl?fields=titel").status_code == 422
    assert client.get("/api/v1/export.xlsx").status_code == 404


def test_a_request_for_the_headers_ranks_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_export(*_: object) -> None:
        raise AssertionError("exported")

    monkeypatch.setattr("service.routes.export.export", no_export)
    reply = client.head("/api/v1/export.csv?q=wafer")
    assert (reply.status_code, reply.content) == (200, b"") and "attachment" in reply.headers["content-disposition"]
    assert "content-length" not in reply.headers, "an export is not empty"
    assert client.head("/api/v1/export.csv?since=x").status_code == 422


def test_without_pyarrow_the_reply_says_what_to_install(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    reply = client.get("/api/v1/export.parquet")
    assert reply.status_code == 501 and "requirements-parquet.txt" in reply.json()["detail"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    (cells,) = csv.reader(io.StringIO(line([text, "1-2", 'a "b", c\n'])))
    assert cells == [f"'{text}", "1-2", 'a "b", c\n']
    assert line([f"\0{text}"]) == line([text])


@pytest.fixture
def own(uri: str, database) -> Iterator[TestClient]:
    store = storing_in(database)
    store([f"wafer {number}" for number in range(5)], language="en")
    store(
        ["wafer x"], title='=HYPERLINK("http://evil.example","wafer")', authors=["@b", "c"], language="en", summary="+1"
    )
    with TestClient(application(uri), base_url=URL) as opened:
        yield opened


def test_nothing_is_left_out_silently(own: TestClient, database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 4)
    rows = rows_of(own, "/api/v1/export.csv?q=wafer")
    assert len(rows) == 6
    (row,) = [row for row in rows if row["authors"]]
    assert (row["title"][:12], row["authors"], row["summary"]) == ("'=HYPERLINK(", "'@b; c", "'+1")
    index: SimilarityIndex = own.app.state.engine.index  # type: ignore[attr-defined]
    found = export(index, Question(q="wafer"))
    assert [*found.rank()][-1] == found.total == 6
    articles.delete(database, found.hits.keys(5, 6))
    rows = found.rows(USUAL)
    assert len(next(rows)) == 4
    with pytest.raises(Incomplete, match="1 articles were deleted"):
        next(rows)
