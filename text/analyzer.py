"""Text to tokens, the same way for articles, queries and test sets.

Text is split by script: runs of Han characters are cut into words by jieba, Latin runs by a pattern of our own,
kana and hangul into pairs of characters. Traditional characters become simplified ones, full-width letters plain ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import Stemmer
from opencc import OpenCC

from text.han import han_cutter
from text.stopwords import STOP_WORDS

VERSION = "1"
"""Of everything here that decides which tokens a text gives; stored with the index, which refuses another one."""

_HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = r"[^\W_\u0e00-\uffff\U00010000-\U0010ffff]"
_LATIN = re.compile(rf"{_LETTER}+(?:[.,'\-&/+:]{_LETTER}+)*")
_RUN = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<latin>{_LATIN.pattern})|(?P<pairs>[\u3041-\u30ff\u31f0-\u31ff\uac00-\ud7af]+)"
)
_LONGEST_TOKEN = 60  # characters; longer ones are addresses and broken PDF text, which nobody searches for

_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?[a-z]*")
_ALWAYS_PARTED = re.compile(r"[,:/]")
_JOINT = re.compile(r"[.'\-&+]")


class Analyzer:
    """Cuts texts into tokens. ``version`` goes into the index; safe to use from threads."""

    version = VERSION

    def __init__(self, cache: Path | None = None) -> None:
        self._cut = han_cutter(cache)
        self._simplify = OpenCC("t2s").convert

    def tokens(self, text: str) -> list[str]:
        """The tokens of *text* in their order, without stop words; empty for text without words."""
        if text.isascii():
            return [token for run in _LATIN.findall(text.lower()) for token in _kept_of_latin(run)]
        found: list[str] = []
        for run in _RUN.finditer(self._simplify(unicodedata.normalize("NFKC", text)).lower()):
            if run.lastgroup == "latin":
                found += _kept_of_latin(run[0])
            else:
                found += _kept(self._cut(run[0]) if run.lastgroup == "han" else _pairs(run[0]))
        return found


def _kept(tokens: Iterable[str]) -> list[str]:
    return [token for token in tokens if token not in STOP_WORDS and len(token) <= _LONGEST_TOKEN]


@lru_cache(maxsize=100_000)
def _kept_of_latin(run: str) -> tuple[str, ...]:
    return tuple(_kept(latin_tokens(run)))


def latin_tokens(run: str) -> tuple[str, ...]:
    """Tokens of a run of Latin letters and digits in lower case, words stemmed (Porter2).

    What has a part of one character is a name and stays whole (``risc-v``, ``10-k``, ``r&d``); other compounds are
    their parts. Numbers lose their thousands separators: ``5,268`` is ``5268``.
    """
    found = []
    run = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), run)
    for piece in _ALWAYS_PARTED.split(run):
        if _NUMBER.fullmatch(piece):
            found.append(piece)
            continue
        piece = piece.removesuffix("'s")
        parts = [part for part in _JOINT.split(piece) if part]
        if len(parts) > 1 and min(map(len, parts)) == 1 and "." not in piece:
            found.append(piece)
        elif len(parts) > 1 and max(map(len, parts)) == 1:
            found.append("".join(parts))  # u.s. and us, d.c. and dc
        else:
            found += [_stem(part) for part in parts if len(part) > 1 or part.isdigit()]
    return tuple(found)


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    # Looked up before stemming: stop words are listed whole, and "this" would become "thi".
    if word in STOP_WORDS or not word.isalpha():
        return word
    stem: str = _stemmer().stemWord(word)
    return stem


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]
