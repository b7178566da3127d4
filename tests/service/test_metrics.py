"""``/metrics``: requests by route, searches, the state of the store; access; several workers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from starlette.testclient import TestClient

from service.access import AccessRules
from service.capacity import SearchThreads
from service.deps import Engine
from store.connection import connect
from store.documents import tokens
from tests.commands import PROJECT, environment
from tests.service.conftest import URL, application
from tests.similarity.test_metrics import check, values


@pytest.fixture
def own(news_uri: str) -> Iterator[TestClient]:
    """A client of an application of its own, which has counted nothing yet."""
    with TestClient(application(news_uri), base_url=URL, raise_server_exceptions=False) as opened:
        yield opened


def test_requests_are_counted_by_route_and_never_by_address(own: TestClient) -> None:
    for path in (
        "/api/v1/search?q=wafer",
        "/api/v1/search?q=HBM4",
        "/api/v1/search?k=x",
        "/api/v1/articles/abc",
        "/.env",
    ):
        own.get(path)
    own.request("BREW", "/coffee\u2028pot")
    answer = own.get("/metrics")
    found = values(answer.text)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    counted = {key[1:]: value for key, value in found.items() if key[0] == "xinwen_http_requests_total"}
    assert counted == {
        ("GET", "/api/v1/search", "200"): 2,
        ("GET", "/api/v1/search", "422"): 1,
        ("GET", "/api/v1/articles/{article_id}", "404"): 1,
        ("GET", "none", "404"): 1,
        ("other", "none", "404"): 1,
    }
    assert found["xinwen_http_request_duration_seconds_count", "/api/v1/search"] == 3
    assert "coffee" not in answer.text and ".env" not in answer.text and "wafer" not in answer.text
    assert found["xinwen_database_up",] == 1 and found["xinwen_articles",] > 200
    assert found["xinwen_index_version",] >= 1 and found["xinwen_index_behind_seconds",] < 60
    checked = check(answer.text)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_each_application_counts_for_itself(own: TestClient, client: TestClient) -> None:
    client.get("/api/v1/stats")
    assert ("xinwen_http_requests_total", "GET", "/api/v1/stats", "200") not in values(own.get("/metrics").text)


def test_searches_that_run_and_wait_are_told_also_when_there_is_no_room(news_uri: str) -> None:
    app = application(news_uri)
    with TestClient(app, base_url=URL) as busy:
        engine: Engine = app.state.engine
        threads, release = SearchThreads(threads=1, waiting=2, seconds=60), Event()
        app.state.engine = Engine(engine.index, threads)
        app.state.metrics.follow(threads, engine.index)
        assert busy.portal
        waiting = [busy.portal.start_task_soon(threads.run, release.wait) for _ in range(3)]
        while not threads.is_full:
            pass
        found = values(busy.get("/metrics").text)
        assert (found["xinwen_searches_running",], found["xinwen_searches_waiting",]) == (1, 2)
        assert busy.get("/api/v1/stats").status_code == 503
        release.set()
        assert all(task.result(60) for task in waiting)
        found = values(busy.get("/metrics").text)
        assert (found["xinwen_searches_running",], found["xinwen_searches_waiting",]) == (0, 0)
        app.state.engine = engine


def test_it_answers_while_the_database_is_away(own: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from pymongo.errors import ServerSelectionTimeoutError

    def away(*_: object) -> None:
        raise ServerSelectionTimeoutError("mongodb://me:secret@h: connection refused")

    monkeypatch.setattr("service.routes.metrics.read_state", away)
    answer = own.get("/metrics")
    found = values(answer.text)
    assert (answer.status_code, found["xinwen_database_up",]) == (200, 0)
    assert ("xinwen_articles",) not in found and ("xinwen_searches_running",) in found
    assert "secret" not in answer.text


def test_it_needs_a_token_where_everything_does(news_uri: str) -> None:
    database = connect(news_uri)
    try:
        token = tokens.add(database, "prometheus")
        rules = AccessRules(("news.example",), needs_token=True, rate=1)
        with TestClient(application(news_uri, rules), base_url=URL) as guarded:
            assert guarded.get("/metrics").status_code == 401
            headers = {"Authorization": f"Bearer {token}"}
            assert [guarded.get("/metrics", headers=headers).status_code for _ in range(3)] == [200] * 3, "not counted"
    finally:
        database.tokens.delete_many({})
        database.client.close()


WORKER = """
import os, sys
from service.metrics import Metrics
metrics = Metrics()
metrics.count("GET", "/api/v1/search", 200, 0.25)
metrics._running.set(3)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), 9)
print(metrics.text([]).decode())
"""


def test_whichever_worker_answers_tells_of_all(tmp_path: Path) -> None:
    def worker(how: str) -> str:
        given = environment(prometheus_multiproc_dir=tmp_path / "run" / "metrics")
        command = [sys.executable, "-c", WORKER, how]
        return subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=False).stdout

    assert worker("killed") == ""
    (tmp_path / "run" / "metrics" / "counter_1.db").touch()  # its worker was killed when it had just made the file
    found = values(worker("answers"))
    assert found["xinwen_http_requests_total", "GET", "/api/v1/search", "200"] == 2
    assert found["xinwen_http_request_duration_seconds_count", "/api/v1/search"] == 2
    assert found["xinwen_searches_running",] == 3, "what the killed worker did is over"
