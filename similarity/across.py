"""From a query's words to the other language: for each word the set of tokens by which a text there may say the same.

A set counts as one word: its frequency in a text is the sum over its tokens, and it is as rare as all of them together.
Tokens weighed one by one would let a word with twelve translations outvote the rest of the query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from text.analyzer import Analyzer

Lookup = Callable[[str], Sequence[str]]
"""A dictionary: translations of a word or phrase, best first; () for what it does not have."""

TokenSet = tuple[tuple[str, float], ...]

MOST_TRANSLATIONS = 12
"""Of one word; what comes later in a dictionary is seldom meant."""

LONGEST_PHRASE = 3
"""English words that are looked up together."""

_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True)
class Asked:
    """A word of the query (as it was put), how often it was put, and its tokens with weights of at most 1."""

    word: str
    count: int
    tokens: TokenSet


class Translator:
    """Looks words up in *to_english* and *to_chinese*: dictionaries of which the first that knows a word wins."""

    def __init__(self, analyzer: Analyzer, to_english: Sequence[Lookup], to_chinese: Sequence[Lookup]) -> None:
        self._analyzer = analyzer
        self._to_english, self._to_chinese = tuple(to_english), tuple(to_chinese)
        self._english_set = lru_cache(maxsize=50_000)(self._english_of)
        self._chinese_set = lru_cache(maxsize=50_000)(self._chinese_of)

    def to_english(self, tokens: Sequence[str]) -> list[Asked]:
        """Sets of English tokens for the tokens of a Chinese query; Latin ones and numbers stand for themselves."""
        counts: dict[str, int] = {}
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
        return [Asked(word, count, self._english_set(word)) for word, count in counts.items()]

    def to_chinese(self, tokens: Sequence[str]) -> list[Asked]:
        """Sets of Chinese tokens for the tokens of an English query, phrases before their words."""
        found: dict[str, int] = {}
        place = 0
        while place < len(tokens):
            for size in range(min(LONGEST_PHRASE, len(tokens) - place), 0, -1):
                phrase = " ".join(tokens[place : place + size])
                if size == 1 or _first(self._to_chinese, phrase):
                    found[phrase] = found.get(phrase, 0) + 1
                    place += size
                    break
        return [Asked(word, count, self._chinese_set(word)) for word, count in found.items()]

    def _english_of(self, word: str) -> TokenSet:
        if not _HAN.search(word):
            return self._tokens([[word, *_first(self._to_english, word)]])
        known = [word] if _first(self._to_english, word) else self._known_parts(word)
        return self._tokens([_first(self._to_english, part) for part in known])

    def _chinese_of(self, phrase: str) -> TokenSet:
        return self._tokens([[*_first(self._to_chinese, phrase), phrase]])

    def _known_parts(self, word: str) -> list[str]:
        """The longest words of the dictionary in *word*, from its beginning on; single characters where need be."""
        parts, place = [], 0
        while place < len(word):
            ends = range(len(word), place, -1)
            end = next((end for end in ends if _first(self._to_english, word[place:end])), 0)
            if end:
                parts.append(word[place:end])
            place = end or place + 1
        # Single characters say little about a longer word: only where there is nothing else.
        return [part for part in parts if len(part) > 1] or parts

    def _tokens(self, translations: Sequence[Sequence[str]]) -> TokenSet:
        weights: dict[str, float] = {}
        for words in translations:
            for words_of_one in words[:MOST_TRANSLATIONS]:
                tokens = self._analyzer.tokens(words_of_one)
                # Half of "integrated circuit" is half of the word.
                for token in tokens:
                    weights[token] = max(weights.get(token, 0.0), 1 / len(tokens))
        return tuple(weights.items())


def _first(dictionaries: Sequence[Lookup], word: str) -> Sequence[str]:
    return next((found for look_up in dictionaries if (found := look_up(word))), ())
