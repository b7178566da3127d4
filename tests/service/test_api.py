"""The routes of the HTTP API: what they answer, and how they refuse."""

from __future__ import annotations

import gzip

import pytest
from starlette.testclient import TestClient

from similarity.answers.question import read
from tests.service.conftest import TEXTS, WAFERS

API = "/api/v1"


def get(client: TestClient, address: str, **values: object) -> dict:
    reply = client.get(API + address, params=values)
    assert reply.status_code == 200, reply.text
    return reply.json()


def first_id(client: TestClient, q: str = TEXTS[0][0]) -> str:
    return get(client, "/search", q=q)["hits"][0]["article"]["id"]


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
        assert set(reply.headers["allow"].split(", ")) >= {"GET"}
    chinese = client.request(method, address, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).json()
    assert chinese["title"] != problem["title"]
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese["detail"])


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


def test_answers_are_compressed(client: TestClient) -> None:
    reply = client.get(f"{API}/search", params={"q": "wafer"}, headers={"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/healthz", headers={"Accept-Encoding": "gzip"}).headers
    assert len(gzip.compress(reply.content)) < len(reply.content)


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}


def test_the_address_of_an_answer_asks_the_same(client: TestClient) -> None:
    values = {"q": "wafer", "kind": ["news", "report"], "fold": False, "k": 3}
    assert get(client, "/search", **read(values).values())["hits"] == get(client, "/search", **values)["hits"]
