"""Pairs of neighbouring Han characters: what a text has in common with another however its words are cut."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opencc import OpenCC

_HAN = re.compile(r"[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


def bigrams(text: str) -> list[str]:
    """The pairs in *text* in their order, in simplified characters; a character that stands alone is itself."""
    if text.isascii():
        return []
    runs = _HAN.findall(_simplifier().convert(unicodedata.normalize("NFKC", text)))
    return [run[place : place + 2] for run in runs for place in range(max(len(run) - 1, 1))]


@lru_cache(maxsize=1)
def _simplifier() -> OpenCC:
    return OpenCC("t2s")
