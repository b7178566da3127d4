"""Requests have ids, from the header down to the log lines of the query."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.request_log import Templates
from store import logs

LINE = "similarity.answers.answer"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, dict[str, Any]]]:
    """Logger, request id and fields of each record, as they are known when it is logged."""
    found: list[tuple[str, str, dict[str, Any]]] = []

    def note(record: logging.LogRecord) -> bool:
        found.append((record.name, logs.request_id.get(), getattr(record, logs.FIELDS, {})))
        return True

    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(note)
    yield found
    caplog.handler.removeFilter(note)


def test_an_id_goes_from_the_header_to_the_query(client: TestClient, lines: list[Any]) -> None:
    given = "trace-0042.a_b"
    answer = client.get("/api/v1/search?q=wafer", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == given
    assert [request for name, request, _ in lines if name == LINE] == [given]
    ((_, request, fields),) = [line for line in lines if line[0] == "service.request_log"]
    assert request == given
    assert {name: fields[name] for name in ("method", "route", "status")} == {
        "method": "GET",
        "route": "/api/v1/search",
        "status": 200,
    }


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "spaces in it", "line\tbreak-1234", "\u00e9" * 8, "x\x85" * 8]
)
def test_another_id_is_made_where_the_given_one_is_not_well_formed(client: TestClient, given: str) -> None:
    answers = [client.get("/healthz", headers={"X-Request-Id": given.encode("latin-1")}) for _ in range(2)]
    made = [answer.headers["x-request-id"] for answer in answers]
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in made) and made[0] != made[1]


def test_problems_name_it_also_those_of_faults(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"X-Request-Id": "my-request-1"}
    for path, status in (("/api/v1/search?k=x", 422), ("/nowhere", 404), ("/healthz", 421)):
        host = {"Host": "evil.example"} if status == 421 else {}
        answer = client.get(path, headers=headers | host)
        assert (answer.status_code, answer.json()["request_id"]) == (status, "my-request-1")
        assert answer.headers["x-request-id"] == "my-request-1"
    monkeypatch.setattr("service.routes.search.answer", lambda *_: 1 / 0)
    answer = client.get("/api/v1/search?q=wafer", headers=headers)
    assert (answer.status_code, answer.json()["request_id"]) == (500, "my-request-1")
    assert answer.headers["x-request-id"] == "my-request-1"


def test_routes_are_named_by_their_templates(client: TestClient) -> None:
    route = Templates(lambda: client.app.routes).of  # type: ignore[attr-defined]
    assert route("/api/v1/search") == "/api/v1/search"
    assert re.fullmatch(r"/api/v1/articles/\{\w+\}", route("/api/v1/articles/0123456789abcdef"))
    assert route("/static/style.css") == "/static" and route("/statics") == "none"
    assert route("/healthz") == "/healthz" and route("/") == "/" and route("/mcp") == "/mcp"
    assert route("/wp-login.php") == route("/api/v1/articles/a/b/c") == "none"
