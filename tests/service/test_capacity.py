"""As many searches at once as there are threads; some wait; whoever comes then, or waits too long, is refused."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from pymongo.errors import NotPrimaryError, PyMongoError, ServerSelectionTimeoutError
from starlette.testclient import TestClient

from service.access import AccessRules
from service.app import create_app
from service.capacity import SearchThreads
from service.problems import Unavailable
from similarity.background import in_background
from similarity.index import SimilarityIndex
from store.connection import connect
from store.documents import request_counts
from store.failover import repeat_reading
from tests.service.conftest import URL


def test_whoever_comes_when_too_many_wait_is_refused() -> None:
    async def scene() -> None:
        threads, go = SearchThreads(threads=2, waiting=3, seconds=60), Event()
        running = [asyncio.create_task(threads.run(go.wait)) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await threads.run(go.wait)
        assert refused.value.retry_after == 1
        go.set()
        assert await asyncio.gather(*running) == [True] * 5
        assert await threads.run(lambda: "free again") == "free again"
        threads.close()

    asyncio.run(scene())


def test_a_thread_that_takes_too_long_keeps_its_place() -> None:
    async def scene() -> None:
        threads, go = SearchThreads(threads=1, waiting=0, seconds=0.05), Event()
        with pytest.raises(Unavailable, match="longer than"):
            await threads.run(go.wait)
        with pytest.raises(Unavailable, match="waiting"):
            await threads.run(go.wait)
        go.set()
        while threads._inside:
            await asyncio.sleep(0.01)
        threads.close()

    asyncio.run(scene())


def test_a_full_server_asks_nothing_of_the_database(news_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    go = Event()
    counted: list[str] = []
    monkeypatch.setattr(request_counts, "count", lambda _, key: counted.append(key) or 1)
    searched = SimilarityIndex.ranking

    def slowly(self: SimilarityIndex, *args: object, **kwargs: object) -> object:
        go.wait(60)
        return searched(self, *args, **kwargs)

    app = create_app(None, lambda: SimilarityIndex.open(news_uri), lambda: SearchThreads(1, waiting=0, seconds=60))
    with TestClient(app, base_url=URL) as client, ThreadPoolExecutor(1) as people:
        monkeypatch.setattr(SimilarityIndex, "ranking", slowly)
        first = people.submit(client.get, "/api/v1/search?q=wafer")
        while not app.state.engine.threads.is_full:
            assert not first.done()
        refused = client.get("/api/v1/search?q=wafer", headers={"Accept-Language": "zh"})
        assert (refused.status_code, refused.headers["retry-after"], len(counted)) == (503, "1", 1)
        assert "太多" in refused.json()["detail"] and client.get("/healthz").status_code == 200
        go.set()
        assert first.result(60).status_code == 200


def test_a_slow_database_does_not_keep_the_thread(news_uri: str) -> None:
    async def scene() -> None:
        threads = SearchThreads(threads=1, waiting=0, seconds=0.5)
        with connect(news_uri).client as client:
            articles = client.get_default_database().articles
            minutes = {"$where": "function() { sleep(500); return false; }"}  # for each article
            with pytest.raises((Unavailable, PyMongoError)):
                await threads.run(lambda: in_background(lambda: articles.find_one(minutes))())
            begin = time.monotonic()
            while threads.is_full:
                assert time.monotonic() - begin < 30
                await asyncio.sleep(0.01)
        threads.close()

    asyncio.run(scene())


@pytest.mark.parametrize("waited", [0, 0.05, 0.1, 0.15])
def test_a_database_that_keeps_interrupting_is_named_before_the_time_is_up(news_uri: str, waited: float) -> None:
    async def scene() -> None:
        with connect(news_uri).client as client:

            def interrupted() -> None:
                client.admin.command("ping")
                raise NotPrimaryError("no primary")

            def read() -> None:
                time.sleep(waited)  # so the time is up at different moments of a pause
                repeat_reading(interrupted, 60)

            threads = SearchThreads(threads=1, seconds=2)
            with pytest.raises(PyMongoError):
                await threads.run(read)
            threads.close()

    asyncio.run(scene())


def test_an_error_of_the_function_is_raised() -> None:
    async def scene() -> None:
        threads = SearchThreads(threads=1)
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 / 0)
        threads.close()

    asyncio.run(scene())


def test_two_hundred_requests_at_once(news_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is answered or refused; while searches run, the server says that it is alive."""
    go = Event()
    searched = SimilarityIndex.ranking

    def slowly(self: SimilarityIndex, *args: object, **kwargs: object) -> object:
        go.wait(60)
        return searched(self, *args, **kwargs)

    app = create_app(
        AccessRules(rate=0), lambda: SimilarityIndex.open(news_uri), lambda: SearchThreads(2, waiting=20, seconds=60)
    )
    with TestClient(app, base_url=URL) as client, ThreadPoolExecutor(200) as people:
        monkeypatch.setattr(SimilarityIndex, "ranking", slowly)
        asking = [people.submit(client.get, f"/api/v1/search?q=wafer+{number}") for number in range(200)]
        while sum(one.done() for one in asking) < 178:  # all but two that search and twenty that wait
            assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        go.set()
        replies = [one.result(60) for one in asking]
    statuses = [reply.status_code for reply in replies]
    assert (statuses.count(200), statuses.count(503)) == (22, 178)
    assert all(reply.headers["retry-after"] == "1" for reply in replies if reply.status_code == 503)


def test_a_database_that_is_away_is_a_problem(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: SimilarityIndex, *args: object, **kwargs: object) -> object:
        raise ServerSelectionTimeoutError("localhost:1: refused, Timeout: 10s, Topology Description: /tmp/secret")

    monkeypatch.setattr(SimilarityIndex, "ranking", away)
    reply = client.get("/api/v1/search?q=wafer")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert "Topology" not in reply.text and "/tmp" not in reply.text


def test_a_fault_of_ours_tells_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimilarityIndex, "ranking", lambda *_, **__: 1 / 0)
    reply = client.get("/api/v1/search?q=wafer", headers={"Accept-Language": "zh"})
    assert (reply.status_code, reply.headers["content-type"]) == (500, "application/problem+json")
    assert "ZeroDivision" not in reply.text and reply.json()["title"] == "内部错误"
