"""The commands keywords, trend and related, as a user calls them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from similarity.maintenance import lsi_training
from similarity.maintenance.executor import Executor
from tests.commands import assert_one_line_error, run
from tests.similarity.analytics.test_related_terms import articles_of

pytestmark = pytest.mark.slow


def test_keywords(uri: str, store_texts) -> None:
    store_texts([f"meeting {number}" for number in range(9)], language="en")
    (key,) = store_texts(["台积电 TSMC qnodex 台积电"], language="zh", title="x")
    done = run("similarity", "keywords", key, "-k", "1", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1:] == ["台积电", "TSMC", "×3，1", "篇", "articles"]
    found = json.loads(run("similarity", "keywords", key, "--json", mongodb_uri=uri).stdout)
    assert found["id"] == key
    assert [(one["word"], one["count"], one["english"]) for one in found["keywords"]] == [
        ("台积电", 3, "TSMC"),
        ("qnodex", 1, ""),
    ]


def test_trend(uri: str, store_texts) -> None:
    for month, text in ((1, "台积电 a"), (1, "TSMC b"), (6, "台积公司 c"), (7, "fab d")):
        store_texts([text], published=datetime(2026, month, 9, tzinfo=UTC))
    done = run("similarity", "trend", "TSMC", "--by", "month", mongodb_uri=uri, columns=100)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("计入 · counted: 台积电 = ")
    shown = [line.split() for line in lines[2:]]
    assert shown[:4] == [
        ["2026-01", "█" * 30, "2", "/", "2", "100.0", "%", "sia", "2"],
        ["…"],
        ["2026-06", "█" * 15, "1", "/", "1", "100.0", "%", "sia", "1"],
        ["2026-07", "0", "/", "1", "0.0", "%"],
    ]
    assert lines[-1] == "共 3 篇 · articles in all: sia 3"
    found = json.loads(run("similarity", "trend", "TSMC", "--json", "--since", "2026-06-01", mongodb_uri=uri).stdout)
    assert (found["by"], found["articles"], found["periods"][0]["start"]) == ("week", 1, "2026-06-01")
    assert found["periods"][1] == {
        "start": "2026-06-08", "end": "2026-06-14", "sources": {"sia": 1}, "articles": 1, "of": 1, "share": 1.0,
    }  # fmt: skip
    failed = run("similarity", "trend", "TSMC", "--since", "June", mongodb_uri=uri)
    assert_one_line_error(failed, "error: --since 'June' is not a date")


def test_related(uri: str, database, store_texts) -> None:
    assert_one_line_error(run("similarity", "related", "内存", mongodb_uri=uri), "error: 0 articles are too few", "200")
    store_texts(articles_of(120))
    with ThreadPoolExecutor(1) as here:
        lsi_training.train_topics(database, uri, Executor(here, 1), 12)
    done = run("similarity", "related", "阿斯麦", "-k", "12", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = [line for line in done.stdout.splitlines() if "光刻机" in line]
    assert "光刻机 lithography machine" in line, "a term is shown in both languages"
    assert "出口许可 export license" in done.stdout, "of licences and of 许可证"
    found = json.loads(run("similarity", "related", "阿斯麦", "-k", "3", "--json", mongodb_uri=uri).stdout)
    assert (found["term"], len(found["related"])) == ("阿斯麦", 3)
    assert set(found["related"][0]) == {
        "word",
        "nearness",
        "language",
        "other_language",
        "articles",
        "chinese",
        "english",
    }
