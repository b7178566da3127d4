"""Text to tokens, the same way for articles, queries and test sets.

Text is normalized (``text.analysis.normalize``) and split by script. Runs of Han characters are segmented into words by
jieba, Latin runs are tokenized and stemmed (``text.analysis.latin``), runs of kana and hangul give character bigrams.
A name of the glossary is one token (全环绕栅极, 3D堆叠), except for what is put together from words: 半导体设备 is two,
so that a question for 半导体 finds it, and a phrase of Latin or mixed words is several.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import chain, filterfalse
from pathlib import Path

from text.analysis.chinese import han_segmenter
from text.analysis.glossary import Term, glossary, recall_spellings
from text.analysis.kept import kept
from text.analysis.latin import ASCII_RUN, LATIN_RUN, latin_tokens, stem
from text.analysis.measures import join_measures, rewrite_chinese
from text.analysis.normalize import Normalized, normalize, normalize_signs, stable_han, stable_text
from text.analysis.stopwords import STOP_WORDS
from text.analysis.term_finder import HEAD, TermFinder, TermMatch
from text.language import ALL_HAN

VERSION = "4"
"""Raised with every change of which tokens a text gives. Stored with the index, which refuses another version."""

_OTHER_THAN_HAN = re.compile(rf"([^{ALL_HAN}]+)")
_KANA_AND_HANGUL = "[\u3041-\u30ff\u31f0-\u31ff\uac00-\ud7af]"
_SYLLABLES = re.compile(f"({_KANA_AND_HANGUL}+)")
_HAS_SYLLABLES = re.compile(_KANA_AND_HANGUL).search
_LATIN_RUNS, _ASCII_RUNS = re.compile(LATIN_RUN).findall, re.compile(ASCII_RUN).findall
_LONGEST_TOKEN = 60  # characters; longer ones are addresses and broken PDF text, which nobody searches for
_SHORT_NAME = 3  # letters
_WORD = re.compile(r"\w+")

_OTHER_WORDS = frozenset([
    "ash", "bell", "bin", "book", "citi", "deposit", "dimens", "earn", "infer", "info", "led", "local", "rate", "scale",
    "tops",
])  # fmt: skip
"""Stems of names (Belling, Citi, InFO) that are far more often stems of other words (bell, city, info)."""
_PERIOD_SIGNS = "月季半"
_PERIOD_END = re.compile("月份?|季度?|半年")
_NUMERAL_BEFORE = re.compile(r"[\d一二三四五六七八九十上下] ?\Z")
_AFTER_LETTER = tuple("轮型股级类")
"""Characters that make a word with one letter before: B轮 is another round than A轮."""

_HEAD = re.compile(HEAD)
_REACH = 20  # characters at the end of a piece that are searched for the head of a compound: no head is longer
# Two characters that stand for the pieces without Han characters while jieba segments the rest of the text. jieba never
# joins them with others: _BREAK for a piece without tokens, _PLACEHOLDER for one with tokens.
_BREAK, _PLACEHOLDER = "\n", "\0"
_MOSTLY_LATIN = 40  # characters a piece; the pieces of English text do not recur and are not cached
_MARKS = "，。？！、：；“”‘’《》（）【】「」…—·?!,:;()"  # punctuation: each sign is a word of its own for jieba
_DROPPED = (STOP_WORDS | {_BREAK, *_MARKS}).__contains__

Piece = tuple[Sequence[str], str, Sequence[str]]
"""A piece without Han characters: the tokens before a head, the head of a compound ("" for none), and all tokens."""


class Analyzer:
    """Turns texts into tokens. ``version`` is stored with the index. Safe to use from several threads."""

    version = VERSION

    def __init__(self, cache: Path | None = None) -> None:
        """*cache*: the folder for what is kept of the glossary and of jieba's dictionary, see ``han_segmenter``."""
        self._cache = cache
        recall_spellings(cache)
        self._segment = han_segmenter(cache)
        self._compounds = glossary().compounds

    # These two are made when a text is not ASCII: each takes as long as looking up a whole question.
    @cached_property
    def _is_sentence(self) -> Callable[[str], object]:
        return re.compile(f"[{_MARKS}{stable_han()}]*").fullmatch

    @cached_property
    def _is_stable(self) -> Callable[[str], object]:
        return stable_text().fullmatch

    def tokens(self, text: str) -> list[str]:
        """The tokens of *text* in their order, without stop words; empty for text without words."""
        if text.isascii():
            return self._tokens(text, stable=True)
        return self._tokens_of_stable(text) if self._is_stable(text) else self._tokens_of_normal(normalize(text))

    def tokens_of(self, forms: Normalized) -> list[str]:
        """``tokens`` of a text that is normalized already."""
        return self._tokens_of_stable(forms.text) if forms.stable else self._tokens_of_normal(forms.text)

    def _tokens_of_stable(self, text: str) -> list[str]:
        text = rewrite_chinese(text)
        return self._words(text) if self._is_sentence(text) else self._tokens(text, stable=True)

    def _tokens_of_normal(self, text: str) -> list[str]:
        return self._tokens(rewrite_chinese(text), stable=False)

    def terms_of_trade(self, text: str) -> list[TermMatch]:
        """The terms of the glossary that *text* names, in their order; of names that overlap the longest.

        Chinese and English, in any script and width. Case and plural do not matter, except for names that are common
        words in other letters (Coherent). Positions are those of *text* as given.
        """
        matches = self._finder.find(text)
        if text.isascii() or not any(text[match.start] in _PERIOD_SIGNS for match in matches):
            return matches
        return [own for match in matches for own in self._without_period(text, match)]

    def _without_period(self, text: str, match: TermMatch) -> list[TermMatch]:
        """*match*; where it begins with the end of a period, the terms behind that: 营收 in 2月营收, not 月营收."""
        sign = _PERIOD_END.match(text, match.start)
        if not sign or not _NUMERAL_BEFORE.search(text[max(match.start - 2, 0) : match.start]):
            return [match]
        rest = text[sign.end() : match.end]
        return [TermMatch(own.term, own.start + sign.end(), own.end + sign.end()) for own in self._finder.find(rest)]

    @cached_property
    def _finder(self) -> TermFinder:
        return TermFinder(glossary(), self._segment, self._cache)  # built when first used: crawling does not need it

    def names_as_tokens(self, term: Term) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The names of *term* by language ("zh", "en"), each as the tokens it gives; the usual name first.

        Names whose tokens are other words are left out: short ones that are common words in other letters (=SAW),
        phrases of which only one word is no stop word (out of stock), and names with the stem of a far more frequent
        word (localization).
        """
        return self._kept_names.get(term) or self._names_as_tokens(term)

    @cached_property
    def _kept_names(self) -> dict[Term, dict[str, tuple[tuple[str, ...], ...]]]:
        if self._cache is None:
            return {}
        terms = glossary().terms
        rows = kept(self._cache, "names-as-tokens", lambda: [self._names_as_tokens(term) for term in terms])
        return {
            term: {language: tuple(map(tuple, names)) for language, names in row.items()}
            for term, row in zip(terms, rows, strict=True)
        }

    def _names_as_tokens(self, term: Term) -> dict[str, tuple[tuple[str, ...], ...]]:
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

    def _words(self, text: str) -> list[str]:
        return [*filterfalse(_DROPPED, self._segment.with_compounds_apart(text))]

    def _tokens(self, text: str, stable: bool) -> list[str]:
        """The tokens of a text that is normalized or *stable*."""
        pieces = _OTHER_THAN_HAN.split(text)  # Han, other, Han, other, ..., Han
        parse = _parse_stable if stable else _parse
        # Between two runs of Han characters there are mostly the same few signs: their parses are cached.
        parse_piece = parse.__wrapped__ if len(text) > _MOSTLY_LATIN * len(pieces) else parse
        others = [*map(parse_piece, pieces[1::2])]
        pieces[1::2] = [_PLACEHOLDER if other else _BREAK for other in others]
        between = [
            self._with_compound(pieces, number, other) if other[1] else other[2]
            for number, other in enumerate(others)
            if other
        ]
        # One call of jieba for all runs of a text: the call itself costs as much as segmenting a run.
        words = self._words("".join(pieces))
        tokens: list[str] = []
        start = 0
        for piece_tokens in between:
            end = words.index(_PLACEHOLDER, start)
            tokens += words[start:end]
            tokens += piece_tokens
            start = end + 1
        tokens += words[start:]
        return tokens

    def _with_compound(self, pieces: list[str], number: int, other: Piece) -> Sequence[str]:
        """The tokens of a piece that ends in the head of a compound (3D of 3D堆叠).

        Where the following Han characters are the rest of the compound, they are moved from *pieces* into its token.
        """
        before, head, tokens = other
        following = pieces[2 * number + 2]
        for tail in self._compounds.get(head, ()):
            if following.startswith(tail):
                pieces[2 * number + 2] = following[len(tail) :]
                return (*before, head + tail)
        if head.isalpha() and following[:1] in _AFTER_LETTER:
            pieces[2 * number + 2] = following[1:]
            return (*before, head + following[0])
        return tokens


@lru_cache(maxsize=20_000)
def _parse_stable(piece: str) -> Piece | None:
    """``_parse`` of a piece of a stable text, which is still as it was given."""
    return _parse.__wrapped__(normalize_signs(piece))


@lru_cache(maxsize=20_000)
def _parse(piece: str) -> Piece | None:
    """Parses a normalized piece without Han characters; None for one without tokens and without head."""
    head = _HEAD.search(piece, len(piece) - _REACH)
    if head and (head[1] in glossary().compounds or head[1].isalpha()):
        return _tokens_of_signs(piece[: head.start()]), head[1], _tokens_of_signs(piece)
    tokens = _tokens_of_signs(piece)
    return ((), "", tokens) if tokens else None


def _tokens_of_signs(piece: str) -> Sequence[str]:
    if not _HAS_SYLLABLES(piece):
        runs: list[str] = (_ASCII_RUNS if piece.isascii() else _LATIN_RUNS)(piece)
        join_measures(runs)
        return [*chain.from_iterable(map(_kept_tokens, runs))]
    tokens: list[str] = []
    for place, part in enumerate(_SYLLABLES.split(piece)):
        tokens += _character_bigrams(part) if place % 2 else _tokens_of_signs(part)
    return tokens


@lru_cache(maxsize=100_000)
def _kept_tokens(run: str) -> tuple[str, ...]:
    return tuple(token for token in latin_tokens(run) if token not in STOP_WORDS and len(token) <= _LONGEST_TOKEN)


def _character_bigrams(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)] or [run]
