"""The title that a report prints on its first page: its biggest text."""

from __future__ import annotations

import re

import pypdfium2 as pdfium
from pypdfium2 import raw

from crawler.read.title import key_of

_MOST = 1500  # characters of the page that are looked at
_FIRST = 12  # lines among which the title stands
_LONGEST = 200
_ALIKE = 0.08  # difference in size of lines of one heading
_FEWEST_LATIN, _FEWEST_OTHER = 8, 4  # letters of a title
_NO_TITLE = re.compile(
    r"(?:news|press) release|news|(?:table of )?contents|for immediate release|agenda|confidential|目录|新闻稿|新聞稿"
    r"|(?=.{0,80}$).*(?:\bco\., ?ltd\b|\bcorporation\b|\bcorp\b|\binc\b|\bplc\b|公司).{0,25}",
    re.IGNORECASE,
)


def cover_title(page: pdfium.PdfPage, names: set[str]) -> str:
    """The biggest words on *page* that are more than a name or a figure; empty when there are none."""
    for _, text in sorted(_headings(_lines(page)[:_FIRST]), key=lambda heading: -heading[0]):
        enough = sum(map(str.isalpha, text)) >= (_FEWEST_LATIN if text.isascii() else _FEWEST_OTHER)
        if enough and len(text) <= _LONGEST and key_of(text) not in names and not _NO_TITLE.fullmatch(text):
            return text
    return ""


def _lines(page: pdfium.PdfPage) -> list[tuple[float, str]]:
    """Size and text of the lines of *page*, in reading order."""
    text = page.get_textpage()
    lines: list[tuple[float, str]] = [(0, "")]
    try:
        for place in range(min(text.count_chars(), _MOST)):
            letter = chr(raw.FPDFText_GetUnicode(text, place))
            size, line = lines[-1]
            if letter in "\r\n":
                lines.append((0, ""))
            elif letter.isalnum():
                # The loose box is that of the font, not of the letter: "a" counts as much as "A".
                _, foot, _, head = text.get_charbox(place, loose=True)
                lines[-1] = (max(size, head - foot), line + letter)
            else:
                lines[-1] = (size, line + letter)
    finally:
        text.close()
        page.close()
    return [(size, " ".join(line.split())) for size, line in lines if size]


def _headings(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Neighbouring lines of one size as one."""
    joined: list[tuple[float, str]] = []
    for size, text in lines:
        if joined and abs(joined[-1][0] - size) <= _ALIKE * size:
            joined[-1] = (size, f"{joined[-1][1]} {text}")
        else:
            joined.append((size, text))
    return joined
