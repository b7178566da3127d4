"""From a precision to the score that reaches it, by measurements on test sets.

The measurements are in ``thresholds.json`` next to this file. ``similarity.evaluation.thresholds`` writes it
(``xinwen calibrate``); here it is only read.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from similarity.errors import QueryError
from text.embedding.encoder import WITHOUT_ENCODER

STORED = Path(__file__).with_name("thresholds.json")


@dataclass(frozen=True)
class MeasuredSet:
    """A test set: its name, the digest of its files, and its number of queries."""

    name: str
    digest: str
    queries: int


@dataclass(frozen=True)
class ModelThresholds:
    """Precision and recall of a model by score, for an analyzer version and an encoder ("" for none).

    Measured over ``sets``, which have the same weight each. ``points``: (score, precision, recall, answers a query) of
    all answers from that score on, scores ascending; scores that too few answers reach are left out.
    """

    model: str
    analyzer: str
    encoder: str
    sets: tuple[MeasuredSet, ...]
    points: tuple[tuple[float, float, float, float], ...]

    def right_between(self, low: float, high: float) -> float:
        """The share of right answers among those with a score of *low* or more and below *high*, two stored scores."""
        (_, upper, _, above), (_, lower, _, more) = (self.at(score) for score in (high, low))
        return (lower * more - upper * above) / (more - above)

    def at(self, score: float) -> tuple[float, float, float, float]:
        """The point of *score*, a stored one."""
        return next(point for point in self.points if abs(point[0] - score) < 1e-9)

    def reaching(self, precision: float) -> float:
        """The lowest score that reaches *precision*. Raises QueryError when none does."""
        scores = [point[0] for point in self.points if point[1] >= precision]
        if not scores:
            best = max(self.points, key=lambda point: point[1])
            raise QueryError(
                f"precision {precision:g} was reached at no score of model {self.model}; the highest measured is"
                f" {best[1]:.3f}, from score {best[0]:.2f} on: --target-precision {math.floor(best[1] * 100) / 100}",
                "target_precision",
                f"模型 {self.model} 在任何分数上都没有达到查准率 {precision:g}；"
                f"测得最高为 {math.floor(best[1] * 100) / 100}",
            )
        return min(scores)


def score_reaching(precision: float, model: str, analyzer: str, encoder: str, stored: Path = STORED) -> float:
    """The lowest score with which *model* reached *precision* (above 0, at most 1) on the test sets.

    Raises QueryError where it was not measured with this *analyzer* version and *encoder* ("" for none), and where it
    never reached the precision.
    """
    if not 0 < precision <= 1:
        raise QueryError(
            f"target precision {precision:g} is not a share of 1, as 0.9 is",
            "target_precision",
            f"查准率 {precision:g} 不在 0 与 1 之间，应如 0.9",
        )
    thresholds = load(stored)
    of_model = [row for row in thresholds if row.model == model]
    if not of_model:
        names = ", ".join(sorted({row.model for row in thresholds})) or "none"
        raise QueryError(
            f"no thresholds are stored for model {model} (stored for: {names}); --min-score takes a score",
            "target_precision",
            f"没有为模型 {model} 测过阈值（测过的：{names}）；可用 min_score 给出分数",
        )
    for row in of_model:
        if (row.analyzer, row.encoder) == (analyzer, encoder):
            return row.reaching(precision)
    raise QueryError(
        f"the thresholds of model {model} were not measured with analyzer {analyzer} and {encoder or WITHOUT_ENCODER}:"
        " xinwen calibrate DIR …, or --min-score",
        "target_precision",
        f"模型 {model} 的阈值不是用当前的分词与编码器测的：xinwen calibrate DIR …，或用 min_score",
    )


def load(stored: Path = STORED) -> list[ModelThresholds]:
    """All thresholds in the file *stored*."""
    return [
        ModelThresholds(
            row["model"],
            row["analyzer"],
            row["encoder"],
            tuple(MeasuredSet(**source) for source in row["sets"]),
            tuple((score, precision, recall, each) for score, precision, recall, each in row["points"]),
        )
        for row in json.loads(stored.read_text("utf-8"))
    ]
