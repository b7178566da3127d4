"""The routes of the HTTP API: what they answer, and how they refuse."""

from __future__ import annotations

import gc
import gzip
import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from similarity.answers.question import read
from similarity.index import SimilarityIndex
from similarity.ranking.state import untrained
from store.connection import connect
from store.documents.stories import regroup
from tests.service.conftest import TEXTS, URL, WAFERS, application

API = "/api/v1"
HAN = re.compile(r"[\u4e00-\u9fff]")


def get(client: TestClient, address: str, **values: object) -> dict:
    reply = client.get(API + address, params=values)
    assert reply.status_code == 200, reply.text
    return reply.json()


def first_id(client: TestClient, q: str = TEXTS[0][0]) -> str:
    return get(client, "/search", q=q)["hits"][0]["article"]["id"]


def test_garbage_is_collected_from_the_start_on(news_uri: str) -> None:
    gc.disable()  # as ``python -m service`` does
    try:
        with TestClient(application(news_uri), base_url=URL):
            assert gc.isenabled() and gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
        gc.enable()


def test_a_search_answers_with_counts_and_hits(client: TestClient) -> None:
    found = get(client, "/search", q="HBM4 supply", explain="true")
    assert set(found) == {"total", "at_least", "stories", "cursor", "off", "unknown", "took_ms", "index", "hits"}
    assert found["index"]["articles"] == len(TEXTS) + WAFERS + 2
    hit = found["hits"][0]
    assert hit["article"]["title"] == TEXTS[0][0]
    assert "body" not in hit["article"]
    assert {"score", "page", "more", "route", "parts", "words", "passage", "explanation"} < set(hit)
    assert get(client, "/search", q="wafer", kind="report")["total"] == WAFERS // 4
    assert get(client, "/search", category="行业协会", language="zh")["total"] == 1
    assert get(client, "/search")["hits"][0]["article"]["title"] == TEXTS[0][0]  # the newest
    long = {"passage": TEXTS[2][0] * 200, "k": 3, "across": False}
    reply = client.post(f"{API}/search", json=long)
    assert reply.json()["hits"][0]["article"]["title"] == TEXTS[2][0]


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("0001-01-01", 422),
        ("0001-01-02", 200),
        ("9999-12-31", 200),
        ("0001-01-01T00:00:00+14:00", 422),
        ("9999-12-31T23:00:00-12:00", 422),
    ],
)
def test_days_at_both_ends_of_the_calendar(client: TestClient, moment: str, status: int) -> None:
    for path in ("/api/v1/search", "/api/v1/export.csv", "/feeds/search.atom", "/search"):
        for option in ("since", "until"):
            reply = client.get(path, params={"q": "wafer", option: moment})
            assert reply.status_code == status, (path, option, reply.text)
    assert client.get("/api/v1/stories", params={"since": moment}).status_code == status
    for path in ("/api/v1/trend", "/trend"):
        for option in ("since", "until"):
            reply = client.get(path, params={"q": "wafer", "by": "month", option: moment})
            assert reply.status_code in (status, 422), reply.text  # there are more months than are counted
    last = {"q": "wafer", "since": "9999-12-30", "until": "9999-12-31"}
    for by in ("day", "week", "month"):
        assert client.get("/api/v1/trend", params={**last, "by": by}).status_code == 200


def test_articles_have_their_text_only_where_it_may_be_shown(client: TestClient) -> None:
    key = first_id(client)
    article = get(client, f"/articles/{key}")
    assert article["body"] == TEXTS[0][0]
    assert (article["story"], article["more"]) == (key, [])
    abstract = get(client, "/search", q="gallium")["hits"][0]["article"]["id"]
    assert "body" not in get(client, f"/articles/{abstract}")
    similar = get(client, f"/articles/{key}/similar", k=5)
    assert similar["hits"] == get(client, "/search", like=key, k=5)["hits"]
    assert {hit["article"]["title"] for hit in similar["hits"]} >= {TEXTS[1][0]}
    assert get(client, f"/articles/{key}/keywords")["keywords"][0]["word"]


def test_stories_terms_and_sources(client: TestClient) -> None:
    stories = get(client, "/stories", since="2026-01-01", k=3)
    assert (stories["total"], len(stories["stories"])) == (len(TEXTS) + WAFERS + 1, 3)
    one = stories["stories"][0]
    assert get(client, f"/stories/{one['id']}") == one
    trends = client.get(f"{API}/trend", params={"q": ["HBM4", "CoWoS"], "by": "month"}).json()["trends"]
    assert [(trend["text"], trend["articles"]) for trend in trends] == [("HBM4", 2), ("CoWoS", 2)]
    assert get(client, "/terms/related", q="wafer")["term"] == "wafer"
    sources = get(client, "/sources")["sources"]
    assert [source["number"] for source in sources] == list(range(1, 21))
    sia = get(client, "/sources/sia")
    assert (sia["verdict"], sia["articles"], len(sia["runs"])) == ("ok", WAFERS + 3, 1)
    assert sia["category"] == "行业协会"


@pytest.mark.parametrize(
    ("method", "address", "status", "said"),
    [
        ("GET", "/api/v1/nothing", 404, "address"),
        ("GET", "/api/v1/articles/000000000000000000000000", 404, "article"),
        ("GET", "/api/v1/articles/..%2f..%2fetc/similar", 404, ""),
        ("GET", "/api/v1/stories/abc", 404, "story"),
        ("GET", "/api/v1/sources/abc", 404, "source"),
        ("DELETE", "/api/v1/search", 405, "method"),
        ("GET", "/api/v1/search?q=wafer&until=", 422, "not a date"),
        ("GET", "/api/v1/search?k=0", 422, "k is 0"),
        ("GET", "/api/v1/search?k=1000000", 422, "k is 1000000"),
        ("GET", "/api/v1/search?q=wafer&source=abc", 422, "abc"),
        ("GET", "/api/v1/search?q=wafer&since=2026-13-01", 422, "not a date"),
        ("GET", "/api/v1/search?since=2026-02-01&until=2026-01-01", 422, "no day"),
        ("GET", "/api/v1/search?q=%F0%9F%98%80", 422, "no words"),
        ("GET", "/api/v1/search?q=of+the+and", 422, "no words"),
        ("GET", "/api/v1/search?q=wafer&cursor=abc", 422, "cursor"),
        ("GET", "/api/v1/search?q=" + "a" * 2001, 422, "2,000"),
        ("GET", "/api/v1/search?like=abc", 422, "no article"),
        ("GET", "/api/v1/search?nothing=1", 422, "no option"),
        ("GET", "/api/v1/trend", 422, "q is missing"),
        ("GET", "/api/v1/trend?q=a&q=b&q=c&q=d&q=e&q=f", 422, "6 topics"),
        ("GET", "/api/v1/trend?q=HBM&by=year", 422, "period"),
        ("GET", "/api/v1/terms/related?q=HBM&k=0", 422, "k is 0"),
        ("GET", "/api/v1/stories?k=101", 422, "k is 101"),
        ("GET", "/static/nothing.js", 404, ""),
    ],
)
def test_every_error_is_a_problem(client: TestClient, method: str, address: str, status: int, said: str) -> None:
    reply = client.request(method, address)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(problem)
    assert problem["status"] == status and said in problem["detail"]
    assert "Traceback" not in reply.text and "/tmp" not in reply.text
    if status == 422:
        assert problem["errors"][0]["place"] and problem["errors"][0]["reason"]
    if status == 405:
        assert reply.headers["allow"] == "GET, HEAD, POST"
    chinese = client.request(method, address, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).json()
    assert chinese["title"] != problem["title"]
    assert HAN.search(chinese["detail"]) and problem["detail"] not in chinese["detail"]
    if status == 422:
        assert chinese["errors"][0]["reason"] == chinese["detail"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"q": "wafer"}', "text/plain", 415),
        (b'{"q": ', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff\xfe\xfd", "application/json", 400),
        (b'{"q": "' + b"a" * 200_001 + b'"}', "application/json", 413),
        (b'{"q": "' + b"a" * 1_400_000 + b'"}', "application/json", 413),
        (b'{"q": ["wafer", "price"]}', "application/json", 422),
        (b'{"k": "many"}', "application/json", 422),
        (b'{"q": "\\ud800"}', "application/json", 422),
    ],
)
def test_a_wrong_body_is_refused(client: TestClient, content: bytes, kind: str, status: int) -> None:
    reply = client.post(f"{API}/search", content=content, headers={"Content-Type": kind})
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"


def test_ten_thousand_words_are_answered(client: TestClient) -> None:
    words = " ".join(f"wafer{number}" for number in range(10_000))
    assert client.post(f"{API}/search", json={"q": words}).status_code == 200


def test_what_has_not_changed_is_not_searched_again(client: TestClient) -> None:
    first = client.get(f"{API}/search", params={"q": "wafer"})
    tag = first.headers["etag"]
    again = client.get(f"{API}/search", params={"q": "wafer"}, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{API}/search", params={"q": "price"}, headers={"If-None-Match": tag}).status_code == 200


def test_another_program_answers_anew(client: TestClient) -> None:
    state = client.app.state  # type: ignore[attr-defined]
    tag = client.get(f"{API}/stats").headers["etag"]
    assert client.get(f"{API}/stats", headers={"If-None-Match": tag}).status_code == 304
    own, state.program = state.program, "another"
    try:
        assert client.get(f"{API}/stats", headers={"If-None-Match": tag}).status_code == 200
    finally:
        state.program = own


def test_what_was_regrouped_is_searched_again(client: TestClient, news_uri: str) -> None:
    index: SimilarityIndex = client.app.state.engine.index  # type: ignore[attr-defined]
    path, keys = f"{API}/search?q=HBM4", [first_id(client, text) for text, *_ in TEXTS[:2]]
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    with connect(news_uri).client as own:
        database = own.get_default_database()
        # One story of two articles has the smaller id.
        database.articles.update_many({"_id": {"$in": keys}}, {"$set": {"story": max(keys)}})
        try:
            regroup(database, keys)
            index.refresh()
            changed = client.get(path, headers={"If-None-Match": tag})
            assert changed.status_code == 200 and changed.headers["etag"] != tag
        finally:
            database.articles.update_many({"_id": {"$in": keys}}, {"$unset": {"story": 1}})


def test_the_head_of_an_answer_is_that_of_the_whole(client: TestClient) -> None:
    for path in (f"{API}/search?q=wafer", "/", "/healthz", f"{API}/nothing"):
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-type"] == whole.headers["content-type"] and whole.content


def test_answers_are_compressed(client: TestClient) -> None:
    reply = client.get(f"{API}/search", params={"q": "wafer"}, headers={"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/healthz", headers={"Accept-Encoding": "gzip"}).headers
    assert len(gzip.compress(reply.content)) < len(reply.content)


def test_the_newest_and_how_much_is_stored(client: TestClient) -> None:
    newest = get(client, "/latest", k=3, language="zh")
    assert newest["hits"] == get(client, "/search", k=3, language="zh")["hits"] and len(newest["hits"]) == 3
    following = get(client, "/latest", k=3, language="zh", cursor=newest["cursor"])["hits"]
    assert following and not {str(hit) for hit in following} & {str(hit) for hit in newest["hits"]}
    assert client.get(f"{API}/latest?q=wafer").status_code == 422
    stored = get(client, "/stats")
    assert stored["articles"] == len(TEXTS) + WAFERS + 2 == sum(stored["sources"].values())
    assert stored["kinds"]["report"] == WAFERS // 4 and stored["bytes"]["articles"] > 0


def test_terms_of_which_too_little_is_known(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    rare = get(client, "/terms/related", q="gallium")
    assert rare["related"] == [] and "fewer than 3 articles" in rare["off"][0]
    index: SimilarityIndex = client.app.state.engine.index  # type: ignore[attr-defined]
    monkeypatch.setattr(index._refresher, "state", replace(index._state, topics=untrained))
    reply = client.get(f"{API}/terms/related?q=wafer", headers={"Accept-Language": "zh"})
    assert reply.json()["related"] == [] and "xinwen train" in reply.json()["off"][0]
    assert "训练" in reply.json()["off"][0]


def test_what_is_off_is_said_in_the_language_that_is_asked_for(client: TestClient) -> None:
    english = get(client, "/search", q="wafer")["off"]  # the articles were stored without embeddings
    chinese = client.get(f"{API}/search?q=wafer", headers={"Accept-Language": "zh"}).json()["off"]
    assert len(english) == len(chinese) == 1 and english != chinese
    assert not HAN.search(english[0]) and HAN.search(chinese[0])


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}


def test_the_address_of_an_answer_asks_the_same(client: TestClient) -> None:
    values = {"q": "wafer", "kind": ["news", "report"], "fold": False, "k": 3}
    assert get(client, "/search", **read(values).values())["hits"] == get(client, "/search", **values)["hits"]
