"""The operators and orders of the command search, as a user writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.commands import assert_one_line_error, run

pytestmark = pytest.mark.slow


def titles(uri: str, *arguments: str) -> list[str]:
    done = run("similarity", "search", *arguments, "--model", "bm25", "--json", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    return [hit["article"]["title"] for hit in json.loads(done.stdout)["hits"]]


def test_operators_options_and_orders(uri: str, store_texts) -> None:
    store_texts(["wafer price war ends"], kind="report", published=datetime(2026, 3, 1, tzinfo=UTC))
    store_texts(["wafer war about price"], source="asml", published=datetime(2026, 5, 1, tzinfo=UTC))
    store_texts(["wafer price"], title="wafer", body="", access="headline", published=datetime(2026, 4, 1, tzinfo=UTC))
    assert titles(uri, 'wafer "price war"') == ["wafer price war ends"]
    assert titles(uri, "wafer", "--must", '"price war"', "--kind", "report") == ["wafer price war ends"]
    assert titles(uri, "wafer -war") == ["wafer"]
    assert titles(uri, "wafer", "--not", "war") == ["wafer"]
    assert sorted(titles(uri, "war source:sia source:asml")) == ["wafer price war ends", "wafer war about price"]
    assert titles(uri, "war", "--source", "asml") == ["wafer war about price"]
    newest = ["wafer war about price", "wafer", "wafer price war ends"]
    assert titles(uri, "wafer", "--sort", "date") == titles(uri, "wafer", "--sort", "published") == newest
    assert len(titles(uri, "wafer", "--recent", "30d")) == 3


def test_a_phrase_that_cannot_be_checked_says_so(uri: str, store_texts) -> None:
    store_texts(["lithography tools wait for export licences"], title="tools", body="", access="headline")
    done = run("similarity", "search", '"export licences"', "--model", "bm25", mongodb_uri=uri)
    assert "原文未存，短语无从核对 · the text is not kept: the phrase is not checked" in done.stdout
    done = run("similarity", "search", '"export licences"', "--model", "bm25", "--json", mongodb_uri=uri)
    assert [hit["phrase_checked"] for hit in json.loads(done.stdout)["hits"]] == [False]


@pytest.mark.parametrize(
    "arguments",
    [
        ['"b" -"b"'],
        ["wafer since:2026-13-01"],
        ["wafer", "--kind", "story"],
        ["wafer", "--sort", "newest"],
        ["wafer", "--recent", "soon"],
    ],
)
def test_wrong_values_are_one_line(uri: str, store_texts, arguments: list[str]) -> None:
    store_texts(["wafer"])
    assert_one_line_error(run("similarity", "search", *arguments, mongodb_uri=uri))
