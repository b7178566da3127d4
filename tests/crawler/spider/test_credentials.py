"""Sources that want a key or session of the user's own: what they ask, when they do not, and where the key goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.source import Source, SourceError
from crawler.sources import SOURCES, source
from crawler.way import Credential, DataBlocks, JsonApi
from crawler.ways import EntryError, read_entry
from store.settings import Settings
from tests.commands import PROJECT
from tests.crawler.test_sources import GOOD
from tests.crawler.tiny_web import Run, add, crawl

SAMPLES = PROJECT / "samples"
SECRET = "s3cret-of-the-user"
STATISTA = source("statista").ways[1].url
TOOLS, DATAYES = (way.url for way in source("datayes").ways[:2])
REPORT = "https://robo.datayes.com/v2/details/report"


def everything(run: Run) -> str:
    return run.errors + json.dumps(run.stats) + json.dumps(run.items)


def test_every_credential_is_a_setting() -> None:
    wanted = {row.key: [one.variable for one in row.credentials] for row in SOURCES.values() if row.credentials}
    assert wanted == {
        "statista": ["XINWEN_STATISTA_KEY"],
        "datayes": ["XINWEN_DATAYES_KEY", "XINWEN_DATAYES_TOKEN"],
    }
    names = {name.removeprefix("XINWEN_").lower() for several in wanted.values() for name in several}
    assert names <= set(Settings.model_fields)
    assert SECRET not in repr(Settings(statista_key=SECRET))


def test_without_a_session_nothing_is_asked(tmp_path: Path) -> None:
    run = crawl(SAMPLES, "datayes", results=tmp_path)
    assert (run.status, run.items) == (0, [])
    assert run.stats["xinwen/login_needed"] == "login needed: XINWEN_DATAYES_TOKEN holds no key or session"
    assert "downloader/request_count" not in run.stats
    assert "xinwen/blocked" not in run.stats


def test_without_a_key_statista_gives_its_list_and_asks_nothing(tmp_path: Path) -> None:
    run = crawl(SAMPLES, "statista", results=tmp_path, xinwen_statista_key=" ")
    assert run.status == 0
    assert len(run.articles) == 4
    assert {article["access"] for article in run.articles.values()} == {"headline"}
    assert run.stats["xinwen/login_needed"] == "login needed: XINWEN_STATISTA_KEY holds no key or session"
    assert "downloader/request_count" not in run.stats


@pytest.mark.parametrize(
    ("key", "variable", "reason"),
    [
        ("statista", "xinwen_statista_key", "login needed: HTTP 403 to the key or session of XINWEN_STATISTA_KEY"),
        ("datayes", "xinwen_datayes_token", "login needed: the reply says -403 样本：请先登录"),
    ],
)
def test_a_key_that_is_refused_is_login_needed(tmp_path: Path, key: str, variable: str, reason: str) -> None:
    run = crawl(SAMPLES, key, "-L", "DEBUG", results=tmp_path, **{variable: SECRET})
    assert run.status == 0, run.errors
    assert run.stats["xinwen/login_needed"] == reason
    assert "xinwen/blocked" not in run.stats
    assert SECRET not in everything(run)


@pytest.mark.parametrize("code", [-403, -407, "-407"])
def test_both_codes_mean_a_login(tmp_path: Path, code: Any) -> None:
    add(tmp_path, "datayes", DATAYES, json.dumps({"code": code, "message": "success", "data": None}))
    run = crawl(tmp_path, "datayes", xinwen_datayes_token=SECRET)
    assert run.stats["xinwen/login_needed"].startswith("login needed: the reply says -40")


def test_a_reply_that_is_no_success_is_told(tmp_path: Path) -> None:
    reply = {"code": 500, "message": "busy", "data": {"list": [{"data": {"id": 1, "title": "半导体"}}]}}
    add(tmp_path, "datayes", DATAYES, json.dumps(reply))
    run = crawl(tmp_path, "datayes", xinwen_datayes_token=SECRET)
    assert run.items == []
    assert run.stats["xinwen/way/failed/1"].endswith(": a reply that is no success: 500 busy")
    assert "xinwen/login_needed" not in run.stats


def test_a_key_goes_into_its_header_and_follows_no_redirect(tmp_path: Path) -> None:
    elsewhere = "https://www.statista.com/statistics/1/elsewhere/"
    add(tmp_path, "statista", STATISTA, status=302, headers={"Location": elsewhere}, when={"x-api-key": SECRET})
    add(tmp_path, "statista", elsewhere, json.dumps({"items": [{"link": elsewhere, "title": "Chips"}]}))
    run = crawl(tmp_path, "statista", xinwen_statista_key=f" {SECRET}\n")
    assert run.stats["xinwen/way/failed/1"].endswith(": HTTP 302")
    assert elsewhere not in run.articles
    # robots.txt, the reply, what stands in for it, and the three other endpoints.
    assert run.stats["downloader/request_count"] == 6


def test_statistas_search_stands_in_for_its_statistics(tmp_path: Path) -> None:
    link = "https://www.statista.com/statistics/1/chips/"
    search = source("statista").ways[2].url
    reply = {"items": [{"title": "Chips", "link": link, "updated_at": "2026-05-01", "subject": "Sales"}]}
    add(tmp_path, "statista", search, json.dumps(reply), when={"x-api-key": SECRET})
    run = crawl(tmp_path, "statista", xinwen_statista_key=SECRET)
    assert run.articles[link]["published"] == "2026-04-30T22:00:00+00:00"
    assert f"json {search}" in run.stats["xinwen/ways"]


def test_with_a_session_alone_datayes_is_read_by_its_gateway(tmp_path: Path) -> None:
    run = crawl(SAMPLES, "datayes", results=tmp_path, xinwen_datayes_token="sample")
    reports = (9000101, 9000102, 9000103, 9000104, 9000201, 9000202)
    news = (7000301, 7000303, 7000304)
    assert set(run.articles) == {
        *(f"{REPORT}/{number}" for number in reports),
        *(f"https://robo.datayes.com/v2/details/feed/{number}" for number in news),
    }
    # The other door needs another key, and is not missed where this one leads to the same.
    assert "xinwen/login_needed" not in run.stats


def tool_reply(folder: Path, when: str, reply: Any, **facts: Any) -> None:
    """What Datayes' server of tools says to a request whose body holds *when*."""
    facts.setdefault("type", "application/json")
    wanted = {"Authorization": f"Bearer {SECRET}", "body": when}
    add(folder, "datayes", TOOLS, json.dumps(reply), method="POST", when=wanted, etag=False, **facts)


def test_a_server_of_tools_may_do_without_a_session(tmp_path: Path) -> None:
    given = {
        "structuredContent": [
            {"title": "Chips 半导体", "id": 1},
            {"title": "Wafers 晶圆", "link": "https://a.example/2"},
        ]
    }
    tool_reply(tmp_path, '"initialize"', {"jsonrpc": "2.0", "id": 1, "result": {}})
    tool_reply(tmp_path, "notifications/initialized", {}, status=202)
    tool_reply(tmp_path, "tools/call", {"jsonrpc": "2.0", "id": 2, "result": given})
    run = crawl(tmp_path, "datayes", xinwen_datayes_key=SECRET)
    assert set(run.articles) == {f"{REPORT}/1", "https://robo.datayes.com/v2/details/feed/1", "https://a.example/2"}
    # One greeting a run: two requests, and one for each of the three searches; robots.txt besides.
    assert run.stats["downloader/request_count"] == 6
    assert SECRET not in everything(run)


@pytest.mark.parametrize(
    ("status", "reply", "stat", "told"),
    [
        (401, {}, "login_needed", "HTTP 401 to the key or session of XINWEN_DATAYES_KEY"),
        (500, {}, "way/failed/1", "the server of tools answers the greeting with HTTP 500"),
        (200, {"error": {"code": -32600, "message": "old"}}, "way/failed/1", "the server of tools refuses: -32600 old"),
        (200, ["?"], "way/failed/1", "no answer of a server of tools"),
    ],
)
def test_a_greeting_that_is_not_answered(tmp_path: Path, status: int, reply: Any, stat: str, told: str) -> None:
    tool_reply(tmp_path, '"initialize"', reply, status=status)
    run = crawl(tmp_path, "datayes", "-s", "RETRY_TIMES=0", xinwen_datayes_key=SECRET)
    assert (run.status, run.items) == (0, [])
    assert told in run.stats[f"xinwen/{stat}"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"result": {"isError": True, "content": [{"type": "text", "text": "quota"}]}}, "the tool fails: quota"),
        ({"result": {"content": [{"type": "text", "text": "words"}]}}, "the tool answers in words: words"),
        ({"error": {"code": -32602, "message": "no such tool"}}, "refuses: -32602 no such tool"),
        ({"result": {"content": [{"type": "text", "text": '{"code": -403}'}]}}, "login needed: the reply says -403"),
        (" ", "an empty reply"),
    ],
)
def test_what_a_tool_may_answer_instead(reply: Any, reason: str) -> None:
    row = source("datayes")
    data = reply.encode() if isinstance(reply, str) else json.dumps(reply).encode()
    with pytest.raises(EntryError, match=reason):
        read_entry(row.ways[0], data, TOOLS, row, datetime(2026, 11, 20, tzinfo=UTC))


def test_the_list_is_no_article_of_its_own() -> None:
    row = source("datayes")
    assert isinstance(row.ways[0], JsonApi)
    reply = {
        "title": "all 半导体",
        "id": 9,
        "list": [{"title": "a 芯片", "id": 1, "of": {"id": 5}}, {"title": "b 芯片", "id": 2}],
    }
    data = b"event: message\r\ndata: " + json.dumps({"result": {"structuredContent": reply}}).encode() + b"\r\n\r\n"
    entry = read_entry(row.ways[0], data, TOOLS, row, datetime(2026, 11, 20, tzinfo=UTC))
    assert [link.title for link in entry.links] == ["a 芯片", "b 芯片"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"credential": Credential("XINWEN_KEY")}, "into a header or into a cookie"),
        ({"credential": Credential("XINWEN_KEY", header="a", cookie="b")}, "into a header or into a cookie"),
        ({"credential": Credential("SECRET", header="a")}, "'SECRET' is no variable of ours"),
        ({"elsewhere": True}, "pages of others are named, not read"),
    ],
)
def test_wrong_rows_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        Source(**(GOOD | {"ways": (DataBlocks("https://sample.example/q"),)} | changes))
