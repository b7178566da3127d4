"""Sources that want a key or session of the user's own: what they ask, when they do not, and where the key goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.source import Credential, Source, SourceError
from crawler.sources import SOURCES, source
from crawler.way import DataBlocks
from store.settings import Settings
from tests.commands import PROJECT
from tests.crawler.test_sources import GOOD
from tests.crawler.tiny_web import Run, add, crawl

SAMPLES = PROJECT / "samples"
SECRET = "s3cret-of-the-user"
STATISTA = source("statista").ways[1].url
DATAYES = source("datayes").ways[0].url


def everything(run: Run) -> str:
    return run.errors + json.dumps(run.stats) + json.dumps(run.items)


def test_every_credential_is_a_setting() -> None:
    wanted = {row.key: row.credential.variable for row in SOURCES.values() if row.credential}
    assert wanted == {"statista": "XINWEN_STATISTA_KEY", "datayes": "XINWEN_DATAYES_TOKEN"}
    assert {name.removeprefix("XINWEN_").lower() for name in wanted.values()} <= set(Settings.model_fields)
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
    # robots.txt and the reply.
    assert run.stats["downloader/request_count"] == 2


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
