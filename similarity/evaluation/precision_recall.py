"""Precision and recall as functions of a score threshold: what is kept, and lost, by leaving out lower scores.

Precision is the share of right answers among those with a score of at least the threshold; recall is the number of
these right answers divided by all right answers there are (Manning, Raghavan and Schütze 2008, section 8.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from similarity.arrays import Flags, Floats
from store.vectors import Ints

MIN_ANSWERS = 20
"""Answers that a precision has to rest on: of the three best of a whole test set, all may be right by chance."""


@dataclass(frozen=True, eq=False)
class JudgedAnswers:
    """The answers over one test set: ``scores`` (float64) and ``right`` (bool), both of shape (answers,).

    ``relevant`` is the number of right answers there are to find; one that was never given counts as not found.
    ``weight`` is what one answer counts for when several sets are combined.
    """

    scores: Floats
    right: Flags
    relevant: int
    weight: float = 1.0


class OperatingPoint(NamedTuple):
    """What the answers with a score of at least ``threshold`` give, as shares of 1; ``answers`` is their number.

    Without any answer the precision is nan, because it is not defined.
    """

    threshold: float
    precision: float
    recall: float
    answers: int

    def as_json(self) -> dict[str, Any]:
        """The fields by name; a precision of nan, which JSON lacks, as None."""
        return self._asdict() | {"precision": None if math.isnan(self.precision) else self.precision}


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """Precision, recall (float64) and number of answers (int64) from each distinct score on, highest score first.

    All arrays have the shape (distinct scores,).
    """

    thresholds: Floats
    precision: Floats
    recall: Floats
    answers: Ints

    def at(self, threshold: float) -> OperatingPoint:
        """What the answers with a score of at least *threshold* give."""
        row = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        if row < 0:
            return OperatingPoint(threshold, math.nan, 0.0, 0)
        return OperatingPoint(threshold, float(self.precision[row]), float(self.recall[row]), int(self.answers[row]))

    def reaching(self, precision: float, min_answers: int = MIN_ANSWERS) -> OperatingPoint | None:
        """The lowest score from which on at least *min_answers* answers reach *precision*; None if there is none.

        The lowest one leaves out the fewest right answers.
        """
        rows = np.flatnonzero((self.precision >= precision) & (self.answers >= min_answers))
        return self.at(float(self.thresholds[rows[-1]])) if len(rows) else None

    def best_precision(self, min_answers: int = MIN_ANSWERS) -> float:
        """The highest precision that at least *min_answers* answers reach; nan if there are fewer answers."""
        reached = self.precision[self.answers >= min_answers]
        return float(reached.max()) if len(reached) else math.nan

    def table(self) -> list[OperatingPoint]:
        """The curve at round thresholds: steps of 0.05 where scores are shares of 1, else about twenty steps."""
        highest = float(self.thresholds[0]) if len(self.thresholds) else 1.0
        step = 0.05 if highest <= 1 else _round_step(highest / 20)
        return [self.at(round(number * step, 10)) for number in range(1, math.ceil(max(highest, 1) / step))]


def precision_recall_curve(sets: Sequence[JudgedAnswers]) -> PrecisionRecallCurve:
    """The curve of all *sets* together: each answer has the weight of its set; recall is the mean over the sets."""
    scores = np.concatenate([judged.scores for judged in sets])
    right = np.concatenate([judged.right for judged in sets])
    set_numbers = np.repeat(np.arange(len(sets)), [len(judged.scores) for judged in sets])
    # Weights of 1 for a single set: counts stay whole numbers, and nine right of ten are 0.9 exactly.
    weights = np.array([judged.weight / sets[0].weight for judged in sets])[set_numbers]
    order = np.argsort(-scores, kind="stable")
    scores, right, set_numbers, weights = scores[order], right[order], set_numbers[order], weights[order]
    # Equal scores are kept or left out together: only the last row of each score is a threshold.
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], [True] * bool(len(scores))))
    precision = (np.cumsum(weights * right) / np.cumsum(weights))[last]
    recalls = [
        np.cumsum(right & (set_numbers == number))[last] / max(judged.relevant, 1) for number, judged in enumerate(sets)
    ]
    return PrecisionRecallCurve(scores[last], precision, np.mean(recalls, axis=0), last.astype(np.int64) + 1)


def _round_step(about: float) -> float:
    """The smallest of 1, 2, 5 and 10 times a power of ten that is at least *about*."""
    size = 10.0 ** math.floor(math.log10(about))
    return next(times * size for times in (1, 2, 5, 10) if times * size >= about)
