"""Normalization of characters: full-width to ASCII, traditional to simplified, Taiwan's vocabulary to the mainland's.

Unicode NFKC (Unicode Standard Annex 15), then OpenCC's conversions ``t2s`` (characters) and ``tw2sp`` (vocabulary).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from operator import ne
from typing import NamedTuple

from opencc import OpenCC

from text.analysis.measures import write_out_may, write_out_money
from text.language import ALL_HAN

# Taiwan's vocabulary (晶片, 記憶體) is replaced only in text written in traditional characters: 支援 and 元件 are also
# words of the mainland, where they say something else. One traditional character in twenty is more than a name in a
# simplified text.
_MIN_TRADITIONAL = 0.05

# NFKC of the most frequent signs, replaced one by one: Chinese punctuation is all over a text, and with it
# unicodedata.normalize() would examine every character.
_PUNCTUATION = {"，": ",", "：": ":", "；": ";", "！": "!", "？": "?", "（": "(", "）": ")", "…": "...", "\u3000": " "}

# Letters, punctuation, kana, hangul: no Han characters, and NFKC makes none of them, as it does of ㈱. There are more
# beyond U+FFFF, but a class with such characters takes ten times as long to match.
_OTHER_SIGNS = r"\0-\u2e7f\u3000-\u3004\u3008-\u3037\u3040-\u318f\ua000-\uf8ff\ufb00-\uffff"

# Forms of radicals that PDFs have in place of whole characters (董事⻓) and NFKC leaves as they are, and what they are
# by Unicode's EquivalentUnifiedIdeograph.txt; radicals that are no character of their own are left out.
_RADICALS = str.maketrans(
    "⺁⺄⺅⺆⺈⺉⺊⺌⺍⺎⺏⺐⺒⺓⺔⺖⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺫⺬⺭⺯⺰⺱⺲⺶⺹⺺⺻⺼⺾"
    "⺿⻀⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻍⻎⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
    "厂乙亻冂刀刂卜小小兀尣尢巳幺彑忄扌攵旡日月歺母民氵氺灬爫爫丬牛犭王目示礻糹纟罓罒羊耂肀聿肉艹"
    "艹艹虎衤覀西见角讠贝车辶辶辶钅長镸长门阝雨青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
)
_HAS_RADICAL = re.compile("[\u2e80-\u2eff]").search

# Simplified characters that OpenCC replaces in some words: 破釜沈舟 is 破釜沉舟, while 沈 alone is a name and stays.
_REPLACED_IN_WORDS = "沈坏藉哩衹覆瞭甦"

_RAISED = "⁰¹²³⁴-⁹"
_HAS_MARK = re.compile(f"[™℠®©{_RAISED}]").search
_MARK = re.compile(rf"(?P<figure>\d)?(?P<unit>(?<![^\W\d])(?:[cmnkµμ]m|[A-Za-z]))?(?P<raised>[{_RAISED}]+)|[™℠®©]")

_UNIFIED_HAN = range(0x4E00, 0xA000)  # the block CJK Unified Ideographs
_HAN_CHARACTER = re.compile(f"[{ALL_HAN}]")


class Normalized(NamedTuple):
    """A text in the two forms that are analysed.

    ``text``: tokens are made of it. ``characters``: bigrams are made of it; as ``text``, but in its own vocabulary.
    ``stable``: both are the text as it was given (``stable_text``), so what is not Han still has to be normalized.
    """

    text: str
    characters: str
    stable: bool


@lru_cache(maxsize=1)
def _converters() -> tuple[OpenCC, OpenCC]:
    return OpenCC("t2s"), OpenCC("tw2sp")


@lru_cache(maxsize=1)
def stable_han() -> str:
    """Han characters that ``normalize`` leaves as they are in a text with no others: nearly all of simplified text.

    As ranges for a character class: one by one they would take regular expressions a twentieth of a second each.
    """
    given = [*map(chr, _UNIFIED_HAN)]
    normal = normalize_characters("\n".join(given)).split("\n")
    stable = {character for character, now in zip(given, normal, strict=True) if character == now}
    kept = sorted(map(ord, stable.difference(_REPLACED_IN_WORDS)))
    starts = [code for before, code in zip([0, *kept], kept, strict=False) if code != before + 1]
    ends = [code for code, after in zip(kept, [*kept[1:], 0], strict=True) if after != code + 1]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


@lru_cache(maxsize=1)
def stable_text() -> re.Pattern[str]:
    """Fully matches a text whose Han characters are all of ``stable_han``, and stay all that it has.

    The other pieces of such a text can be normalized one by one (``normalize_signs``): none joins with a Han character.
    """
    return re.compile(f"[{_OTHER_SIGNS}{stable_han()}]*")


def normalize(text: str) -> str:
    """*text* as it is segmented: NFKC, simplified characters, lower case.

    A text written in traditional characters is also put into the mainland's vocabulary: 記憶體 becomes 内存.
    """
    return _lower(text) if text.isascii() else _forms(text)[0]


def normalize_signs(text: str) -> str:
    """``normalize`` for a text without Han characters."""
    return _lower(text if text.isascii() else _narrow(text))


def normalize_characters(text: str) -> str:
    """*text* as ``normalize`` has it, but in its own vocabulary: 記憶體 becomes 记忆体."""
    if text.isascii():
        return text.lower()
    converted: str = _converters()[0].convert(_narrow(text))
    return converted.lower()


def without_marks(text: str) -> str:
    """*text* without what NFKC would make part of a word: signs of trade marks, raised figures that refer to a note.

    A power becomes 10^15, and not 1015; mm² and 4F² stay.
    """
    return _MARK.sub(lambda mark: _written_out(mark) or "", text) if _HAS_MARK(text) else text


def with_blank_marks(text: str) -> str:
    """``without_marks`` in which all other signs keep their positions."""
    if not _HAS_MARK(text):
        return text
    return _MARK.sub(lambda mark: mark[0] if _written_out(mark) else " " * len(mark[0]), text)


def _written_out(mark: re.Match[str]) -> str | None:
    if mark["raised"] and mark["figure"]:
        return f"{mark['figure']}{mark['unit'] or '^'}{mark['raised']}"
    return mark[0] if mark["unit"] else None


def normalized(text: str) -> Normalized:
    """Both forms of *text*, from one conversion."""
    if text.isascii() or stable_text().fullmatch(text):
        return Normalized(text, text, True)
    return Normalized(*_forms(text), False)


def simplified(text: str) -> str:
    """*text* in simplified characters where it is written in traditional ones; any other text as it is."""
    if text.isascii() or stable_text().fullmatch(text):
        return text
    converted: str = _converters()[0].convert(text.encode("utf-8", "replace").decode())
    return converted if _is_traditional(text, converted) else text


def _is_traditional(text: str, converted: str) -> bool:
    """Whether more characters of *text* differ from *converted*, its simplified form, than names alone have."""
    traditional: int = sum(map(ne, text, converted))
    return traditional > _MIN_TRADITIONAL * len(_HAN_CHARACTER.findall(text))


def both_forms(text: str) -> tuple[str, str]:
    """``normalize`` and ``normalize_characters`` of *text*, from one conversion."""
    return (_lower(text), text.lower()) if text.isascii() else _forms(text)


def _forms(text: str) -> tuple[str, str]:
    text = _narrow(text)
    to_simplified, to_mainland = _converters()
    in_simplified: str = to_simplified.convert(text)
    segmented = in_simplified
    if in_simplified != text and _is_traditional(text, in_simplified):
        segmented = to_mainland.convert(text)
    return _lower(segmented), in_simplified.lower()


def _lower(text: str) -> str:
    """*text* in lower case, without what only capitals tell."""
    return write_out_money(write_out_may(text)).lower()


def _narrow(text: str) -> str:
    """NFKC of *text*. Half a surrogate pair, as of a command line that is no UTF-8, becomes "?": opencc refuses it."""
    text = without_marks(text)
    if _HAS_RADICAL(text):
        text = text.translate(_RADICALS)
    for wide, narrow in _PUNCTUATION.items():
        text = text.replace(wide, narrow)
    return unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()
