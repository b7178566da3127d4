"""Characters made plain: full-width to ASCII, traditional to simplified, Taiwan's words to the mainland's."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from operator import ne

from opencc import OpenCC

HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han characters, for the inside of a character class of a regular expression."""

# Taiwan's words (晶片, 記憶體) are turned only in text written in traditional characters: 支援 and 元件 are words of
# the mainland too, with other meanings. One traditional character in twenty is more than a name in a simplified text.
_WRITTEN_IN_TRADITIONAL = 0.05

# Their NFKC, one by one: Chinese punctuation is all over a text, and makes normalize() look at every character.
_PUNCTUATION = {"，": ",", "：": ":", "；": ";", "！": "!", "？": "?", "（": "(", "）": ")", "…": "...", "\u3000": " "}

# Letters, punctuation, kana, hangul: no Han characters, and NFKC makes none of them, as it does of ㈱. There are more
# beyond U+FFFF, but a class with such characters takes ten times as long.
_OTHER_SIGNS = r"\0-\u2e7f\u3000-\u3004\u3008-\u3037\u3040-\u318f\ua000-\uf8ff\ufb00-\uffff"

# Simplified characters that OpenCC turns in some words: 破釜沈舟 is 破釜沉舟, while 沈 alone is a name and stays.
_TURNED_IN_WORDS = "沈坏藉哩衹覆瞭甦"

_COMMON_HAN = range(0x4E00, 0xA000)
_HAN_CHARACTER = re.compile(f"[{HAN}]")


@lru_cache(maxsize=1)
def _converters() -> tuple[OpenCC, OpenCC]:
    return OpenCC("t2s"), OpenCC("tw2sp")


@lru_cache(maxsize=1)
def settled_han() -> str:
    """Han characters that ``plain`` leaves as they are in a text that has no others: nearly all of simplified text."""
    common = [*map(chr, _COMMON_HAN)]
    turned = plain_characters("\n".join(common)).split("\n")
    kept = {one for one, now in zip(common, turned, strict=True) if one == now}
    return "".join(sorted(kept.difference(_TURNED_IN_WORDS)))


@lru_cache(maxsize=1)
def settled() -> re.Pattern[str]:
    """Matches, as a whole, a text whose Han characters are all of ``settled_han``, and stay all that it has.

    The rest of it can be made plain piece by piece (``plain_signs``): nothing joins with a Han character.
    """
    return re.compile(f"[{_OTHER_SIGNS}{settled_han()}]*")


def plain(text: str) -> str:
    """*text* as it is analysed: NFKC, simplified characters, lower case.

    Text written in traditional characters is also put into the mainland's words: 記憶體 is 内存.
    """
    if text.isascii():
        return text.lower()
    text = _narrow(text)
    characters, words = _converters()
    found: str = characters.convert(text)
    if found != text:
        traditional = sum(map(ne, text, found))
        if traditional > _WRITTEN_IN_TRADITIONAL * len(_HAN_CHARACTER.findall(text)):
            found = words.convert(text)
    return found.lower()


def plain_signs(text: str) -> str:
    """*text* as ``plain`` has it, of a text without Han characters."""
    return text.lower() if text.isascii() else _narrow(text).lower()


def plain_characters(text: str) -> str:
    """*text* as ``plain`` has it, but with its own words: 記憶體 is 记忆体."""
    found: str = _converters()[0].convert(_narrow(text))
    return found.lower()


def _narrow(text: str) -> str:
    for wide, narrow in _PUNCTUATION.items():
        text = text.replace(wide, narrow)
    # Half a surrogate pair, as of a command line that is no UTF-8, is refused by opencc and jieba: "?" in its place.
    return unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()
