from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.evaluation.precision_recall import JudgedAnswers, OperatingPoint, precision_recall_curve
from similarity.evaluation.report import as_json, lines


def judged(answers: list[tuple[float, bool]], relevant: int, weight: float = 1.0) -> JudgedAnswers:
    scores, right = zip(*answers, strict=True) if answers else ((), ())
    return JudgedAnswers(np.array(scores, np.float64), np.array(right, bool), relevant, weight)


FOUR = judged([(0.9, True), (0.4, False), (0.7, False), (0.7, True)], relevant=4)


def test_computed_by_hand() -> None:
    curve = precision_recall_curve([FOUR])
    # The two answers with 0.7 are kept or left out together; one of four right ones was never answered.
    assert curve.thresholds.tolist() == [0.9, 0.7, 0.4]
    assert curve.at(0.9) == OperatingPoint(0.9, 1.0, 1 / 4, 1)
    assert curve.at(0.7) == OperatingPoint(0.7, 2 / 3, 2 / 4, 3)
    assert curve.at(0.5) == OperatingPoint(0.5, 2 / 3, 2 / 4, 3)
    assert curve.at(0.0) == OperatingPoint(0.0, 2 / 4, 2 / 4, 4)
    nothing = curve.at(0.95)
    assert math.isnan(nothing.precision)
    assert (nothing.recall, nothing.answers) == (0.0, 0)


def test_the_lowest_threshold_that_reaches_a_precision_by_enough_answers() -> None:
    curve = precision_recall_curve([FOUR])
    assert curve.reaching(0.6, min_answers=1) == OperatingPoint(0.7, 2 / 3, 2 / 4, 3)
    assert curve.reaching(0.9, min_answers=1) == OperatingPoint(0.9, 1.0, 1 / 4, 1)
    assert curve.reaching(0.9, min_answers=2) is None
    assert curve.best_precision(min_answers=2) == 2 / 3
    assert math.isnan(curve.best_precision(min_answers=5))


def test_a_precision_lost_and_found_again_counts_from_its_lowest_score() -> None:
    answers = [(0.9, True), (0.8, False), (0.7, True), (0.6, True), (0.5, True), (0.4, False)]
    reached = precision_recall_curve([judged(answers, 4)]).reaching(0.8, min_answers=1)
    assert reached == OperatingPoint(0.5, 4 / 5, 1.0, 5)


def test_sets_count_by_their_weight_and_recall_is_their_mean() -> None:
    small = judged([(0.9, True), (0.1, False)], relevant=1, weight=1.0)
    large = judged([(0.9, False), (0.5, True)] * 2, relevant=2, weight=0.5)
    point = precision_recall_curve([small, large]).at(0.9)
    assert point.precision == 1 / (1 + 2 * 0.5)
    assert point.recall == (1 + 0) / 2


answers = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=60)


@given(answers, st.integers(0, 5), st.integers(0, 22))
def test_the_same_as_counting(answers_given: list[tuple[float, bool]], missed: int, step: int) -> None:
    relevant = sum(right for _, right in answers_given) + missed
    point = precision_recall_curve([judged(answers_given, relevant)]).at(step / 20)
    kept = [right for score, right in answers_given if score >= step / 20]
    assert point.answers == len(kept)
    assert point.recall == pytest.approx(sum(kept) / relevant if relevant else 0.0)
    if kept:
        assert point.precision == pytest.approx(sum(kept) / len(kept))


@given(answers)
def test_the_table_covers_the_scores(answers_given: list[tuple[float, bool]]) -> None:
    scaled = [(40 * score, right) for score, right in answers_given]
    table = precision_recall_curve([judged(scaled, len(answers_given))]).table()
    assert 9 <= len(table) <= 20
    assert [row.recall for row in table] == sorted((row.recall for row in table), reverse=True)


def test_report_as_lines_and_as_data() -> None:
    curve = precision_recall_curve([judged([(0.9, True)] * 30 + [(0.3, False)] * 30, relevant=40)])
    printed = list(lines(curve, 0.9))
    assert printed[-1] == "  查准率 precision 90 %: 门槛 threshold 0.9000, 查全率 recall 75.0 %"
    assert ["0.25", "50.0", "%", "75.0", "%", "60"] in [line.split() for line in printed]
    assert ["0.95", "—", "0.0", "%", "0"] in [line.split() for line in printed]
    data = json.loads(json.dumps(as_json(curve, 0.9), allow_nan=False))
    assert data["target"] == {"wanted": 0.9, "threshold": 0.9, "precision": 1.0, "recall": 0.75, "answers": 30}
    assert data["thresholds"][-1] == {"threshold": 0.95, "precision": None, "recall": 0.0, "answers": 0}


def test_report_when_the_target_is_not_reached() -> None:
    mixed = precision_recall_curve([judged([(0.9, True), (0.9, False)] * 20, relevant=20)])
    assert list(lines(mixed, 0.9))[-1] == "  查准率 precision 90 %: 达不到，最高 · not reached, at most 50.0 %"
    assert as_json(mixed, 0.9)["target"] == {"wanted": 0.9, "threshold": None}
    assert "fewer than 20 answers" in list(lines(precision_recall_curve([FOUR]), 0.9))[-1]
    assert list(lines(precision_recall_curve([judged([], 3)]), 0.9)) == [
        "  没有答案，也就没有门槛 · no answers, so no thresholds"
    ]
    assert as_json(precision_recall_curve([judged([], 3)]), 0.9)["target"]["threshold"] is None
