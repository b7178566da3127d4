"""``earlier`` over HTTP and as a page: two columns, changed words marked, nothing shown that is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from service.page.earlier import changes
from store.article import File
from store.connection import another_database, connect
from tests.service.conftest import URL, application
from tests.similarity.conftest import storing_in

TEXTS = {
    (2031, 1): "Substrates are scarce.\nInventory was 71 days <b>at the end</b>.",
    (2031, 2): "Substrates are plentiful.\nInventory was 63 days <b>at the end</b>.",
}


@pytest.fixture(scope="module")
def reports_uri(server: str) -> Iterator[str]:
    """A database of this module alone: other tests count the articles of the one they share."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    yield address
    with connect(address).client as opened:
        opened.drop_database(opened.get_default_database().name)


@pytest.fixture(scope="module")
def reports(reports_uri: str) -> list[str]:
    """Two quarterly reports of a company, and one of which only an abstract is kept."""
    with connect(reports_uri).client as opened:
        store, ids = storing_in(opened.get_default_database()), []
        for (year, quarter), text in TEXTS.items():
            files = [File("https://acme.example/a.pdf", company="Acme", fiscal_year=year, quarter=quarter)]
            published = datetime(year, 3 * quarter + 1, 1, tzinfo=UTC)
            title = f"Acme Q{quarter}"
            ids += store([text], url=title, title=title, source="acme", kind="report", files=files, published=published)
        files = [File("https://acme.example/c.pdf", company="Acme", fiscal_year=2030, quarter=4)]
        published = datetime(2031, 1, 2, tzinfo=UTC)
        kept = {"title": "Acme Q4", "body": "", "summary": "Substrates and inventory", "access": "abstract"}
        ids += store(["x"], url="Acme Q4", source="acme", kind="report", files=files, published=published, **kept)
    return ids


@pytest.fixture(scope="module")
def client(reports_uri: str, reports: list[str]) -> Iterator[TestClient]:
    with TestClient(application(reports_uri), base_url=URL, raise_server_exceptions=False) as opened:
        yield opened


def test_the_api_gives_the_pages_newest_first(client: TestClient, reports: list[str]) -> None:
    answer = client.get(f"/api/v1/articles/{reports[1]}/earlier?page=1").json()
    assert (answer["company"], answer["page"], answer["text"]) == ("Acme", 1, TEXTS[2031, 2])
    assert [(one["article"]["id"], one["year"], one["quarter"]) for one in answer["reports"]] == [(reports[0], 2031, 1)]
    assert answer["reports"][0]["text"] == TEXTS[2031, 1]
    assert "body" not in answer["article"] and "body" not in answer["reports"][0]["article"]
    passage = client.get(f"/api/v1/articles/{reports[1]}/earlier", params={"passage": "inventory days", "k": 1}).json()
    assert (passage["page"], passage["text"], len(passage["reports"])) == (0, "inventory days", 1)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=2", 422),
        ("page=x", 422),
        ("page=1&passage=x", 422),
        ("k=0", 422),
        ("k=201", 422),
        ("q=x", 422),
        ("", 200),
    ],
)
def test_wrong_options_are_problems(client: TestClient, reports: list[str], query: str, status: int) -> None:
    address = f"/api/v1/articles/{reports[0]}/earlier?{query}"
    reply = client.get(address, headers={"Accept-Language": "zh"})
    assert reply.status_code == status
    assert status == 200 or "无法使用" not in reply.json()["detail"], "a sentence of its own in Chinese"


def test_an_unknown_article_is_not_found(client: TestClient) -> None:
    assert client.get("/api/v1/articles/nowhere/earlier").status_code == 404
    assert client.get("/a/nowhere/earlier").status_code == 404


def test_the_page_marks_what_has_changed(client: TestClient, reports: list[str]) -> None:
    page = client.get(f"/a/{reports[1]}/earlier?page=1&lang=en")
    assert page.status_code == 200
    then, now = page.text.split('<section aria-labelledby="now-title">')
    assert "Substrates are <mark>scarce</mark>." in then and "<mark>71</mark>" in then
    assert "Substrates are <mark>plentiful</mark>." in now and "<mark>63</mark>" in now
    assert "&lt;b&gt;at the end&lt;/b&gt;" in now
    assert "2031 Q1" in then and 'aria-current="true"' in now
    assert client.get(f"/a/{reports[1]}/earlier?page=9").status_code == 422
    client.cookies.clear()


def test_only_what_differs_is_marked() -> None:
    then, now = changes("营收 2,382 百万\n存货下降", "营收  2,489 百万\n存货下降")
    assert then == [[("营收 ", False), ("2,382", True), (" 百万", False)], [("存货下降", False)]]
    assert now == [[("营收  ", False), ("2,489", True), (" 百万", False)], [("存货下降", False)]]
    assert changes("", "a b") == ([], [[("a b", False)]])


def test_what_is_too_long_to_compare_is_shown_unmarked() -> None:
    end = "\nthe last line of the report"
    then, now = changes("old " + "价" * 5000 + end, "new " + "价" * 5000 + end)
    assert (then[0][0], now[0][0]) == (("old", True), ("new", True))
    assert then[1] == now[1] == [("the last line of the report", False)]
    assert "".join(text for text, _ in then[0]) == "old " + "价" * 5000
