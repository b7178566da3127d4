"""Draws a trend: a bar for each period, as SVG that notebooks and browsers show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from xml.etree import ElementTree

_WIDTH, _HEIGHT = 720, 220
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 34, 710, 186  # edges of the plot area, in pixels
_INK, _BAR, _FAINT = "#222222", "#0b6e99", "#d9d9d9"
_FONT = "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif"
_LABELS = 8  # under the bars, at most


class DrawnPeriod(Protocol):
    """What is drawn of a period."""

    @property
    def start(self) -> object:
        """Its first day."""

    @property
    def articles(self) -> int:
        """The height of its bar."""


def draw_trend(title: str, bars: Sequence[DrawnPeriod]) -> str:
    """The SVG of *bars*, the earliest first, with *title*."""
    size = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "width": str(_WIDTH), "height": str(_HEIGHT)}
    style = {"font-family": _FONT, "font-size": "12", "fill": _INK, "role": "img"}
    root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **style})
    text = "".join(character for character in title if character.isprintable())[:90]
    ElementTree.SubElement(root, "title").text = text
    ElementTree.SubElement(root, "rect", {"width": str(_WIDTH), "height": str(_HEIGHT), "fill": "#ffffff"})
    _text(root, _LEFT, 20, text, "start").set("font-weight", "bold")
    highest = max((bar.articles for bar in bars), default=0)
    for share in (0, 1):
        y = _BOTTOM - share * (_BOTTOM - _TOP)
        line = {"x1": str(_LEFT), "x2": str(_RIGHT), "y1": str(y), "y2": str(y), "stroke": _FAINT}
        ElementTree.SubElement(root, "line", line)
        _text(root, _LEFT - 6, y + 4, f"{share * highest:,}", "end")
    if bars:
        _bars(root, bars, max(highest, 1))
    return ElementTree.tostring(root, encoding="unicode")


def _bars(root: ElementTree.Element, bars: Sequence[DrawnPeriod], highest: int) -> None:
    step = (_RIGHT - _LEFT) / len(bars)
    labelled = -(-len(bars) // _LABELS)
    for number, bar in enumerate(bars):
        height = (_BOTTOM - _TOP) * bar.articles / highest
        x = _LEFT + number * step
        place = {"x": f"{x + 0.1 * step:.2f}", "y": f"{_BOTTOM - height:.2f}"}
        size = {"width": f"{0.8 * step:.2f}", "height": f"{height:.2f}", "fill": _BAR}
        drawn = ElementTree.SubElement(root, "rect", {**place, **size})
        ElementTree.SubElement(drawn, "title").text = f"{bar.start}: {bar.articles:,}"
        if number % labelled == 0:
            _text(root, x + step / 2, _BOTTOM + 18, str(bar.start), "middle")


def _text(root: ElementTree.Element, x: float, y: float, text: str, anchor: str) -> ElementTree.Element:
    element = ElementTree.SubElement(root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor})
    element.text = text
    return element
