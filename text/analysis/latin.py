"""Tokens of runs of Latin letters and digits: numbers, names like RISC-V, stems of English words.

Stems are those of Snowball's English stemmer (Porter2, snowballstem.org/algorithms/english/stemmer.html).
"""

from __future__ import annotations

import re
from functools import lru_cache

import Stemmer

from text.analysis.glossary import glossary
from text.analysis.measures import tokens_of_measure
from text.analysis.stopwords import STOP_WORDS

LATIN = r"[^\W_\u0e00-\uffff\U00010000-\U0010ffff]"
"""A Latin letter or a digit (and letters of other scripts below Thai), as a regular expression."""

LATIN_RUN = rf"{LATIN}+(?:[.,'\-&/+:]{LATIN}+)*[%+#]*"
"""A word, compound or number, with the signs of a percentage or of C++ and C#."""

ASCII_RUN = LATIN_RUN.replace(LATIN, "[a-z0-9]")
"""``LATIN_RUN`` for ASCII text in lower case, tokens in a third of the time."""

_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?[a-z]*%?")
_SIGNS = "%+#"
_PERCENTAGE = re.compile(r".*\d%[+#]*")
_ALWAYS_SPLIT = re.compile(r"[,:/]")
_JOINT = re.compile(r"[.'\-&+]")


@lru_cache(maxsize=100_000)
def latin_tokens(run: str) -> tuple[str, ...]:
    """The tokens of a *run* of Latin letters and digits in lower case; words are stemmed.

    A compound with a part of one character is a name and stays whole (``risc-v``, ``10-k``, ``r&d``); others are split.
    Numbers lose their thousands separators: ``5,268`` becomes ``5268``.
    """
    if run[-1:] in _SIGNS and run not in ("c++", "c#"):
        run = run.rstrip("+#") if _PERCENTAGE.fullmatch(run) else run.rstrip(_SIGNS)
    if measure := tokens_of_measure(run):
        return (*measure[:-1], *_plain_tokens(measure[-1]))
    return _plain_tokens(run)


def _plain_tokens(run: str) -> tuple[str, ...]:
    tokens = []
    run = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), run)
    for piece in _ALWAYS_SPLIT.split(run):
        if _NUMBER.fullmatch(piece) or piece in ("c++", "c#"):
            tokens.append(piece)
            continue
        piece = piece.removesuffix("'s")
        parts = [part for part in _JOINT.split(piece) if part]
        if len(parts) > 1 and min(map(len, parts)) == 1 and "." not in piece:
            tokens.append(piece)
        elif len(parts) > 1 and max(map(len, parts)) == 1:
            tokens.append("".join(parts))  # u.s. and us, d.c. and dc
        else:
            for part in parts:
                if len(part) > 1 or part.isdigit():
                    tokens += tokens_of_measure(part) or (stem(part),)
    return tuple(tokens)


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of *word*, which is in lower case; stop words, abbreviations and words with digits stay as they are."""
    # Before stemming: stop words are listed unstemmed, and "this" would become "thi".
    if word in STOP_WORDS or not word.isalpha() or word in _abbreviations():
        return word
    if word[-1] == "s" and word[:-1] in _abbreviations():
        return word[:-1]  # Porter2 treats "gpus" as a word like "virus"
    stemmed: str = _stemmer().stemWord(word)
    return word if stemmed in _abbreviations() else stemmed  # Boeing is no form of BOE


@lru_cache(maxsize=1)
def _abbreviations() -> frozenset[str]:
    return glossary().abbreviations()


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
