"""A precision-recall curve as lines for people and as data: a table, and the threshold for a target precision."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from similarity.evaluation.precision_recall import MIN_ANSWERS, PrecisionRecallCurve


def lines(curve: PrecisionRecallCurve, target: float) -> Iterator[str]:
    """The table of *curve*, and the score from which on the precision *target* (a share of 1) is reached."""
    if not len(curve.thresholds):
        yield "  没有答案，也就没有门槛 · no answers, so no thresholds"
        return
    yield "  门槛 threshold    查准率 precision    查全率 recall      答案 answers"
    for point in curve.table():
        precision = "—" if math.isnan(point.precision) else f"{100 * point.precision:.1f} %"
        yield f"  {point.threshold:>14.6g}    {precision:>16}    {100 * point.recall:>11.1f} %    {point.answers:>12,}"
    yield f"  {_target_line(curve, target)}"


def as_json(curve: PrecisionRecallCurve, target: float) -> dict[str, Any]:
    """The same as data: ``thresholds``, and ``target`` with a threshold of None where it is not reached."""
    reached = curve.reaching(target)
    at_target = {"threshold": None} if reached is None else reached.as_json()
    return {"thresholds": [point.as_json() for point in curve.table()], "target": {"wanted": target, **at_target}}


def _target_line(curve: PrecisionRecallCurve, target: float) -> str:
    reached = curve.reaching(target)
    share = f"{100 * target:g} %"
    if reached is not None:
        return (
            f"查准率 precision {share}: 门槛 threshold {reached.threshold:.4f},"
            f" 查全率 recall {100 * reached.recall:.1f} %"
        )
    best = curve.best_precision()
    if math.isnan(best):
        return f"查准率 precision {share}: 答案不足 {MIN_ANSWERS} 个 · fewer than {MIN_ANSWERS} answers to tell"
    return f"查准率 precision {share}: 达不到，最高 · not reached, at most {100 * best:.1f} %"
