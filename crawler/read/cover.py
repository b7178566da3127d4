"""The title that a report prints on its first page: its biggest text."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pypdfium2 as pdfium

from crawler.read.title import key_of

_MOST_RUNS = 400
_FIRST = 12  # lines of the page in which the title stands
_LONGEST = 200
_ALIKE = 0.12  # difference in height of lines of one heading
_NEAR = 1.9  # heights between the feet of two lines of one heading
_SAME_LINE = 0.5  # heights between the feet of pieces of one line
_CAPITALS = 1.25  # boxes are tight: capitals alone lack what hangs below the line
_NO_TITLE = re.compile(
    r"(?:news|press) release|news|(?:table of )?contents|for immediate release|agenda|confidential|目录|新闻稿|新聞稿"
    r"|(?=.{0,80}$).*(?:\bco\., ?ltd\b|\bcorporation\b|\bcorp\b|\binc\b|\bplc\b|公司).{0,25}",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Line:
    height: float
    foot: float
    text: str

    @property
    def size(self) -> float:
        return self.height * (_CAPITALS if self.text.isupper() else 1)


def cover_title(page: pdfium.PdfPage, names: set[str]) -> str:
    """The biggest words on *page* that are more than a name or a figure; empty when there are none."""
    plain, lines = _read(page)
    for heading in sorted(_headings(lines[:_FIRST]), key=lambda line: -line.size):
        text = _as_printed(heading.text, plain)
        enough = len(key_of(text)) >= (10 if text.isascii() else 4) and len(text) <= _LONGEST
        if enough and key_of(text) not in names and not _NO_TITLE.fullmatch(text):
            return text
    return ""


def _read(page: pdfium.PdfPage) -> tuple[list[str], list[_Line]]:
    """The lines of *page* as plain text, and with their height and foot."""
    text = page.get_textpage()
    try:
        plain = [" ".join(line.split()) for line in text.get_text_bounded().splitlines() if line.strip()]
        boxes = [text.get_rect(number) for number in range(min(text.count_rects(), _MOST_RUNS))]
        pieces = [(box[3] - box[1], box[1], " ".join(text.get_text_bounded(*box).split())) for box in boxes]
    finally:
        text.close()
        page.close()
    lines: list[_Line] = []
    for height, foot, words in pieces:
        if lines and abs(lines[-1].foot - foot) <= _SAME_LINE * height:
            lines[-1] = _Line(max(lines[-1].height, height), lines[-1].foot, f"{lines[-1].text} {words}")
        elif words:
            lines.append(_Line(height, foot, words))
    return plain, lines


def _headings(lines: list[_Line]) -> list[_Line]:
    """Neighbouring lines of about one size as one."""
    joined: list[_Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        alike = last is not None and abs(last.size - line.size) <= _ALIKE * line.size
        if last is not None and alike and abs(last.foot - line.foot) <= _NEAR * line.height:
            joined[-1] = _Line(last.height, line.foot, f"{last.text} {line.text}")
        else:
            joined.append(line)
    return joined


def _as_printed(heading: str, plain: list[str]) -> str:
    """*heading* with the spaces that the page has; pieces are cut inside words, too."""
    for start in range(len(plain)):
        for end in range(start + 1, min(start + 5, len(plain)) + 1):
            text = " ".join(plain[start:end])
            if key_of(text) == key_of(heading):
                return text
    return heading
