"""Precision and recall over thresholds of the score: what is kept, and lost, by leaving out what lies below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 20
"""Answers that a precision has to rest on: of the three best of a whole test set, all may be right by chance."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Answers with their ``scores``, whether each is ``right`` (bool), and how many right ones there are to be found.

    ``relevant`` is at least the number of right answers: what was never answered counts as not found. ``weight`` is
    what one answer counts for when several sets are looked at together.
    """

    scores: Floats
    right: NDArray[np.bool_]
    relevant: int
    weight: float = 1.0


class Point(NamedTuple):
    """What answers with a score of at least ``threshold`` give, as shares of 1; ``answers`` is their number.

    Without any answer the precision is nan: nothing is known of it.
    """

    threshold: float
    precision: float
    recall: float
    answers: int

    def as_json(self) -> dict[str, Any]:
        """The fields by name, a precision that is not known as None."""
        return self._asdict() | {"precision": None if math.isnan(self.precision) else self.precision}


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision, recall and number of answers from every score on that occurs, highest score first."""

    thresholds: Floats
    precision: Floats
    recall: Floats
    answers: NDArray[np.int64]

    def at(self, threshold: float) -> Point:
        """What answers with a score of at least *threshold* give."""
        row = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        if row < 0:
            return Point(threshold, math.nan, 0.0, 0)
        return Point(threshold, float(self.precision[row]), float(self.recall[row]), int(self.answers[row]))

    def reaching(self, precision: float, fewest: int = FEWEST) -> Point | None:
        """The lowest score from which on *precision* is reached by at least *fewest* answers; None if by none.

        The lowest one leaves out the fewest right answers.
        """
        rows = np.flatnonzero((self.precision >= precision) & (self.answers >= fewest))
        return self.at(float(self.thresholds[rows[-1]])) if len(rows) else None

    def best_precision(self, fewest: int = FEWEST) -> float:
        """The highest precision that at least *fewest* answers reach; nan without so many."""
        reached = self.precision[self.answers >= fewest]
        return float(reached.max()) if len(reached) else math.nan

    def table(self) -> list[Point]:
        """The curve at round scores: steps of 0.05 where scores are shares of 1, else about twenty steps."""
        highest = float(self.thresholds[0]) if len(self.thresholds) else 1.0
        step = 0.05 if highest <= 1 else _round_step(highest / 20)
        return [self.at(round(number * step, 10)) for number in range(1, math.ceil(max(highest, 1) / step))]


def curve(sets: Sequence[Judged]) -> Curve:
    """The curve of all *sets* together, an answer counting its set's weight; recall is the mean of the sets'."""
    scores = np.concatenate([one.scores for one in sets])
    right = np.concatenate([one.right for one in sets])
    of_set = np.repeat(np.arange(len(sets)), [len(one.scores) for one in sets])
    # Weights of 1 for a single set: counts stay whole numbers, and nine right of ten are 0.9 exactly.
    weights = np.array([one.weight / sets[0].weight for one in sets])[of_set]
    order = np.argsort(-scores, kind="stable")
    scores, right, of_set, weights = scores[order], right[order], of_set[order], weights[order]
    # Equal scores stand or fall together: only the last row of each score is a threshold.
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], [True] * bool(len(scores))))
    precision = (np.cumsum(weights * right) / np.cumsum(weights))[last]
    found = [np.cumsum(right & (of_set == place))[last] / max(one.relevant, 1) for place, one in enumerate(sets)]
    return Curve(scores[last], precision, np.mean(found, axis=0), last.astype(np.int64) + 1)


def _round_step(about: float) -> float:
    size = 10.0 ** math.floor(math.log10(about))
    return next(times * size for times in (1, 2, 5, 10) if times * size >= about)
