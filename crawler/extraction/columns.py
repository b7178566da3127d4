"""Reads a PDF page in columns: the left one first, then the right, also where its program wrote row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import pypdfium2 as pdfium
from pypdfium2 import raw

_MIN_ROWS = 4  # that have text on both sides of a gutter; fewer are a heading with a date beside it
_MIN_WIDTH = 0.12  # of the page, of half of the lines of a column; cells of tables are narrower
_MIN_WORDS = 3  # of half of the lines of a column, or as many Han characters
_FULL_LINE = 0.6  # of the longest line of a column, at least half of the lines
_MIN_CONTINUED = 0.4  # of the lines of a column, that go on from the line above
_MIN_GUTTER = 4.0  # points
_MAX_COLUMNS = 4
_HYPHENS = ("\x02", "\ufffe")  # PDFium's signs for a hyphen at the end of a line


@dataclass(slots=True)
class _Run:
    """A piece of a line: what stands together without a wide gap."""

    left: float
    bottom: float
    right: float
    top: float
    text: str = ""

    def is_beside(self, other: _Run) -> bool:
        """Whether both are in one row, *other* on the right."""
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        lower = min(self.top - self.bottom, other.top - other.bottom)
        return shared > 0.5 * lower and other.left - self.right >= _MIN_GUTTER


def text_in_columns(page: pdfium.PdfPage, text: pdfium.PdfTextPage) -> str:
    """The text of *page*; where it is set in columns and written row by row, column after column."""
    runs = [_Run(*text.get_rect(index)) for index in range(text.count_rects())]
    width = _MIN_WIDTH * page.get_width()
    if list(_ordered(runs, width, 0)) != runs:
        _fill(runs, text)  # ten times what all else costs
        filled = [run for run in runs if run.text]
        ordered = list(_ordered(filled, width, _MIN_WORDS))
        if ordered != filled:
            return "".join(run.text if run.text.endswith(_HYPHENS) else f"{run.text}\n" for run in ordered)
    return str(text.get_text_range())


def _gutter(runs: list[_Run]) -> tuple[float, float] | None:
    """The gap that most rows have in common, of those with a run on either side; None where there are few."""
    gaps = [(first.right, second.left) for first, second in pairwise(runs) if first.is_beside(second)]
    if len(gaps) < _MIN_ROWS:
        return None
    # The place that most gaps contain is the begin of one of them.
    edges = sorted([(left, 1) for left, _ in gaps] + [(right, -1) for _, right in gaps])
    count = most = 0
    place = 0.0
    for edge, step in edges:
        count += step
        if count > most:
            most, place = count, edge
    if most < _MIN_ROWS:
        return None
    common = [(left, right) for left, right in gaps if left <= place < right]
    return max(left for left, _ in common), min(right for _, right in common)


def _fill(runs: list[_Run], text: pdfium.PdfTextPage) -> None:
    """Give each of *runs*, which are in the order of the text, its characters."""
    place = 0
    parts: list[list[str]] = [[] for _ in runs]
    for index in range(text.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(text, index))
        if letter in "\r\n":
            continue
        if not letter.isspace():
            left, bottom, right, top = text.get_charbox(index)
            across, up = (left + right) / 2, (bottom + top) / 2
            for candidate in range(place, min(place + 3, len(runs))):
                run = runs[candidate]
                if run.left - 1 <= across <= run.right + 1 and run.bottom - 1 <= up <= run.top + 1:
                    place = candidate
                    break
        parts[place].append(letter)
    for run, letters in zip(runs, parts, strict=True):
        run.text = "".join(letters).strip(" ")


def _ordered(runs: list[_Run], width: float, words: int, depth: int = _MAX_COLUMNS) -> Iterator[_Run]:
    """*runs* with the columns of each region one after the other; what crosses a gutter parts regions.

    Half of the lines of a column have at least *width* and *words*.
    """
    gutter = _gutter(runs) if depth > 1 else None
    if gutter is None:
        yield from runs
        return
    middle = sum(gutter) / 2
    region: list[_Run] = []
    for run in [*runs, None]:
        if run is not None and not run.left < middle < run.right:
            region.append(run)
            continue
        left, right = [run for run in region if run.right <= middle], [run for run in region if run.left >= middle]
        rows = sum(first.is_beside(second) for first, second in pairwise(region))
        if rows >= _MIN_ROWS and all(_is_column(side, width, words) for side in (left, right)):
            yield from _ordered(left, width, words, depth - 1)
            yield from _ordered(right, width, words, depth - 1)
        else:
            yield from region
        region = []
        if run is not None:
            yield run


def _is_column(runs: list[_Run], width: float, words: int) -> bool:
    """Whether *runs* are lines of prose; the cells of a table are short, or begin with capital letters."""
    widths = [run.right - run.left for run in runs]
    if not runs or median(widths) < width or median(widths) < _FULL_LINE * max(widths):
        return False
    if not words:
        return True
    # Han characters have no capitals: their lines are full where a sentence goes on.
    full = 0.85 * max(widths)
    continued = sum(
        run.text[:1].islower() or (not run.text[:1].isupper() and run.right - run.left >= full) for run in runs
    )
    return median(map(_words, runs)) >= words and continued >= _MIN_CONTINUED * len(runs)


def _words(run: _Run) -> int:
    """How many words *run* has; three Han characters count as one."""
    han = sum("\u3400" <= character <= "\u9fff" for character in run.text)
    return sum(any(map(str.isalpha, word)) for word in run.text.split()) + han // 3
