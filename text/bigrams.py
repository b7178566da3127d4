"""Pairs of neighbouring Han characters: what a text has in common with another however its words are cut."""

from __future__ import annotations

import re

from text.characters import HAN, plain_characters, settled

_RUN = re.compile(f"[{HAN}]+")


def bigrams(text: str) -> list[str]:
    """The pairs in *text* in their order, in simplified characters; a character that stands alone is itself."""
    if text.isascii():
        return []
    runs = _RUN.findall(text if settled().fullmatch(text) else plain_characters(text))
    return [run[place : place + 2] for run in runs for place in range(max(len(run) - 1, 1))]
