"""The options of a question: read from texts or JSON, and refused with the option's name."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from similarity.answers.question import OPTIONS, Question, read
from similarity.errors import QueryError


def test_texts_and_json_values_give_the_same_question() -> None:
    texts = {
        "q": "HBM 涨价",
        "source": ["sia", "semi"],
        "kind": "report",
        "since": "2026-01-01",
        "not": "三星",
        "k": "20",
    }
    texts |= {"across": "false", "fold": "0", "explain": "true", "min_score": "0.5", "sort": "published"}
    values = {
        "q": "HBM 涨价",
        "source": ["sia", "semi"],
        "kind": ["report"],
        "since": date(2026, 1, 1),
        "not": ["三星"],
    }
    values |= {"k": 20, "across": False, "fold": False, "explain": True, "min_score": 0.5, "sort": "published"}
    question = read(texts)
    assert question == read(values)
    assert question.not_ == ("三星",)
    assert question.source == ("sia", "semi")
    assert read(question.values()) == question


def test_what_is_not_given_is_the_default() -> None:
    assert read({}) == Question() == read({"q": "  ", "source": None, "like": ""})
    assert Question().values() == {}
    assert set(OPTIONS) == {field.name.rstrip("_") for field in fields(Question)}
    assert read({"q": "a", "lang": "en"}, others=("lang",)) == Question("a")


def test_a_time_of_a_day_is_a_moment() -> None:
    assert read({"since": "2026-07-01T08:00:00Z"}).since == datetime(2026, 7, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "option", "said"),
    [
        ({"k": "0"}, "k", "1 to 10000"),
        ({"k": 1_000_000}, "k", "1 to 10000"),
        ({"k": "ten"}, "k", "whole number"),
        ({"k": "9" * 5000}, "k", "whole number"),
        ({"k": True}, "k", "whole number"),
        ({"k": "+-5"}, "k", "whole number"),
        ({"since": "2026-13-01"}, "since", "YYYY-MM-DD"),
        ({"since": "0001-01-01"}, "since", "YYYY-MM-DD"),
        ({"until": "9999-12-31T23:00-09:00"}, "until", "YYYY-MM-DD"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "since", "no day"),
        ({"q": "a", "like": "b"}, "like", "one of them"),
        ({"q": ["a", "b"]}, "q", "2 times"),
        ({"min_score": "nan"}, "min_score", "number"),
        ({"min_score": 0.5, "target_precision": 0.9}, "target_precision", "one of them"),
        ({"model": "word2vec"}, "model", "bm25"),
        ({"sort": "newest"}, "sort", "published"),
        ({"kind": "story"}, "kind", "report"),
        ({"language": "chinese"}, "language", "zh"),
        ({"across": "maybe"}, "across", "true nor false"),
        ({"sourse": "sia"}, "sourse", "did you mean source?"),
        ({"q": {"text": "a"}}, "q", "no text"),
        ({"must": [1]}, "must", "no text"),
    ],
)
def test_a_wrong_value_names_its_option(values: dict[str, object], option: str, said: str) -> None:
    with pytest.raises(QueryError, match=said.replace("?", ".")) as raised:
        read(values)
    assert raised.value.option == option
    assert len(str(raised.value)) < 300
