"""Who may ask: tokens, the sign-in page, Host and Origin, the number of requests a second, security headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.access import COOKIE, AccessRules
from service.listening import is_loopback
from store.connection import connect
from store.documents import request_counts, tokens
from tests.commands import assert_one_line_error, run
from tests.service.conftest import URL, application

SEARCH = "/api/v1/search?q=wafer"


@pytest.fixture(scope="module")
def guarded(news_uri: str) -> Iterator[TestClient]:
    """A client of an application that needs tokens and answers as news.example too."""
    rules = AccessRules(("news.example",), needs_token=True, rate=0)
    with TestClient(application(news_uri, rules), base_url=URL) as opened:
        yield opened


@pytest.fixture
def token(news_uri: str) -> Iterator[str]:
    database = connect(news_uri)
    yield tokens.add(database, "reader")
    database.tokens.delete_many({})
    database.client.close()


def test_without_a_token_nothing_is_told(guarded: TestClient, token: str) -> None:
    assert guarded.get("/healthz").status_code == 200
    refused = guarded.get(SEARCH)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.headers["content-type"] == "application/problem+json"
    assert guarded.get(SEARCH, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    for wrong in (
        f"Bearer {token}x",
        f"Bearer {token[:20]}",
        "Bearer",
        "Basic abc",
        "Bearer \u00e9",
        "Bearer xinwen__",
    ):
        headers = {"Authorization": wrong.encode("latin-1")}
        assert guarded.get(SEARCH, headers=headers).status_code == 401


def test_a_token_signs_in_and_is_revoked(guarded: TestClient, token: str, news_uri: str) -> None:
    page = guarded.get("/api/v1/sources", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fapi%2Fv1%2Fsources")
    form = guarded.get(page.headers["location"], headers={"Accept-Language": "zh-CN"})
    assert "令牌" in form.text and form.headers["content-security-policy"]
    assert guarded.post("/sign-in", data={"token": "wrong"}).status_code == 401
    done = guarded.post(page.headers["location"], data={"token": token}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/api/v1/sources")
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    guarded.cookies.clear()
    cookies = {"Cookie": f"{COOKIE}={token}"}
    assert guarded.get(SEARCH, headers=cookies).status_code == 200
    with connect(news_uri).client as client:
        tokens.revoke(client.get_default_database(), "reader")
    assert guarded.get(SEARCH, headers=cookies).status_code == 401
    elsewhere = guarded.post("/sign-in?next=//evil.example/", data={"token": token}, follow_redirects=False)
    assert elsewhere.status_code == 401


@pytest.mark.parametrize("wanted", ["//evil.example/", "/\\evil.example", "https://evil.example", "/a\r\nb: c"])
def test_signing_in_leads_to_no_other_host(guarded: TestClient, token: str, wanted: str) -> None:
    done = guarded.post("/sign-in", params={"next": wanted}, data={"token": token}, follow_redirects=False)
    assert done.headers["location"] == "/"
    guarded.cookies.clear()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("192.168.1.7", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_only_names_of_ours_are_answered(client: TestClient, host: str, status: int) -> None:
    assert client.get(SEARCH, headers={"Host": host}).status_code == status


def test_a_name_of_the_server_is_ours(guarded: TestClient, token: str) -> None:
    headers = {"Host": "News.Example:443", "Authorization": f"Bearer {token}"}
    assert guarded.get(SEARCH, headers=headers).status_code == 200


def test_another_origin_may_not_write(client: TestClient) -> None:
    body = {"q": "wafer"}
    for origin in ("https://evil.example", "null", "http://[", "http://127.0.0.1@evil.example"):
        assert client.post("/api/v1/search", json=body, headers={"Origin": origin}).status_code == 403
    assert client.post("/api/v1/search", json=body, headers={"Origin": URL}).status_code == 200
    reply = client.get(SEARCH, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in reply.headers


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for address in (SEARCH, "/healthz", "/nothing", "/sign-in"):
        policy = client.get(address).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy


def test_requests_are_counted_for_all_processes_together(news_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_counts.time, "time", lambda: 1_800_000_000.5)  # all within one second
    apps = [application(news_uri, AccessRules(rate=10)) for _ in range(2)]
    with TestClient(apps[0], base_url=URL) as one, TestClient(apps[1], base_url=URL) as other:
        statuses = [client.get("/api/v1/sources/sia").status_code for _ in range(7) for client in (one, other)]
        assert statuses == [200] * 10 + [429] * 4
        refused = one.get("/api/v1/sources/sia", headers={"Accept-Language": "zh"})
        assert refused.headers["retry-after"] == "1" and "请求过多" in refused.text
        page = one.get("/search?q=wafer", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["retry-after"]) == (429, "1")
        assert "请求过多" in page.text and '<link rel="stylesheet"' in page.text
        assert one.get("/healthz").status_code == 200


def test_tokens_by_command(uri: str) -> None:
    made = run("similarity", "token", "add", "desk", "--write", mongodb_uri=uri)
    secret = made.stdout.strip()
    assert secret.startswith("xinwen_")
    with connect(uri).client as client:
        database = client.get_default_database()
        assert secret.split("_")[2] not in str(list(database.tokens.find()))
        found = tokens.find(database, secret)
        assert found is not None and (found.name, found.write) == ("desk", True)
    assert "desk" in run("similarity", "token", "list", mongodb_uri=uri).stdout
    assert_one_line_error(
        run("similarity", "token", "add", "desk", mongodb_uri=uri), "error: there is a token 'desk' already"
    )
    assert_one_line_error(run("similarity", "token", "add", "a b", mongodb_uri=uri), "error: 'a b' is no name")
    assert run("similarity", "token", "revoke", "desk", mongodb_uri=uri).returncode == 0
    assert_one_line_error(
        run("similarity", "token", "revoke", "desk", mongodb_uri=uri), "error: there is no token 'desk'"
    )
    # Bound to other addresses only with a token.
    assert_one_line_error(run("service", "--host", "0.0.0.0", "--port", "0", mongodb_uri=uri), "token add")


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.7", "news.example", "")))


def test_no_script_or_style_stands_in_a_template() -> None:
    folder = Path(__file__).parents[2] / "service" / "page" / "templates"
    for file in folder.rglob("*.html"):
        text = file.read_text("utf-8").lower()
        assert " style=" not in text and "<style" not in text and " onclick=" not in text, file.name
