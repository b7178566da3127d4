"""Forty questions through Python, the command line and HTTP: the same ids in the same order, equal scores."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from similarity.answers.answer import answer
from similarity.answers.question import read
from similarity.index import SimilarityIndex
from tests.commands import run
from tests.service.conftest import TEXTS

PAGE = " ".join(text for text, _, _ in TEXTS) + " Wafer prices rise again. 晶圆价格再次上涨。"
TEXT_QUESTIONS = [
    "HBM4", "HBM4 supply", "HBM4 供应紧张", "SK海力士", "SK hynix 产能", "先进封装", "CoWoS capacity", "台积电 资本开支",
    "TSMC capital budget", "全球半导体销售额", "semiconductor sales", "三星 存储芯片", "Samsung memory prices", "Intel foundry",
    "third quarter", "第三季度", "wafer prices", "晶圆 价格", "wafer -Intel", 'wafer "rise again"', "HBM4 OR CoWoS", PAGE,
    "\n".join([PAGE] * 3), "gallium",
]  # fmt: skip
FILTERED = [
    {"q": "wafer", "kind": ["report"]},
    {"q": "wafer", "source": ["sia"], "k": 20},
    {"q": "HBM4", "language": ["zh"]},
    {"q": "HBM4 supply", "across": False},
    {"q": "capital budget", "company": ["台积电"]},
    {"q": "wafer", "since": "2026-01-01", "sort": "published"},
    {"q": "wafer", "not": ["Intel"], "must": ['"rise again"']},
    {"q": "wafer", "min_score": 0.3},
    {"q": "HBM4", "category": ["媒体", "行业协会"]},
    {"q": "wafer prices", "model": "bm25", "k": 7},
    {"q": "wafer prices", "model": "tfidf", "source": ["sia"]},
    {"q": "wafer", "fold": False, "k": 15},
    {"q": "HBM4 供应", "explain": True},
    {"q": "semiconductor", "kind": ["news"], "language": ["en"]},
    {"q": PAGE, "category": ["半导体科技"]},
    {"q": "wafer", "recent": "30d"},
]
QUESTIONS = [{"q": text} for text in TEXT_QUESTIONS] + FILTERED


def hits_by_command(uri: str, values: dict[str, object]) -> list[tuple[str, float]]:
    arguments: list[object] = [values["q"], "--json"]
    for name, value in values.items():
        if name in ("k", "q"):
            arguments += ["-k", value] if name == "k" else []
        elif isinstance(value, bool):
            arguments.append({"across": "--no-across", "fold": "--every", "explain": "--explain"}[name])
        else:
            option = "--" + name.replace("_", "-")
            arguments += [part for one in (value if isinstance(value, list) else [value]) for part in (option, one)]
    done = run("similarity", "search", *arguments, mongodb_uri=uri)
    assert done.returncode == 0, done.stderr
    return [(hit["article"]["id"], hit["score"]) for hit in json.loads(done.stdout)["hits"]]


def test_there_are_forty_questions() -> None:
    assert len(QUESTIONS) == 40


@pytest.mark.parametrize("values", QUESTIONS, ids=lambda values: str(values)[:40])
def test_python_and_http_answer_alike(client: TestClient, news_uri: str, values: dict[str, object]) -> None:
    index: SimilarityIndex = client.app.state.engine.index  # type: ignore[attr-defined]
    expected = [(hit.article.id, hit.score) for hit in answer(index, read(values)).hits]
    for reply in (
        client.get("/api/v1/search", params=read(values).values()),
        client.post("/api/v1/search", json=values),
    ):
        assert reply.status_code == 200, reply.text
        found = [(hit["article"]["id"], hit["score"]) for hit in reply.json()["hits"]]
        assert [key for key, _ in found] == [key for key, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-9)
    if values["q"] != "gallium":
        assert expected


@pytest.mark.slow
@pytest.mark.parametrize("values", QUESTIONS, ids=lambda values: str(values)[:40])
def test_the_command_answers_alike(client: TestClient, news_uri: str, values: dict[str, object]) -> None:
    index: SimilarityIndex = client.app.state.engine.index  # type: ignore[attr-defined]
    expected = [(hit.article.id, hit.score) for hit in answer(index, read(values)).hits]
    found = hits_by_command(news_uri, values)
    assert [key for key, _ in found] == [key for key, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-9)
