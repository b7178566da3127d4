"""Lines of a printed page to paragraphs."""

from __future__ import annotations

import re

_BROKEN_WORD = re.compile(r"(?<=[a-z])[\x02\ufffe](?=[a-z])")
_HYPHEN = re.compile(r"[\x02\ufffe]")
_HAN_END = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]$")
_HAN_START = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_ITEM = re.compile(r"[•▪●■–—*·◆-]\s|\(?\d{1,2}[.)、]\s|[（(][一二三四五六七八九十\d][)）]|[一二三四五六七八九十]、")
_ENDS = tuple('.!?:;。！？：；”"')
_FULL = 0.75  # of the longest line: a shorter one was not broken for want of room
_SHORTEST = 40  # columns; pages of short lines (tables, slides) have no running text


def joined_lines(page: str) -> str:
    """*page* with the lines of a paragraph joined, so that no word or phrase is cut in two.

    A line that fills the page and does not end a sentence goes on in the next one, unless that begins an item.
    """
    page = _HYPHEN.sub("-", _BROKEN_WORD.sub("", page)).replace("\x00", "")
    lines = [line for raw in page.splitlines() if (line := " ".join(raw.split()))]
    longest = max(map(_columns, lines), default=0)
    paragraphs: list[str] = []
    goes_on = False
    for line in lines:
        if goes_on and not _ITEM.match(line):
            space = "" if _HAN_END.search(paragraphs[-1]) and _HAN_START.match(line) else " "
            paragraphs[-1] += space + line
        else:
            paragraphs.append(line)
        goes_on = longest >= _SHORTEST and _columns(line) >= _FULL * longest and not line.endswith(_ENDS)
    return "\n".join(paragraphs)


def _columns(line: str) -> int:
    """Width on paper: a Han character takes two columns."""
    return len(line) + sum(1 for character in line if "\u2e80" <= character <= "\uffef")
