"""Runs of Latin letters and digits into tokens: numbers, names like RISC-V, stems of English words."""

from __future__ import annotations

import re
from functools import lru_cache

import Stemmer

from text.glossary import glossary
from text.stopwords import STOP_WORDS

LATIN = r"[^\W_\u0e00-\uffff\U00010000-\U0010ffff]"
"""A Latin letter or a digit (and letters of other scripts below Thai), as a regular expression."""

LATIN_RUN = rf"{LATIN}+(?:[.,'\-&/+:]{LATIN}+)*"

ASCII_RUN = LATIN_RUN.replace(LATIN, "[a-z0-9]")
"""``LATIN_RUN`` in plain text in lower case, found in a third of the time."""

_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?[a-z]*")
_ALWAYS_PARTED = re.compile(r"[,:/]")
_JOINT = re.compile(r"[.'\-&+]")


@lru_cache(maxsize=100_000)
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
            found += [stem(part) for part in parts if len(part) > 1 or part.isdigit()]
    return tuple(found)


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of *word* in lower case (Porter2); stop words, abbreviations and what has figures stay as they are."""
    # Looked up before stemming: stop words are listed whole, and "this" would become "thi".
    if word in STOP_WORDS or not word.isalpha() or word in _abbreviations():
        return word
    if word[-1] == "s" and word[:-1] in _abbreviations():
        return word[:-1]  # Porter2 takes "gpus" for a word like "virus"
    found: str = _stemmer().stemWord(word)
    return found


@lru_cache(maxsize=1)
def _abbreviations() -> frozenset[str]:
    return glossary().abbreviations()


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
