"""The glossary of the trade as dictionaries: names in the other language, and all names of what a phrase names."""

from __future__ import annotations

from collections.abc import Sequence

from text.analyzer import Analyzer
from text.glossary import Term, glossary

Tokens = tuple[str, ...]


class TradeWords:
    """Looks up words as queries have them: Chinese words as they are, English ones as stems joined by blanks."""

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
        """English names of a Chinese word, or of a Latin one that Chinese writers use; () for no word of the trade."""
        term = glossary().of(word) or self._by_tokens.get(word)
        return [" ".join(tokens) for tokens in self._english[term]] if term else ()

    def to_chinese(self, phrase: str) -> Sequence[str]:
        """Chinese names of an English phrase; () for no term of the trade."""
        term = self._by_tokens.get(phrase)
        return ["".join(tokens) for tokens in self._chinese[term]] if term else ()

    def begins(self, token: str) -> bool:
        """Whether a name of the trade begins with *token*."""
        return token in self._first

    def names(self, phrase: str) -> Sequence[Tokens]:
        """All names, in both languages, of what *phrase* names, itself among them; () for no term of the trade."""
        term = self._by_tokens.get(phrase)
        return (*self._chinese[term], *self._english[term]) if term else ()
