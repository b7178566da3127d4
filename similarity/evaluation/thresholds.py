"""Measures on test sets which score of a model reaches which precision, and saves it for ``ranking.thresholds``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from similarity.errors import QueryError
from similarity.evaluation.precision_recall import MIN_ANSWERS, JudgedAnswers, precision_recall_curve
from similarity.ranking.thresholds import STORED, MeasuredSet, ModelThresholds, load

_STEPS = 100  # scores are shares of 1 and kept in steps of a hundredth


def measure_thresholds(
    model: str, analyzer: str, encoder: str, sets: Sequence[MeasuredSet], judged: Sequence[JudgedAnswers]
) -> ModelThresholds:
    """The thresholds that *judged*, the answers over *sets*, give. Raises QueryError for too few answers.

    *analyzer* is the analyzer's version, *encoder* its name, "" for none.
    """
    curve = precision_recall_curve(judged)
    points = tuple(
        (
            point.threshold,
            round(point.precision, 4),
            round(point.recall, 4),
            round(_answers_per_query(judged, point.threshold), 4),
        )
        for point in (curve.at(step / _STEPS) for step in range(1, _STEPS))
        if point.answers >= MIN_ANSWERS
    )
    if not points or curve.thresholds[0] > 1:
        raise QueryError(
            f"no thresholds for model {model}: its scores are not shares of 1 that mean the same for each query"
        )
    return ModelThresholds(model, analyzer, encoder, tuple(sets), points)


def save(fresh: Sequence[ModelThresholds], stored: Path = STORED) -> None:
    """Write *fresh* in place of what the file *stored* has for the same models, with or without an encoder."""
    replaced = {(thresholds.model, bool(thresholds.encoder)) for thresholds in fresh}
    kept = [thresholds for thresholds in load(stored) if (thresholds.model, bool(thresholds.encoder)) not in replaced]
    rows = sorted([*kept, *fresh], key=lambda thresholds: (thresholds.model, thresholds.encoder))
    stored.write_text("[\n" + ",\n".join(_as_text(row) for row in rows) + "\n]\n", encoding="utf-8")


def _answers_per_query(judged: Sequence[JudgedAnswers], threshold: float) -> float:
    """The mean over the sets; the weight of an answer is 1 / queries of its set."""
    return sum(answers.weight * int((answers.scores >= threshold).sum()) for answers in judged) / len(judged)


def _as_text(thresholds: ModelThresholds) -> str:
    """One line per field and one per point, so that a changed number is one changed line."""
    fields = asdict(thresholds)
    points = ",\n   ".join(json.dumps(point) for point in fields.pop("points"))
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return " {\n" + ",\n".join([*lines, f'  "points": [\n   {points}\n  ]']) + "\n }"
