"""The language of a text as an ISO 639-1 code, and the range of Han characters."""

from __future__ import annotations

import re

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Han characters, for the inside of a character class of a regular expression.

The Unicode blocks CJK Unified Ideographs, their Extension A and CJK Compatibility Ideographs.
"""

ALL_HAN = HAN + r"\u3005\u3007\U00020000-\U0003ffff"
"""``HAN`` with 々 and 〇, which are parts of words, and the extensions beyond U+FFFF (characters of rare names).

Only for segmentation, which must not part a word at them: a class with characters beyond U+FFFF takes ten times as
long to match.
"""

_HAN = re.compile(f"[{HAN}]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")
_ASCII_WORD = re.compile(r"[A-Za-z]{2,}")  # finds in ASCII text what _LATIN_WORD finds, in half the time
_LATIN_WORD = re.compile(r"[^\W\d_\u1100-\uffff]{2,}")

_ENGLISH = frozenset(["the", "and", "of", "to", "with", "that", "for", "from", "by", "this", "have", "has", "their"])
_MIN_ENGLISH = 0.12  # share of these words among all; English has twice as many, no other language comes near

_SAMPLE = 2000  # characters that are examined; more does not change the result
_MIN_LATIN = 200  # letters; of less Latin text a statistical guess is worse than "en"


def detect_language(text: str) -> str:
    """``zh``, ``ja``, ``ko``, ``en`` or another language in Latin script; ``""`` for a text without letters.

    Decided by script: a Chinese article full of company names stays Chinese, and kana make a text Japanese. Only
    longer Latin text goes to the statistical model (py3langid).
    """
    text = text[:_SAMPLE]
    han, kana, hangul = (0,) * 3 if text.isascii() else (len(script.findall(text)) for script in (_HAN, _KANA, _HANGUL))
    latin = (_ASCII_WORD if text.isascii() else _LATIN_WORD).findall(text)
    # Two Han characters make about one word, so scripts are compared as words.
    if hangul > max(han, len(latin)):
        return "ko"
    if kana > 0.15 * (han + kana) and kana + han > len(latin):
        return "ja"
    if han and han / 2 >= 0.6 * len(latin):
        return "zh"
    if not latin:
        return ""
    if sum(map(len, latin)) < _MIN_LATIN:
        return "en"
    # The statistical model takes as long as all other work on a page. Most pages are English, and a few words show it.
    if sum(map(_ENGLISH.__contains__, latin)) >= _MIN_ENGLISH * len(latin):
        return "en"
    import py3langid  # takes most of a second, and few texts need it

    language: str = py3langid.classify(" ".join(latin))[0]
    return language


def query_language(text: str) -> str:
    """The language of a query: ``zh`` if it has a Han character, unless it is Japanese; else as ``detect_language``.

    A query is short: "TSMC Arizona fab 进度" has more Latin words than Chinese ones, and yet is Chinese.
    """
    language = detect_language(text)
    return "zh" if language != "ja" and _HAN.search(text) else language
