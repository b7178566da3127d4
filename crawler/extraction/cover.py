"""Finds the title of a PDF report on its first page: the text in the largest size."""

from __future__ import annotations

import re

import pypdfium2 as pdfium
from pypdfium2 import raw

from crawler.extraction.title_key import title_key

_MAX_CHARACTERS = 1500  # of the page that are read
_FIRST_LINES = 12  # the title is among them
_MAX_LENGTH = 200
_SIZE_TOLERANCE = 0.08  # relative difference in size between lines of one heading
_MIN_ASCII_LETTERS, _MIN_OTHER_LETTERS = 8, 4  # of a title
_NO_TITLE = re.compile(
    r"(?:news|press) release|news|(?:table of )?contents|for immediate release|agenda|confidential|目录|新闻稿|新聞稿"
    r"|(?=.{0,80}$).*(?:\bco\., ?ltd\b|\bcorporation\b|\bcorp\b|\binc\b|\bplc\b|公司).{0,25}",
    re.IGNORECASE,
)


def cover_title(page: pdfium.PdfPage, names: set[str], running: set[str]) -> str:
    """The text in the largest size on *page* that is no name of *names* (title keys) and no number; "" for none.

    *running* are the line keys of headers and footers.
    """
    lines = [(size, text) for size, text in _lines(page) if line_key(text) not in running][:_FIRST_LINES]
    for _, text in sorted(_headings(lines), key=lambda heading: -heading[0]):
        enough = sum(map(str.isalpha, text)) >= (_MIN_ASCII_LETTERS if text.isascii() else _MIN_OTHER_LETTERS)
        if enough and len(text) <= _MAX_LENGTH and title_key(text) not in names and not _NO_TITLE.fullmatch(text):
            return text
    return ""


def line_key(line: str) -> str:
    """The title key of *line* without digits: equal for a footer on every page, whose number differs."""
    return "".join(character for character in title_key(line) if not character.isdigit())


def _lines(page: pdfium.PdfPage) -> list[tuple[float, str]]:
    """Font size (in points) and text of the first lines of *page*, in reading order. Closes *page*."""
    text = page.get_textpage()
    lines: list[tuple[float, str]] = [(0, "")]
    try:
        for index in range(min(text.count_chars(), _MAX_CHARACTERS)):
            letter = chr(raw.FPDFText_GetUnicode(text, index))
            size, line = lines[-1]
            if letter in "\r\n":
                lines.append((0, ""))
            elif letter.isalnum():
                # The loose box has the height of the font, not of the letter: "a" is as high as "A".
                _, bottom, _, top = text.get_charbox(index, loose=True)
                lines[-1] = (max(size, top - bottom), line + letter)
            else:
                lines[-1] = (size, line + letter)
    finally:
        text.close()
        page.close()
    return [(size, " ".join(line.split())) for size, line in lines if size]


def _headings(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """*lines* with neighbours of one size joined."""
    joined: list[tuple[float, str]] = []
    for size, text in lines:
        if joined and abs(joined[-1][0] - size) <= _SIZE_TOLERANCE * size:
            joined[-1] = (size, f"{joined[-1][1]} {text}")
        else:
            joined.append((size, text))
    return joined
