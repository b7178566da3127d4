"""``latest``, ``show``, ``stats`` and ``delete``, as commands over a real store."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from similarity.index import SimilarityIndex
from store.documents import archive
from store.index.verify import verify
from tests.commands import assert_one_line_error, run
from text.analysis.analyzer import VERSION

pytestmark = pytest.mark.slow


@pytest.fixture
def ids(store_texts) -> list[str]:
    """Three articles: of May, of June, and without a date."""
    (may,) = store_texts(["TSMC builds a fab"], published=datetime(2026, 5, 3, tzinfo=UTC))
    (june,) = store_texts(
        ["三星 HBM4 涨价"], published=datetime(2026, 5, 31, 17, tzinfo=UTC), source="semi", language="zh"
    )
    (undated,) = store_texts(["Intel cuts capex"], language="en")
    return [may, june, undated]


def test_the_newest_come_first_and_filters_hold(uri: str, ids: list[str]) -> None:
    may, june, undated = ids

    def latest(*arguments: str) -> list[str]:
        done = run("similarity", "latest", "--json", *arguments, mongodb_uri=uri)
        assert (done.returncode, done.stderr) == (0, "")
        return [hit["article"]["id"] for hit in json.loads(done.stdout)["hits"]]

    assert latest() == [june, may, undated]
    assert latest("--source", "semi") == [june]
    assert latest("--day", "2026-06-01") == [june], "it is June in Shanghai"
    assert latest("-k", "1") == [june]
    assert "三星 HBM4 涨价" in run("similarity", "latest", mongodb_uri=uri).stdout
    assert_one_line_error(run("similarity", "latest", "--day", "June", mongodb_uri=uri), "--day 'June' is not a date")


def test_an_article_is_shown_with_its_facts(uri: str, ids: list[str]) -> None:
    done = run("similarity", "show", ids[1], mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "三星 HBM4 涨价" in done.stdout and "2026-06-01 01:00" in done.stdout and ids[1] in done.stdout
    assert "无日期" in run("similarity", "show", ids[2], mongodb_uri=uri).stdout
    found = json.loads(run("similarity", "show", ids[0], "--json", mongodb_uri=uri).stdout)
    assert (found["id"], found["published"], found["same_story"]) == (ids[0], "2026-05-03T00:00:00Z", [])
    assert_one_line_error(run("similarity", "show", "0" * 24, mongodb_uri=uri), "no article")
    assert_one_line_error(run("similarity", "open", "0" * 24, mongodb_uri=uri), "no article")


def test_no_stored_text_steers_the_terminal(uri: str, store_texts) -> None:
    hostile = "[red]wafer[/] \x1b]0;title\x07 \x9b31m \u202e \u2067 \x7f end"
    (key,) = store_texts([f"{hostile}\nsecond line"], title=hostile, authors=[hostile], tags=[hostile], language="en")
    expected = "[red]wafer[/] ]0;title 31m    end"
    for arguments in (("show", key), ("search", "wafer"), ("latest",), ("keywords", key)):
        shown = run("similarity", *arguments, mongodb_uri=uri).stdout
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2067]", shown), arguments
        assert expected in shown or arguments[0] == "keywords"


def test_numbers_by_source_language_kind_and_month(uri: str, ids: list[str]) -> None:
    done = run("similarity", "stats", "--json", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["articles"], found["sources"]) == (3, {"sia": 2, "semi": 1})
    assert found["months"] == {"2026-06": 1, "2026-05": 1, "": 1}
    assert found["kinds"] == {"news": 3}
    assert found["bytes"]["articles"] > 0
    assert "共 3 篇" in run("similarity", "stats", mongodb_uri=uri).stdout


def test_a_deleted_article_is_gone_everywhere(uri: str, database, ids: list[str]) -> None:
    raw = archive.Raw(b"<html>", "https://a.example/raw", datetime(2026, 7, 1, tzinfo=UTC), "text/html")
    archive.keep(database, [raw])
    database.articles.update_one({"_id": ids[0]}, {"$set": {"raw": {"sha256": raw.sha256}}})
    arguments = ("similarity", "delete", "--source", "sia", "--before", "2026-06-01")
    assert "1 篇" in run(*arguments, "--dry-run", mongodb_uri=uri).stdout
    assert database.articles.count_documents({}) == 3
    assert "1 篇" in run(*arguments, mongodb_uri=uri).stdout
    assert {row["_id"] for row in database.articles.find()} == set(ids[1:]), "the undated one was fetched later"
    assert database.raw.find_one({"_id": raw.sha256}) is None
    run("similarity", "delete", ids[1], mongodb_uri=uri)
    with SimilarityIndex.open(uri, live=False) as index:
        assert len(index) == 1
        assert index.search("TSMC 三星") == []
    assert verify(database, VERSION) == []
    assert_one_line_error(run(*arguments, mongodb_uri=uri), "error: nothing is stored that fits")
    first_day = run(*arguments[:-1], "0001-01-01", mongodb_uri=uri)
    assert_one_line_error(first_day, "error: --before '0001-01-01' is not a date")
    for wrong in ((), (ids[2], "--source", "sia"), ("--source", "sia"), (ids[2], "--before", "2026-01-01")):
        assert_one_line_error(run("similarity", "delete", *wrong, mongodb_uri=uri), "give the ID of one article")
