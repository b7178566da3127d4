"""Watches over HTTP and on the page: made, shown, paused, tested, removed; by whoever may write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from starlette.testclient import TestClient

from alerts import watches
from service.access import AccessRules
from store.connection import connect
from store.documents import tokens
from tests.alerts.robots import DINGTALK_URL, HOOK_HOST, WECOM_URL, Robots, serving
from tests.service.conftest import URL, application
from tests.service.live import live

HTML = {"Accept": "text/html"}


@pytest.fixture
def none(news_uri: str) -> Iterator[None]:
    """No watches before and after."""
    database = connect(news_uri)

    def remove_all() -> None:
        for watch in watches.all_watches(database):
            watches.remove(database, watch.name)

    remove_all()
    yield
    remove_all()
    database.client.close()


@pytest.fixture
def robots() -> Iterator[Robots]:
    with serving() as opened:
        yield opened


def test_a_watch_from_its_making_to_its_end(client: TestClient, none, robots: Robots) -> None:
    body = {
        "name": "cowos 产能",
        "question": {"q": "先进封装产能", "min_score": 0.4, "language": ["zh"]},
        "targets": [{"to": WECOM_URL, "every": "daily 08:30"}, {"to": f"https://{HOOK_HOST}/x"}],
    }
    tried = client.post("/api/v1/watch-preview", json=body["question"]).json()
    assert [one["min_score"] for one in tried["thresholds"]] == [0.3, 0.4, 0.5]
    made = client.post("/api/v1/watches", json=body)
    assert made.status_code == 201, made.text
    assert len(made.json()["secrets"]) == 1 and "693a91f6" not in made.text
    listed = client.get("/api/v1/watches").json()["watches"]
    assert [(one["name"], one["question"]) for one in listed] == [
        ("cowos 产能", {"q": "先进封装产能", "language": ["zh"]})
    ]
    assert "secret" not in client.get("/api/v1/watches").text
    again = client.post("/api/v1/watches", json=body)
    assert again.status_code == 422 and "there is a watch 'cowos 产能' already" in again.json()["detail"]

    probes = client.post("/api/v1/watches/cowos 产能/test").json()["targets"]
    assert [(one["kind"], one["is_delivered"]) for one in probes] == [("wecom", True), ("webhook", True)]
    assert probes[0]["text"] == "errcode 0 ok"
    assert client.post("/api/v1/watches/cowos 产能/pause").json()["paused"]
    assert not client.post("/api/v1/watches/cowos 产能/resume").json()["paused"]
    shown = client.get("/api/v1/watches/cowos 产能").json()
    assert (shown["notified"], shown["failed"], shown["log"]) == (0, 0, [])
    assert client.delete("/api/v1/watches/cowos 产能").status_code == 204
    assert client.delete("/api/v1/watches/cowos 产能").status_code == 404


WRONG = [
    ({}, "name must be a text"),
    ({"name": "w"}, "has no question"),
    ({"name": "w", "question": {"q": "x", "k": 1}}, "a watch has no option k"),
    ({"name": "w", "question": {"q": "wafer"}, "targets": {}}, "targets is no list"),
    ({"name": "w", "question": {"q": "wafer"}, "targets": [{"every": "hourly"}]}, "a target is an object with to"),
    ({"name": "w", "question": {"q": "wafer"}, "targets": [{"to": "https://10.0.0.1/"}]}, "private network"),
    ({"name": "w", "question": {"q": "wafer"}, "changes": 1}, "changes is neither true nor false"),
    ({"name": "w", "question": {"q": "wafer"}, "about": "sources"}, "about is articles"),
    ({"name": "w", "colour": "red"}, "a watch has no 'colour'"),
]


@pytest.mark.parametrize(("body", "message"), WRONG)
def test_what_is_wrong_is_said(client: TestClient, none, body: dict, message: str) -> None:
    reply = client.post("/api/v1/watches", json=body)
    assert reply.status_code == 422 and message in reply.json()["detail"]
    assert client.get("/api/v1/watches").json()["watches"] == []


def test_half_a_character_is_no_fault(client: TestClient, none) -> None:
    body = '{"name": "w", "question": {"q": "wafer \\ud800", "must": ["wafer"]}}'
    reply = client.post("/api/v1/watches", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 201 and reply.json()["question"]["q"] == "wafer ?"
    for body in ('{"name": "\\ud800"}', '{"name": "x", "targets": [{"to": "https://\\ud800/"}]}', '{"name": NaN}'):
        reply = client.post("/api/v1/watches", content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code == 422


def test_whose_token_may_only_read_makes_no_watch(news_uri: str, none) -> None:
    database = connect(news_uri)
    reader, writer = tokens.add(database, "watch-reader"), tokens.add(database, "watch-writer", write=True)
    body = {"name": "w", "question": {"q": "wafer"}}
    try:
        app = application(news_uri, AccessRules(needs_token=True, rate=0))
        with TestClient(app, base_url=URL, raise_server_exceptions=False) as opened:
            for token, status in ((reader, 403), (writer, 201)):
                headers = {"Authorization": f"Bearer {token}"}
                assert opened.post("/api/v1/watches", json=body, headers=headers).status_code == status
            assert opened.delete("/api/v1/watches/w", headers={"Authorization": f"Bearer {reader}"}).status_code == 403
            assert (
                len(opened.get("/api/v1/watches", headers={"Authorization": f"Bearer {reader}"}).json()["watches"]) == 1
            )
    finally:
        for name in ("watch-reader", "watch-writer"):
            tokens.revoke(database, name)
        database.client.close()


def test_a_search_is_saved_on_the_page(client: TestClient, none, robots: Robots) -> None:
    found = client.get("/search?q=HBM4&language=en", headers=HTML).text
    assert '<a href="/new-watch?q=HBM4&amp;language=en">存为订阅</a>' in found
    form = client.get("/new-watch?q=HBM4&language=en&lang=en", headers=HTML).text
    assert "It would have notified in the last 30 days" in form and 'name="language" value="en"' in form
    fields = {"q": "HBM4", "language": "en", "min_score": "0.4", "to": WECOM_URL, "every": "daily 08:30"}
    wrong = client.post("/watches", data=fields | {"name": "a/b"}, headers=HTML)
    assert wrong.status_code == 422 and "is no name of a watch" in wrong.text and WECOM_URL in wrong.text
    tried = client.post("/watches", data=fields | {"preview": "1"}, headers=HTML)
    assert tried.status_code == 200 and client.get("/api/v1/watches").json()["watches"] == []
    saved = client.post("/watches", data=fields | {"name": "hbm"}, headers=HTML, follow_redirects=False)
    assert (saved.status_code, saved.headers["location"]) == (303, "/watches/hbm")
    shown = client.get("/watches/hbm", headers=HTML).text
    assert "daily 08:30" in shown and "693a91f6" not in shown
    assert "errcode 0 ok" in client.post("/watches/hbm", data={"do": "test"}, headers=HTML).text
    assert "paused" in client.post("/watches/hbm", data={"do": "pause"}, headers=HTML).text
    assert '<a href="/watches/hbm">' in client.get("/watches", headers=HTML).text
    client.post("/watches/hbm", data={"do": "remove"}, headers=HTML)
    assert client.get("/watches/hbm", headers=HTML).status_code == 404
    assert client.post("/watches/hbm", data={"do": "nothing"}, headers=HTML).status_code == 400


def test_the_form_takes_several_targets(client: TestClient, none, robots: Robots) -> None:
    fields = {"q": "HBM4", "name": "hbm", "min_score": "0.4", "to": WECOM_URL, "every": "at-once"}
    second = {"to2": DINGTALK_URL, "every2": "daily 08:30", "quiet2": "22:00-07:00"}
    more = client.post("/watches", data=fields | {"more": "1"}, headers=HTML)
    assert more.status_code == 200 and 'name="to2" value=""' in more.text and 'name="to3"' not in more.text
    assert client.get("/api/v1/watches").json()["watches"] == []
    wrong = client.post("/watches", data=fields | second | {"quiet2": "noon"}, headers=HTML)
    assert wrong.status_code == 422 and 'name="quiet2" value="noon"' in wrong.text
    client.post("/watches", data=fields | second, headers=HTML)
    targets = client.get("/api/v1/watches/hbm").json()["targets"]
    assert [target["every"] for target in targets] == ["at-once", "daily 08:30"]
    assert targets[1]["quiet"] == "22:00-07:00"
    client.post("/watches/hbm", data={"do": "remove"}, headers=HTML)


def test_targets_that_hang_hold_up_no_other_request(news_uri: str, client: TestClient, none, robots: Robots) -> None:
    for name in ("a", "b"):  # together more than the event loop has threads
        targets = [{"to": f"https://{HOOK_HOST}/hangs?{name}{number}"} for number in range(20)]
        made = {"name": name, "question": {"q": "HBM4"}, "targets": targets}
        assert client.post("/api/v1/watches", json=made).status_code == 201
    with live(application(news_uri, AccessRules(rate=1000))) as address, ThreadPoolExecutor(2) as pressing:
        tests = [pressing.submit(httpx2.post, f"{address}/api/v1/watches/{name}/test", timeout=60) for name in "ab"]
        end = time.monotonic() + 20
        while len(robots.received) < 40 and time.monotonic() < end:
            time.sleep(0.05)
        asked = len(robots.received)
        listed = httpx2.get(f"{address}/api/v1/watches", timeout=30)
        assert not any(one.done() for one in tests), "it was answered while they hang"
        robots.hangs.set()
    assert listed.status_code == 200 and asked == 40
    assert not any(one["is_delivered"] for test in tests for one in test.result().json()["targets"])
