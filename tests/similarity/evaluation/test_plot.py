from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from similarity.evaluation.plot import draw_curve
from similarity.evaluation.precision_recall import JudgedAnswers, OperatingPoint, precision_recall_curve

SVG = "{http://www.w3.org/2000/svg}"


def curve_of(scores: list[float], right: list[bool]):
    return precision_recall_curve([JudgedAnswers(np.array(scores, np.float64), np.array(right, bool), 4)])


HALF = curve_of([1.0, 0.75, 0.5, 0.25], [True, False, True, False])


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.encode())


def places(line: ElementTree.Element) -> list[tuple[float, float]]:
    return [tuple(map(float, place.split(","))) for place in line.attrib["points"].split()]


def test_lines_go_through_precision_and_recall() -> None:
    root = parsed(draw_curve("a set", HALF))
    precision, recall = [line for line in root.iter(f"{SVG}polyline") if line.attrib["stroke-width"] == "2.5"]
    left, top, right, bottom = 74, 66, 640, 396  # the area from 0 to 1 both ways
    assert places(precision)[0] == (right, top)  # at score 1 all is right
    assert places(recall)[0] == (right, bottom - (bottom - top) / 4)
    assert places(precision)[-1] == (left + (right - left) / 4, (top + bottom) / 2)
    assert places(recall)[-1] == (left + (right - left) / 4, (top + bottom) / 2)


def test_labels_in_both_languages() -> None:
    labels = {text.text for text in parsed(draw_curve("集合 & <set>", HALF)).iter(f"{SVG}text")}
    assert {"集合 & <set>", "分数门槛 · threshold of the score", "份额 · share"} <= labels
    assert {"查准率", "precision", "查全率", "recall", "100 %", "0.6"} <= labels


def test_the_target_threshold_is_drawn() -> None:
    root = parsed(draw_curve("a set", HALF, OperatingPoint(0.5, 2 / 3, 0.5, 3)))
    labels = {text.text for text in root.iter(f"{SVG}text")}
    assert "≥ 0.5: 查准率 precision 66.7 %, 查全率 recall 50.0 %" in labels
    (line,) = [shape for shape in root.iter(f"{SVG}polyline") if "stroke-dasharray" in shape.attrib]
    assert {x for x, _ in places(line)} == {357.0}


@pytest.mark.parametrize(
    "curve",
    [curve_of([], []), curve_of([0.3], [False]), curve_of([17.2, 3.0], [True, False])],
    ids=["nothing", "one", "bm25"],
)
def test_labels_do_not_overlap_and_nothing_lies_outside_the_image(curve) -> None:
    root = parsed(draw_curve("a set", curve))
    names = sorted(float(text.attrib["y"]) for text in root.iter(f"{SVG}text") if text.attrib["x"] == "650.0")
    assert all(later - earlier >= 15 for earlier, later in pairwise(names))
    for line in root.iter(f"{SVG}polyline"):
        assert all(0 <= x <= 760 and 0 <= y <= 470 for x, y in places(line))
    assert all(0 <= float(text.attrib["y"]) <= 470 for text in root.iter(f"{SVG}text"))
