"""Joins the lines of a printed page to paragraphs, and cuts an excerpt from a text."""

from __future__ import annotations

import re

from text.language import HAN

_EXCERPT = 300  # characters

# PDFium writes the hyphen at a line break as U+0002 or U+FFFE.
_BROKEN_WORD = re.compile(r"(?<![A-Za-z-])([A-Za-z-]*[a-z])[\x02\ufffe]([a-z]+)")
# First and second parts of words that are written with a hyphen wherever they stand: low-power, year-over-year.
_FIRST_PARTS, _SECOND_PARTS = (
    frozenset(re.findall("[a-z]+", parts))
    for parts in (
        "all back both cost cross day double end energy four front full half high large long low mid near next off one"
        " post power quarter real second self short single small state third three time two up well wide world year",
        "based bound cost date driven edge efficient end ended free grade growth higher intensive led level like linked"
        " lower made only over performance power quality quarter ready related scale side specific speed term to volume"
        " wide year",
    )
)
_HYPHEN = re.compile(r"[\x02\ufffe]")
# Han, and what else is written without blanks: CJK punctuation, kana, full-width forms.
_UNSPACED = rf"[{HAN}\u3000-\u30ff\uff00-\uffef]"
_UNSPACED_END = re.compile(rf"{_UNSPACED}$")
_UNSPACED_START = re.compile(_UNSPACED)
_ITEM = re.compile(r"[•▪●■–—*·◆-]\s|\(?\d{1,2}[.)、]\s|[（(][一二三四五六七八九十\d][)）]|[一二三四五六七八九十]、")
_SENTENCE_END = tuple('.!?:;。！？：；”"')
_FULL_LINE = 0.75  # of the longest line; a shorter line was broken on purpose
_MIN_COLUMNS = 40  # of the longest line; pages of short lines (tables, slides) have no running text


def joined_lines(page: str) -> str:
    """*page* with the lines of each paragraph joined, so that no word or phrase is split.

    A full line that ends no sentence continues in the next line, unless that begins a list item.
    """
    page = _HYPHEN.sub("-", _BROKEN_WORD.sub(_rejoined, page)).replace("\x00", "")
    lines = [line for raw in page.splitlines() if (line := " ".join(raw.split()))]
    longest = max(map(_columns, lines), default=0)
    paragraphs: list[str] = []
    continues = False
    for line in lines:
        if continues and not _ITEM.match(line):
            space = "" if _UNSPACED_END.search(paragraphs[-1]) and _UNSPACED_START.match(line) else " "
            paragraphs[-1] += space + line
        else:
            paragraphs.append(line)
        full = longest >= _MIN_COLUMNS and _columns(line) >= _FULL_LINE * longest
        continues = full and not line.endswith(_SENTENCE_END)
    return "\n".join(paragraphs)


def _rejoined(match: re.Match[str]) -> str:
    """A word that the end of a line parts, with its hyphen where that belongs to the word."""
    first, second = match.groups()
    whole = "-" in first or first.lower() in _FIRST_PARTS or second in _SECOND_PARTS
    return f"{first}-{second}" if whole else first + second


def _columns(line: str) -> int:
    """The printed width in columns of an ASCII letter; East Asian characters take two."""
    return len(line) + sum(1 for character in line if "\u2e80" <= character <= "\uffef")


def excerpt(body: str) -> str:
    """The first 300 characters of *body* at most, cut at the end of a sentence, or else of a word."""
    text = " ".join(body[: 2 * _EXCERPT].split())
    if len(text) <= _EXCERPT:
        return text
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)|[。！？]", text[:_EXCERPT])]
    if ends and ends[-1] > _EXCERPT // 3:
        return text[: ends[-1]]
    return text[:_EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;，；") + "…"
