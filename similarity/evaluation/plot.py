"""Draws precision and recall over the score threshold: one SVG file that any browser shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from similarity.arrays import Floats
from similarity.evaluation.precision_recall import OperatingPoint, PrecisionRecallCurve

_WIDTH, _HEIGHT = 760, 470
_LEFT, _TOP, _RIGHT, _BOTTOM = 74, 66, 640, 396  # edges of the plot area, in pixels
_PRECISION, _RECALL, _INK, _FAINT = "#0b6e99", "#c2541b", "#222222", "#d9d9d9"
_POINTS = 400  # points of a line: more than the screen shows
_LABEL_HEIGHT = 34  # pixels of a line's label, which has two rows


def draw_curve(title: str, curve: PrecisionRecallCurve, target: OperatingPoint | None = None) -> str:
    """The SVG of *curve* with *title*; *target* is a threshold to show with its precision and recall."""
    highest = max(float(curve.thresholds[0]) if len(curve.thresholds) else 1.0, 1.0)
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "width": str(_WIDTH),
            "height": str(_HEIGHT), "font-family": "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif",
            "font-size": "13", "fill": _INK, "role": "img",
        },
    )  # fmt: skip
    ElementTree.SubElement(root, "title").text = title
    ElementTree.SubElement(root, "rect", {"width": str(_WIDTH), "height": str(_HEIGHT), "fill": "#ffffff"})
    _text(root, _LEFT, 30, title, size=16, bold=True)
    _axes(root, highest)
    if len(curve.thresholds):
        _lines(root, curve, highest)
    if target is not None:
        _target(root, target, highest)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _axes(root: ElementTree.Element, highest: float) -> None:
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        _line(root, [(_LEFT, y), (_RIGHT, y)], _FAINT, 1)
        _text(root, _LEFT - 8, y + 4, f"{10 * tenth} %", anchor="end")
        x = _x(highest * tenth / 10, highest)
        _line(root, [(x, _BOTTOM), (x, _BOTTOM + 5)], _INK, 1)
        _text(root, x, _BOTTOM + 20, f"{highest * tenth / 10:.3g}", anchor="middle")
    _line(root, [(_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], _INK, 1)
    _text(root, (_LEFT + _RIGHT) / 2, _BOTTOM + 46, "分数门槛 · threshold of the score", anchor="middle")
    vertical = _text(root, 0, 0, "份额 · share", anchor="middle")
    vertical.set("transform", f"translate(20 {(_TOP + _BOTTOM) / 2}) rotate(-90)")


def _lines(root: ElementTree.Element, curve: PrecisionRecallCurve, highest: float) -> None:
    names = {"查准率|precision": (curve.precision, _PRECISION), "查全率|recall": (curve.recall, _RECALL)}
    ends = {}
    for name, (values, colour) in names.items():
        points = _points(curve.thresholds, values, highest)
        _line(root, points, colour, 2.5)
        ends[name] = points[0][1]
    # The lines may end at the same height: without a distance their labels would cover each other.
    upper, lower = sorted(ends, key=lambda name: ends[name])
    if ends[lower] - ends[upper] < _LABEL_HEIGHT:
        ends[lower] = ends[upper] + _LABEL_HEIGHT
    over = max(ends[lower] + 16 - _BOTTOM, 0)
    if ends[lower] - ends[upper] <= _LABEL_HEIGHT:
        ends[upper] -= over
    ends[lower] -= over
    for name, (_, colour) in names.items():
        for row, part in enumerate(name.split("|")):
            _text(root, _RIGHT + 10, ends[name] + 4 + 16 * row, part, fill=colour, bold=True)


def _points(thresholds: Floats, values: Floats, highest: float) -> list[tuple[float, float]]:
    """Pixel coordinates of the line from the highest score down, at most ``_POINTS``; both arrays: (scores,)."""
    rows = np.unique(np.searchsorted(-thresholds, -np.linspace(thresholds[0], thresholds[-1], _POINTS), "right") - 1)
    return [(_x(float(thresholds[row]), highest), _y(float(values[row]))) for row in np.maximum(rows, 0)]


def _target(root: ElementTree.Element, target: OperatingPoint, highest: float) -> None:
    x = _x(target.threshold, highest)
    line = _line(root, [(x, _TOP - 8), (x, _BOTTOM)], _INK, 1)
    line.set("stroke-dasharray", "4 3")
    label = f"≥ {target.threshold:.3g}:"
    if not math.isnan(target.precision):
        label += f" 查准率 precision {100 * target.precision:.1f} %,"
    label += f" 查全率 recall {100 * target.recall:.1f} %"
    _text(root, _LEFT, _TOP - 12, label)


def _x(score: float, highest: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(max(score / highest, 0.0), 1.0)


def _y(share: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * min(max(share, 0.0), 1.0)


def _line(
    root: ElementTree.Element, points: Sequence[tuple[float, float]], colour: str, width: float
) -> ElementTree.Element:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    style = {"fill": "none", "stroke": colour, "stroke-width": str(width)}
    return ElementTree.SubElement(root, "polyline", {"points": places, **style})


def _text(
    root: ElementTree.Element,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    fill: str = _INK,
    size: int = 13,
    bold: bool = False,
) -> ElementTree.Element:
    style = {"text-anchor": anchor, "fill": fill, "font-size": str(size), "font-weight": "bold" if bold else "normal"}
    element = ElementTree.SubElement(root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", **style})
    element.text = text
    return element
