"""Translation of a query's words: each becomes the set of tokens by which a text in the other language may say it.

Such a set is scored as one word: its frequency in a text is the sum over its tokens, its document frequency that of
all of them together (structured queries, Pirkola 1998). Scored one by one, the tokens of a word with twelve
translations would outweigh the rest of the query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from text.analysis.analyzer import Analyzer
from text.analysis.glossary import Term, glossary
from text.language import HAN

Lookup = Callable[[str], Sequence[str]]
"""Looks a word or phrase up in a dictionary: its translations, best first; () for an unknown one."""

TokenSet = tuple[tuple[str, float], ...]

Tokens = tuple[str, ...]

MAX_TRANSLATIONS = 12
"""Translations of a word that are used; later ones in a dictionary are seldom meant."""

MAX_PHRASE_WORDS = 3
"""Words of an English phrase that is looked up as a whole."""

_HAN = re.compile(f"[{HAN}]")


@dataclass(frozen=True)
class Translation:
    """A word of the query, its count in the query, and the tokens that translate it, with weights of at most 1."""

    word: str
    count: int
    tokens: TokenSet


class Translator:
    """Translates the tokens of queries. Of the dictionaries for a direction the first that has a word is used."""

    def __init__(self, analyzer: Analyzer, to_english: Sequence[Lookup], to_chinese: Sequence[Lookup]) -> None:
        self._analyzer = analyzer
        self._to_english, self._to_chinese = tuple(to_english), tuple(to_chinese)
        self._english_set = lru_cache(maxsize=50_000)(self._english_of)
        self._chinese_set = lru_cache(maxsize=50_000)(self._chinese_of)

    def to_english(self, tokens: Sequence[str]) -> list[Translation]:
        """The English translations of the tokens of a Chinese query; Latin words and numbers stay as they are."""
        counts: dict[str, int] = {}
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
        return [Translation(word, count, self._english_set(word)) for word, count in counts.items()]

    def to_chinese(self, tokens: Sequence[str]) -> list[Translation]:
        """The Chinese translations of the tokens of an English query; a known phrase is translated as a whole."""
        counts: dict[str, int] = {}
        start = 0
        while start < len(tokens):
            for size in range(min(MAX_PHRASE_WORDS, len(tokens) - start), 0, -1):
                phrase = " ".join(tokens[start : start + size])
                if size == 1 or _first(self._to_chinese, phrase):
                    counts[phrase] = counts.get(phrase, 0) + 1
                    start += size
                    break
        return [Translation(word, count, self._chinese_set(word)) for word, count in counts.items()]

    def _english_of(self, word: str) -> TokenSet:
        if not _HAN.search(word):
            return self._tokens([[word, *_first(self._to_english, word)]])
        known = [word] if _first(self._to_english, word) else self._known_parts(word)
        return self._tokens([_first(self._to_english, part) for part in known])

    def _chinese_of(self, phrase: str) -> TokenSet:
        return self._tokens([[*_first(self._to_chinese, phrase), phrase]])

    def _known_parts(self, word: str) -> list[str]:
        """The longest dictionary words in *word*, from left to right; none of one character in a longer word."""
        parts, start = [], 0
        while start < len(word):
            ends = range(len(word), start, -1)
            end = next((end for end in ends if _first(self._to_english, word[start:end])), 0)
            if end:
                parts.append(word[start:end])
            start = end or start + 1
        # Single characters say nothing about a longer word, which mostly is a name: 盛 of 郝毓盛 is no "flourishing".
        return [part for part in parts if len(part) > 1 or len(word) == 1]

    def _tokens(self, translations: Sequence[Sequence[str]]) -> TokenSet:
        weights: dict[str, float] = {}
        for words in translations:
            for translation in words[:MAX_TRANSLATIONS]:
                tokens = self._analyzer.tokens(translation)
                # One of the two words of "integrated circuit" is half of the translation.
                for token in tokens:
                    weights[token] = max(weights.get(token, 0.0), 1 / len(tokens))
        return tuple(weights.items())


class TradeWords:
    """The glossary as a dictionary, for tokens of queries: Chinese words, and English stems joined by blanks."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._by_tokens: dict[str, Term] = {}
        self._chinese: dict[Term, tuple[Tokens, ...]] = {}
        self._english: dict[Term, tuple[Tokens, ...]] = {}
        for term in glossary().terms:
            names = analyzer.names_as_tokens(term)
            self._chinese[term], self._english[term] = names["zh"], names["en"]
            for tokens in (*names["en"], *names["zh"]):
                self._by_tokens.setdefault(" ".join(tokens), term)
        self._first = frozenset(phrase.split(" ", 1)[0] for phrase in self._by_tokens)

    def to_english(self, word: str) -> Sequence[str]:
        """English names of a Chinese word, or of a Latin one that Chinese writers use; () if not in the glossary."""
        term = glossary().of(word) or self._by_tokens.get(word)
        return [" ".join(tokens) for tokens in self._english[term]] if term else ()

    def to_chinese(self, phrase: str) -> Sequence[str]:
        """Chinese names of an English phrase; () for no term of the glossary."""
        term = self._by_tokens.get(phrase)
        return ["".join(tokens) for tokens in self._chinese[term]] if term else ()

    def begins(self, token: str) -> bool:
        """Whether a name of the glossary begins with *token*."""
        return token in self._first

    def names(self, phrase: str) -> Sequence[Tokens]:
        """All names in both languages of the term that *phrase* names; () for no term of the glossary."""
        term = self._by_tokens.get(phrase)
        return (*self._chinese[term], *self._english[term]) if term else ()


def _first(dictionaries: Sequence[Lookup], word: str) -> Sequence[str]:
    return next((translations for look_up in dictionaries if (translations := look_up(word))), ())
