"""Sources that need a key or session of the user: which requests they make, and where the key is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.methods import Credential, DataBlocks, JsonApi
from crawler.discovery.reader import read_entry_page
from crawler.source import Source, SourceError
from crawler.sources import SOURCES, source
from store.settings import Settings
from tests.commands import PROJECT
from tests.crawler.sources.test_sources import GOOD
from tests.crawler.tiny_web import Run, add, crawl

pytestmark = pytest.mark.slow

SAMPLES = PROJECT / "samples"
SECRET = "s3cret-of-the-user"
STATISTA = source("statista").discovery[1].url
MCP_SERVER, GATEWAY = (method.url for method in source("datayes").discovery[:2])
REPORT = "https://robo.datayes.com/v2/details/report"


def all_output(run: Run) -> str:
    return run.errors + json.dumps(run.stats) + json.dumps(run.items)


def test_every_credential_is_a_setting() -> None:
    variables = {
        source.key: [credential.variable for credential in source.credentials]
        for source in SOURCES.values()
        if source.credentials
    }
    assert variables == {
        "statista": ["XINWEN_STATISTA_KEY"],
        "datayes": ["XINWEN_DATAYES_KEY", "XINWEN_DATAYES_TOKEN"],
    }
    settings = {name.removeprefix("XINWEN_").lower() for names in variables.values() for name in names}
    assert settings <= set(Settings.model_fields)
    assert SECRET not in repr(Settings(statista_key=SECRET))


def test_without_a_session_nothing_is_requested(tmp_path: Path) -> None:
    run = crawl(SAMPLES, "datayes", results=tmp_path)
    assert (run.status, run.items) == (0, [])
    assert run.stats["xinwen/login_needed"] == "login needed: XINWEN_DATAYES_TOKEN holds no key or session"
    assert "downloader/request_count" not in run.stats
    assert "xinwen/blocked" not in run.stats


def test_without_a_key_statista_yields_its_fixed_links_without_requests(tmp_path: Path) -> None:
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
def test_a_refused_key_is_reported_as_login_needed(tmp_path: Path, key: str, variable: str, reason: str) -> None:
    run = crawl(SAMPLES, key, "-L", "DEBUG", results=tmp_path, **{variable: SECRET})
    assert run.status == 0, run.errors
    assert run.stats["xinwen/login_needed"] == reason
    assert "xinwen/blocked" not in run.stats
    assert SECRET not in all_output(run)


@pytest.mark.parametrize("code", [-403, -407, "-407"])
def test_both_codes_of_datayes_mean_login_needed(tmp_path: Path, code: Any) -> None:
    add(tmp_path, "datayes", GATEWAY, json.dumps({"code": code, "message": "success", "data": None}))
    run = crawl(tmp_path, "datayes", xinwen_datayes_token=SECRET)
    assert run.stats["xinwen/login_needed"].startswith("login needed: the reply says -40")


def test_a_reply_without_success_is_reported(tmp_path: Path) -> None:
    reply = {"code": 500, "message": "busy", "data": {"list": [{"data": {"id": 1, "title": "半导体"}}]}}
    add(tmp_path, "datayes", GATEWAY, json.dumps(reply))
    run = crawl(tmp_path, "datayes", xinwen_datayes_token=SECRET)
    assert run.items == []
    assert run.stats["xinwen/way/failed/1"].endswith(": a reply that is no success: 500 busy")
    assert "xinwen/login_needed" not in run.stats


def test_a_key_is_sent_in_its_header_and_redirects_are_not_followed(tmp_path: Path) -> None:
    elsewhere = "https://www.statista.com/statistics/1/elsewhere/"
    add(tmp_path, "statista", STATISTA, status=302, headers={"Location": elsewhere}, when={"x-api-key": SECRET})
    add(tmp_path, "statista", elsewhere, json.dumps({"items": [{"link": elsewhere, "title": "Chips"}]}))
    run = crawl(tmp_path, "statista", xinwen_statista_key=f" {SECRET}\n")
    assert run.stats["xinwen/way/failed/1"].endswith(": HTTP 302")
    assert elsewhere not in run.articles
    # robots.txt, the redirect, the alternative method, and the three other endpoints.
    assert run.stats["downloader/request_count"] == 6


def test_statistas_search_is_the_alternative_to_its_statistics(tmp_path: Path) -> None:
    link = "https://www.statista.com/statistics/1/chips/"
    search = source("statista").discovery[2].url
    reply = {"items": [{"title": "Chips", "link": link, "updated_at": "2026-05-01", "subject": "Sales"}]}
    add(tmp_path, "statista", search, json.dumps(reply), when={"x-api-key": SECRET})
    run = crawl(tmp_path, "statista", xinwen_statista_key=SECRET)
    assert run.articles[link]["published"] == "2026-04-30T22:00:00+00:00"
    assert f"json {search}" in run.stats["xinwen/ways"]


def test_with_only_a_session_datayes_is_read_through_its_gateway(tmp_path: Path) -> None:
    run = crawl(SAMPLES, "datayes", results=tmp_path, xinwen_datayes_token="sample")
    reports = (9000101, 9000102, 9000103, 9000104, 9000201, 9000202)
    news = (7000301, 7000303, 7000304)
    assert set(run.articles) == {
        *(f"{REPORT}/{number}" for number in reports),
        *(f"https://robo.datayes.com/v2/details/feed/{number}" for number in news),
    }
    # The MCP server needs another key, which is not reported as missing when the gateway yields the links.
    assert "xinwen/login_needed" not in run.stats


def add_mcp_reply(folder: Path, when: str, reply: Any, **facts: Any) -> None:
    """Adds the reply of Datayes' MCP server to a request whose body contains *when*."""
    facts.setdefault("type", "application/json")
    wanted = {"Authorization": f"Bearer {SECRET}", "body": when}
    add(folder, "datayes", MCP_SERVER, json.dumps(reply), method="POST", when=wanted, etag=False, **facts)


def test_an_mcp_server_may_give_no_session_id(tmp_path: Path) -> None:
    result = {
        "structuredContent": [
            {"title": "Chips 半导体", "id": 1},
            {"title": "Wafers 晶圆", "link": "https://a.example/2"},
        ]
    }
    add_mcp_reply(tmp_path, '"initialize"', {"jsonrpc": "2.0", "id": 1, "result": {}})
    add_mcp_reply(tmp_path, "notifications/initialized", {}, status=202)
    add_mcp_reply(tmp_path, "tools/call", {"jsonrpc": "2.0", "id": 2, "result": result})
    run = crawl(tmp_path, "datayes", xinwen_datayes_key=SECRET)
    assert set(run.articles) == {f"{REPORT}/1", "https://robo.datayes.com/v2/details/feed/1", "https://a.example/2"}
    # robots.txt, two requests to open the one session of the run, and one for each of the three searches.
    assert run.stats["downloader/request_count"] == 6
    assert SECRET not in all_output(run)


@pytest.mark.parametrize(
    ("status", "reply", "stat", "reason"),
    [
        (401, {}, "login_needed", "HTTP 401 to the key or session of XINWEN_DATAYES_KEY"),
        (500, {}, "way/failed/1", "the MCP server answers initialize with HTTP 500"),
        (200, {"error": {"code": -32600, "message": "old"}}, "way/failed/1", "the MCP server refuses: -32600 old"),
        (200, ["?"], "way/failed/1", "no answer of an MCP server"),
    ],
)
def test_an_mcp_session_that_is_not_opened(tmp_path: Path, status: int, reply: Any, stat: str, reason: str) -> None:
    add_mcp_reply(tmp_path, '"initialize"', reply, status=status)
    run = crawl(tmp_path, "datayes", "-s", "RETRY_TIMES=0", xinwen_datayes_key=SECRET)
    assert (run.status, run.items) == (0, [])
    assert reason in run.stats[f"xinwen/{stat}"]


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
def test_a_tool_call_without_a_result_is_an_error(reply: Any, reason: str) -> None:
    datayes = source("datayes")
    data = reply.encode() if isinstance(reply, str) else json.dumps(reply).encode()
    with pytest.raises(EntryPageError, match=reason):
        read_entry_page(datayes.discovery[0], data, MCP_SERVER, datayes, datetime(2026, 11, 20, tzinfo=UTC))


def test_an_object_that_holds_the_list_is_no_article() -> None:
    datayes = source("datayes")
    assert isinstance(datayes.discovery[0], JsonApi)
    reply = {
        "title": "all 半导体",
        "id": 9,
        "list": [{"title": "a 芯片", "id": 1, "of": {"id": 5}}, {"title": "b 芯片", "id": 2}],
    }
    data = b"event: message\r\ndata: " + json.dumps({"result": {"structuredContent": reply}}).encode() + b"\r\n\r\n"
    page = read_entry_page(datayes.discovery[0], data, MCP_SERVER, datayes, datetime(2026, 11, 20, tzinfo=UTC))
    assert [link.title for link in page.links] == ["a 芯片", "b 芯片"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"credential": Credential("XINWEN_KEY")}, "either a header or a cookie"),
        ({"credential": Credential("XINWEN_KEY", header="a", cookie="b")}, "either a header or a cookie"),
        ({"credential": Credential("SECRET", header="a")}, "'SECRET' is no setting of this project"),
        ({"elsewhere": True}, "pages of other publishers are linked, not read"),
    ],
)
def test_a_source_with_a_mistake_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        Source(**(GOOD | {"discovery": (DataBlocks("https://sample.example/q"),)} | changes))
