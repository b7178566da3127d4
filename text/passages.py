"""A text as passages of a few sentences: what is short enough for one vector and long enough to be shown."""

from __future__ import annotations

import re

LENGTH = 240
"""Of a passage, about: Han characters, with a Latin word as two of them."""

MOST = 8
"""Passages of one text. A longer text has longer ones, so that what is stored with an article is bounded."""

_SENTENCE = re.compile(r"(?<=[。！？!?；;])|(?<=[.!?;])\s+|\n\s*\n")
_UNIT = re.compile(r"(?P<han>[\u3041-\u9fff\uac00-\ud7af\uf900-\ufaff])|[^\W_\u3041-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def passages(text: str, most: int = MOST) -> list[str]:
    """At most *most* passages that make up *text*, cut between sentences; none for a text without words."""
    sentences = [(sentence.strip(), length(sentence)) for sentence in _SENTENCE.split(text) if sentence.strip()]
    total = sum(size for _, size in sentences)
    if not total:
        return []
    # Sentences do not fill a passage to the brim, so a little more room than an even share.
    room = max(LENGTH, 1.25 * total / most)
    found: list[list[str]] = [[]]
    held = 0
    for sentence, size in sentences:
        if found[-1] and held + size > room and len(found) < most:
            found.append([])
            held = 0
        found[-1].append(sentence)
        held += size
    return [" ".join(parts) for parts in found]


def length(text: str) -> int:
    """How long *text* is: one for a Han character, kana or hangul syllable, two for a Latin word or number."""
    return sum(1 if unit.lastgroup else 2 for unit in _UNIT.finditer(text))
