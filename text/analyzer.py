"""Text to tokens, the same way for articles, queries and test sets.

Text is split by script: runs of Han characters are cut into words by jieba, Latin runs by a pattern of our own,
kana and hangul into pairs of characters. Traditional characters become simplified ones, full-width letters plain ones.
A name of the glossary is one token (全环绕栅极, 3D堆叠), except for phrases of several Latin or mixed words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import chain, filterfalse
from pathlib import Path

from text.characters import HAN, plain, plain_signs, settled, settled_han
from text.glossary import Term, glossary
from text.han import han_cutter
from text.latin import ASCII_RUN, LATIN_RUN, latin_tokens, stem
from text.stopwords import STOP_WORDS
from text.trade import HEAD, Found, TermFinder

VERSION = "3"
"""Of everything here that decides which tokens a text gives; stored with the index, which refuses another one."""

_OTHER_THAN_HAN = re.compile(rf"([^{HAN}]+)")
_KANA_AND_HANGUL = "[\u3041-\u30ff\u31f0-\u31ff\uac00-\ud7af]"
_RUN = re.compile(rf"(?P<latin>{LATIN_RUN})|(?P<pairs>{_KANA_AND_HANGUL}+)")
_HAS_PAIRS = re.compile(_KANA_AND_HANGUL).search
_LATIN_RUNS, _ASCII_RUNS = re.compile(LATIN_RUN).findall, re.compile(ASCII_RUN).findall
_LONGEST_TOKEN = 60  # characters; longer ones are addresses and broken PDF text, which nobody searches for
_SHORT_NAME = 3  # letters
_WORD = re.compile(r"\w+")

_OTHER_WORDS = frozenset([
    "ash", "bell", "bin", "book", "citi", "deposit", "dimens", "earn", "infer", "info", "led", "local", "rate", "scale",
    "tops",
])  # fmt: skip
"""Stems of names (Belling, Citi, InFO) that are far more often those of other words (bell, city, info)."""
_HEAD = re.compile(HEAD)
_REACH = 20  # characters at the end of a piece; no beginning of a compound is longer, and long texts are slow to search
_BREAK, _PLACE = "\n", "\0"  # never inside a word of jieba's, always words of their own; the second has tokens
_MOSTLY_LATIN = 40  # characters a piece; pieces of English text do not come again and are not remembered
_MARKS = "，。？！、：；“”‘’《》（）【】「」…—·?!,:;()"  # punctuation: each is a word of jieba's, wherever it stands
_DROPPED = (STOP_WORDS | {_BREAK, *_MARKS}).__contains__

Parted = tuple[Sequence[str], str, Sequence[str]]


class Analyzer:
    """Cuts texts into tokens. ``version`` goes into the index; safe to use from threads."""

    version = VERSION

    def __init__(self, cache: Path | None = None) -> None:
        self._cut = han_cutter(cache)
        self._is_sentence = re.compile(f"[{_MARKS}{settled_han()}]*").fullmatch
        self._is_settled = settled().fullmatch
        self._compounds = glossary().compounds

    def tokens(self, text: str) -> list[str]:
        """The tokens of *text* in their order, without stop words; empty for text without words."""
        if self._is_sentence(text):
            return [*filterfalse(_DROPPED, self._cut(text))]
        remembered = _parted
        if not self._is_settled(text):
            text, remembered = plain(text), _parted_plain
        pieces = _OTHER_THAN_HAN.split(text)  # Han, other, Han, other, ..., Han
        # What stands between two runs of Han characters is mostly the same few signs, and is remembered.
        parted = remembered.__wrapped__ if len(text) > _MOSTLY_LATIN * len(pieces) else remembered
        others = [*map(parted, pieces[1::2])]
        pieces[1::2] = [_PLACE if other else _BREAK for other in others]
        between = [
            self._tokens(pieces, place, other) if other[1] else other[2] for place, other in enumerate(others) if other
        ]
        # One call for all runs of a text: the way there and back costs as much as a run of Han characters itself.
        words = [*filterfalse(_DROPPED, self._cut("".join(pieces)))]
        found: list[str] = []
        start = 0
        for tokens in between:
            place = words.index(_PLACE, start)
            found += words[start:place]
            found += tokens
            start = place + 1
        found += words[start:]
        return found

    def terms_of_trade(self, text: str) -> list[Found]:
        """The terms of the glossary that *text* names, in their order, longest names first where they overlap.

        Chinese and English, in any script and width; case and plural do not matter, except for names that are common
        words in other letters (Coherent). Positions are those of *text* as given.
        """
        return self._finder.find(text)

    @cached_property
    def _finder(self) -> TermFinder:
        return TermFinder(glossary(), self._cut)  # made when first asked for: crawling never asks

    def names_as_tokens(self, term: Term) -> dict[str, tuple[tuple[str, ...], ...]]:
        """What *term* may be written as in an article, by language ("zh", "en"), each name as the tokens it gives.

        The usual name first. Left out are names that as tokens are other words: short ones that are common words in
        other letters (=SAW), of several words all but one of which are stop words (out of stock), and those that have
        the stem of a far more frequent word (localization).
        """
        clear = [
            name
            for name in term.english
            if (name not in term.exact or len(name) > _SHORT_NAME) and not self._is_another_word(name)
        ]
        return {"zh": self._all_tokens(term.chinese), "en": self._all_tokens(clear)}

    def _is_another_word(self, name: str) -> bool:
        tokens, words = self.tokens(name), _WORD.findall(name.lower().removesuffix("'s"))
        return len(tokens) == 1 and (tokens[0] in _OTHER_WORDS or (len(words) > 1 and tokens[0] in map(stem, words)))

    def _all_tokens(self, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        return tuple(dict.fromkeys(tokens for name in names if (tokens := tuple(self.tokens(name)))))

    def _tokens(self, pieces: list[str], place: int, other: Parted) -> Sequence[str]:
        """The tokens of a piece; one that begins a compound takes its part of the following Han characters away."""
        before, head, tokens = other
        if head:
            following = pieces[2 * place + 2]
            for tail in self._compounds[head]:
                if following.startswith(tail):
                    pieces[2 * place + 2] = following[len(tail) :]
                    return (*before, head + tail)
        return tokens


@lru_cache(maxsize=20_000)
def _parted(piece: str) -> Parted | None:
    """``_parted_plain`` of a piece of a settled text as it was written."""
    return _parted_plain.__wrapped__(plain_signs(piece))


@lru_cache(maxsize=20_000)
def _parted_plain(piece: str) -> Parted | None:
    """A piece without Han characters: tokens before what may begin a compound, that ("": nothing), and all tokens."""
    head = _HEAD.search(piece, len(piece) - _REACH)
    if head and head[1] in glossary().compounds:
        return _tokens_of_others(piece[: head.start()]), head[1], _tokens_of_others(piece)
    tokens = _tokens_of_others(piece)
    return ((), "", tokens) if tokens else None


def _tokens_of_others(piece: str) -> Sequence[str]:
    if not _HAS_PAIRS(piece):
        return [*chain.from_iterable(map(_kept, (_ASCII_RUNS if piece.isascii() else _LATIN_RUNS)(piece)))]
    found: list[str] = []
    for run in _RUN.finditer(piece):
        found += _kept(run[0]) if run.lastgroup == "latin" else _pairs(run[0])
    return found


@lru_cache(maxsize=100_000)
def _kept(run: str) -> tuple[str, ...]:
    return tuple(token for token in latin_tokens(run) if token not in STOP_WORDS and len(token) <= _LONGEST_TOKEN)


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]
