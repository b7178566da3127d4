"""Tells rows of data from rows that only lay out a page: the cells of the former are one line of text."""

from __future__ import annotations

from lxml.html import HtmlElement

ROWS = frozenset(("tr", "row"))
CELLS = frozenset(("td", "th", "cell"))
_MAX_CELL = 160  # letters, of which a Han character counts as three; a longer text is a column of a layout
_MAX_ELEMENTS = 400  # in a row of data


def is_data_row(row: HtmlElement) -> bool:
    """Has *row* several cells with text, all of them short, and no table inside?"""
    filled = 0
    budget = _MAX_ELEMENTS
    for cell in row:
        if cell.tag not in CELLS:
            continue
        length = 0
        for element in cell.iter():
            budget -= 1
            if budget < 0 or element.tag in ROWS:
                return False
            if element.tag in ("script", "style"):
                continue
            length += _letters(element.text)
            if element is not cell:
                length += _letters(element.tail)
            if length > _MAX_CELL:
                return False
        filled += bool(length)
    return filled > 1


def _letters(text: str | None) -> int:
    text = (text or "").strip()[: _MAX_CELL + 1]
    return len(text) if text.isascii() else sum(3 if letter >= "\u2e80" else 1 for letter in text)
