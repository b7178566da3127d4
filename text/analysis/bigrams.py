"""Bigrams of Han characters: what two texts have in common however their words are segmented."""

from __future__ import annotations

import re

from text.analysis.chinese import ELEMENT
from text.analysis.normalize import normalize_characters, stable_text
from text.language import ALL_HAN

_ELEMENTS = re.compile(ELEMENT)
_RUN = re.compile(f"[{ALL_HAN}]+")


def bigrams(text: str) -> list[str]:
    """The Han bigrams of *text* in their order, in simplified characters; a character alone in its run is itself.

    Chemical elements follow as single characters: a query for 镓 is to find 氮化镓.
    """
    if text.isascii():
        return []
    return bigrams_of(text if stable_text().fullmatch(text) else normalize_characters(text))


def bigrams_of(characters: str) -> list[str]:
    """``bigrams`` of a text whose characters are normalized (``Normalized.characters``)."""
    if characters.isascii():
        return []
    runs = _RUN.findall(characters)
    pairs = [run[start : start + 2] for run in runs for start in range(max(len(run) - 1, 1))]
    if _ELEMENTS.search(characters):
        pairs += [element for run in runs if len(run) > 1 for element in _ELEMENTS.findall(run)]
    return pairs
