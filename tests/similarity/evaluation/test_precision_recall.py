from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.curve import Judged, Point, curve
from similarity.curve_told import as_json, lines


def judged(answers: list[tuple[float, bool]], relevant: int, weight: float = 1.0) -> Judged:
    scores, right = zip(*answers, strict=True) if answers else ((), ())
    return Judged(np.array(scores, np.float64), np.array(right, bool), relevant, weight)


FOUR = judged([(0.9, True), (0.4, False), (0.7, False), (0.7, True)], relevant=4)


def test_worked_out_by_hand() -> None:
    found = curve([FOUR])
    # The two answers with 0.7 stand or fall together; one of four right ones was never answered.
    assert found.thresholds.tolist() == [0.9, 0.7, 0.4]
    assert found.at(0.9) == Point(0.9, 1.0, 1 / 4, 1)
    assert found.at(0.7) == Point(0.7, 2 / 3, 2 / 4, 3)
    assert found.at(0.5) == Point(0.5, 2 / 3, 2 / 4, 3)
    assert found.at(0.0) == Point(0.0, 2 / 4, 2 / 4, 4)
    nothing = found.at(0.95)
    assert math.isnan(nothing.precision)
    assert (nothing.recall, nothing.answers) == (0.0, 0)


def test_the_lowest_threshold_that_reaches_a_precision_by_enough_answers() -> None:
    found = curve([FOUR])
    assert found.reaching(0.6, fewest=1) == Point(0.7, 2 / 3, 2 / 4, 3)
    assert found.reaching(0.9, fewest=1) == Point(0.9, 1.0, 1 / 4, 1)
    assert found.reaching(0.9, fewest=2) is None
    assert found.best_precision(fewest=2) == 2 / 3
    assert math.isnan(found.best_precision(fewest=5))


def test_a_precision_lost_and_found_again_counts_from_its_lowest_score() -> None:
    answers = [(0.9, True), (0.8, False), (0.7, True), (0.6, True), (0.5, True), (0.4, False)]
    reached = curve([judged(answers, 4)]).reaching(0.8, fewest=1)
    assert reached == Point(0.5, 4 / 5, 1.0, 5)


def test_sets_count_by_their_weight_and_recall_is_their_mean() -> None:
    small = judged([(0.9, True), (0.1, False)], relevant=1, weight=1.0)
    large = judged([(0.9, False), (0.5, True)] * 2, relevant=2, weight=0.5)
    point = curve([small, large]).at(0.9)
    assert point.precision == 1 / (1 + 2 * 0.5)
    assert point.recall == (1 + 0) / 2


answers = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=60)


@given(answers, st.integers(0, 5), st.integers(0, 22))
def test_the_same_as_counting(found: list[tuple[float, bool]], missed: int, step: int) -> None:
    relevant = sum(right for _, right in found) + missed
    point = curve([judged(found, relevant)]).at(step / 20)
    said = [right for score, right in found if score >= step / 20]
    assert point.answers == len(said)
    assert point.recall == pytest.approx(sum(said) / relevant if relevant else 0.0)
    if said:
        assert point.precision == pytest.approx(sum(said) / len(said))


@given(answers)
def test_the_table_covers_the_scores(found: list[tuple[float, bool]]) -> None:
    scaled = [(40 * score, right) for score, right in found]
    table = curve([judged(scaled, len(found))]).table()
    assert 9 <= len(table) <= 20
    assert [row.recall for row in table] == sorted((row.recall for row in table), reverse=True)


def test_told_in_words_and_as_data() -> None:
    found = curve([judged([(0.9, True)] * 30 + [(0.3, False)] * 30, relevant=40)])
    told = list(lines(found, 0.9))
    assert told[-1] == "  查准率 precision 90 %: 门槛 threshold 0.9000, 查全率 recall 75.0 %"
    assert ["0.25", "50.0", "%", "75.0", "%", "60"] in [line.split() for line in told]
    assert ["0.95", "—", "0.0", "%", "0"] in [line.split() for line in told]
    data = json.loads(json.dumps(as_json(found, 0.9), allow_nan=False))
    assert data["target"] == {"wanted": 0.9, "threshold": 0.9, "precision": 1.0, "recall": 0.75, "answers": 30}
    assert data["thresholds"][-1] == {"threshold": 0.95, "precision": None, "recall": 0.0, "answers": 0}


def test_told_when_it_is_not_reached() -> None:
    mixed = curve([judged([(0.9, True), (0.9, False)] * 20, relevant=20)])
    assert list(lines(mixed, 0.9))[-1] == "  查准率 precision 90 %: 达不到，最高 · not reached, at most 50.0 %"
    assert as_json(mixed, 0.9)["target"] == {"wanted": 0.9, "threshold": None}
    assert "fewer than 20 answers" in list(lines(curve([FOUR]), 0.9))[-1]
    assert list(lines(curve([judged([], 3)]), 0.9)) == ["  没有答案，也就没有门槛 · no answers, so no thresholds"]
    assert as_json(curve([judged([], 3)]), 0.9)["target"]["threshold"] is None
