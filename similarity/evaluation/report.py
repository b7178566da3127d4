"""A precision-recall curve in words and numbers: a table over thresholds, and the threshold for a wanted precision."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from similarity.curve import FEWEST, Curve


def lines(found: Curve, wanted: float) -> Iterator[str]:
    """The table for people, and from which score on the precision *wanted* (a share of 1) is reached."""
    if not len(found.thresholds):
        yield "  没有答案，也就没有门槛 · no answers, so no thresholds"
        return
    yield "  门槛 threshold    查准率 precision    查全率 recall      答案 answers"
    for point in found.table():
        precision = "—" if math.isnan(point.precision) else f"{100 * point.precision:.1f} %"
        yield f"  {point.threshold:>14.6g}    {precision:>16}    {100 * point.recall:>11.1f} %    {point.answers:>12,}"
    yield f"  {_reached(found, wanted)}"


def as_json(found: Curve, wanted: float) -> dict[str, Any]:
    """The same as data: ``thresholds``, and ``target`` with a threshold of None where the precision is not reached."""
    reached = found.reaching(wanted)
    target = {"threshold": None} if reached is None else reached.as_json()
    return {"thresholds": [point.as_json() for point in found.table()], "target": {"wanted": wanted, **target}}


def _reached(found: Curve, wanted: float) -> str:
    reached = found.reaching(wanted)
    share = f"{100 * wanted:g} %"
    if reached is not None:
        return (
            f"查准率 precision {share}: 门槛 threshold {reached.threshold:.4f},"
            f" 查全率 recall {100 * reached.recall:.1f} %"
        )
    best = found.best_precision()
    if math.isnan(best):
        return f"查准率 precision {share}: 答案不足 {FEWEST} 个 · fewer than {FEWEST} answers to tell"
    return f"查准率 precision {share}: 达不到，最高 · not reached, at most {100 * best:.1f} %"
