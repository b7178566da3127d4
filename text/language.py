"""The language of a text, as an ISO 639-1 code."""

from __future__ import annotations

import re

import py3langid

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")
_ASCII_WORD = re.compile(r"[A-Za-z]{2,}")  # the same for plain text, in half the time
_LATIN_WORD = re.compile(r"[^\W\d_\u1100-\uffff]{2,}")

_ENGLISH = frozenset(["the", "and", "of", "to", "with", "that", "for", "from", "by", "this", "have", "has", "their"])
_PLAINLY = 0.12  # share of those words; English has twice as many, no other language comes near

_SAMPLE = 2000  # characters; more does not change the answer
_ENOUGH = 200  # characters of Latin text below which a statistical guess is worse than "English"


def detect_language(text: str) -> str:
    """``zh``, ``ja``, ``ko`` or ``en`` (or another language in Latin script); ``""`` for no letters.

    Decided by script: a Chinese article full of company names stays Chinese, and Japanese is told
    from Chinese by its kana. Only longer Latin text is given to the statistical model.
    """
    text = text[:_SAMPLE]
    han, kana, hangul = (0,) * 3 if text.isascii() else (len(script.findall(text)) for script in (_HAN, _KANA, _HANGUL))
    latin = (_ASCII_WORD if text.isascii() else _LATIN_WORD).findall(text)
    # Two Han characters make about one word, so scripts are weighed as words.
    if hangul > max(han, len(latin)):
        return "ko"
    if kana > 0.15 * (han + kana) and kana + han > len(latin):
        return "ja"
    if han and han / 2 >= 0.6 * len(latin):
        return "zh"
    if not latin:
        return ""
    if sum(map(len, latin)) < _ENOUGH:
        return "en"
    # The statistical model costs as much as all other reading of a page; English, which is most of it, shows itself.
    if sum(map(_ENGLISH.__contains__, latin)) >= _PLAINLY * len(latin):
        return "en"
    language: str = py3langid.classify(" ".join(latin))[0]
    return language
