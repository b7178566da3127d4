"""The concepts of a query, each with everything by which an article can meet it.

A term of the glossary is met by its concept token, which stands for all its names in both languages, and a little less
by the concepts that are kinds or members of it: a query for HBM also finds HBM4, and a class of companies its members.
Any other word is met by itself, by its Han bigrams, and by its translations from the general dictionary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from text.analysis.bigrams import bigrams
from text.analysis.document import NamedConcept, concept_token, is_period, nested_terms
from text.analysis.glossary import Term, glossary, is_name
from text.analysis.latin import latin_tokens
from text.analysis.normalize import normalize
from text.language import HAN
from text.translation.translator import Translation

NARROWER_SHARE = 0.9
"""What a kind or member of a concept is worth: an article that names the concept itself comes first."""

NAME_EMPHASIS = 2.0
EMPHASES: Mapping[str, float] = {
    "products": 2.0, "process": 1.5, "equipment": 1.5, "materials": 1.5, "packaging": 1.5, "memory": 1.5,
    "business": 0.7, "finance": 0.4, "place": 0.4,
}  # fmt: skip
"""What terms of these categories weigh in an article that is the query, compared with other words; ``NAME_EMPHASIS``:
names. Who and what decides whether two articles are alike: deals, purchases and billions are in most of them."""

_HAN = re.compile(f"[{HAN}]")

Shares = tuple[tuple[str, float], ...]
"""Tokens, and which part of a concept each is."""


class Kind(Enum):
    """What a concept is. An answer to a short query has its names and its periods."""

    NAME = "name"
    PERIOD = "period"
    TERM = "term"
    WORD = "word"


@dataclass(frozen=True)
class ParsedConcept:
    """A concept as the query has it: its ``surface``, its kind, and ``count``, how often the query names it.

    ``word``: the token of an ordinary word; "" for a term. ``tokens``: concept tokens, in the index of bigrams.
    ``translations``: tokens in the other language, in the index of words. ``word_parts`` and ``bigram_parts``: tokens
    of a term's name, or the bigrams of a word. ``emphasis``: a factor of its weight.
    """

    surface: str
    kind: Kind
    count: int
    word: str = ""
    tokens: Shares = ()
    translations: Shares = ()
    word_parts: tuple[str, ...] = ()
    bigram_parts: tuple[str, ...] = ()
    emphasis: float = 1.0

    @property
    def is_han(self) -> bool:
        """Whether it is an ordinary word with Han characters, which its bigrams meet too."""
        return bool(self.word and _HAN.search(self.word))


@dataclass(frozen=True, eq=False)
class ParsedQuery:
    """The concepts of a query, the Han bigrams between them, and how many tokens it has."""

    language: str
    cross_lingual: bool
    concepts: Sequence[ParsedConcept]
    bigrams: Mapping[str, int]
    length: int

    def tokens(self) -> Iterable[str]:
        """All tokens that a document can be found by; some come several times."""
        yield from self.bigrams
        for concept in self.concepts:
            yield from (concept.word, *concept.word_parts, *concept.bigram_parts)
            yield from (token for token, _ in (*concept.tokens, *concept.translations))


def of_terms(named: Sequence[NamedConcept], any_of: Sequence[Sequence[Term]] = ()) -> list[ParsedConcept]:
    """The concepts of the terms that a text names. Those of one group of *any_of* are one: any of them meets it."""
    counts = Counter(concept.term.chinese[0] for concept in named)
    first = {concept.term.chinese[0]: concept for concept in reversed(named)}
    concepts, grouped = [], set[str]()
    for group in any_of:
        members = [term for term in group if term.chinese[0] in first]
        if len(members) > 1:
            grouped |= {term.chinese[0] for term in members}
            surface = " OR ".join(first[term.chinese[0]].surface for term in members)
            kind = Kind.NAME if all(map(is_name, members)) else Kind.TERM
            shares = {token: share for term in reversed(members) for token, share in _shares(term)}
            concepts.append(ParsedConcept(surface, kind, 1, tokens=tuple(shares.items())))
    for key, count in counts.items():
        if key in grouped:
            continue
        term, surface = first[key]
        words, pairs = _parts(term, surface)
        kind = Kind.NAME if is_name(term) else Kind.TERM
        concepts.append(ParsedConcept(surface, kind, count, tokens=_shares(term), word_parts=words, bigram_parts=pairs))
    return concepts


def of_words(tokens: Sequence[str], translations: Sequence[Translation]) -> list[ParsedConcept]:
    """The concepts of the ordinary words *tokens*, with the *translations* of words and of phrases."""
    by_word: dict[str, dict[str, float]] = {}
    for translation in translations:
        # A phrase is translated as a whole: its translations meet each of its words.
        words = translation.word.split(" ")
        for word in (translation.word, *words):
            own = by_word.setdefault(word, {})
            for token, share in translation.tokens:
                if token not in words:
                    own[token] = max(share, own.get(token, 0.0))
    return [
        ParsedConcept(
            word,
            Kind.PERIOD if is_period(word) else Kind.WORD,
            count,
            word=word,
            translations=tuple(by_word.get(word, {}).items()),
            bigram_parts=tuple(dict.fromkeys(bigrams(word))) if len(word) > 1 and _HAN.search(word) else (),
        )
        for word, count in Counter(tokens).items()
    ]


def _shares(term: Term) -> Shares:
    narrower = ((concept_token(other), NARROWER_SHARE) for other in glossary().narrower(term))
    return ((concept_token(term), 1.0), *narrower)


def _parts(term: Term, surface: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parts of the name of *term* in the index of words and in that of bigrams and concepts.

    The terms inside it, else the words of its usual names in both languages. A part of a company's name is another
    name, or none: 中芯国际 is not any 国际.
    """
    nested = tuple(concept_token(other) for other in nested_terms(term, surface))
    if nested or is_name(term):
        return (), nested
    words = latin_tokens(normalize(term.english[0])) if term.english else ()
    return (tuple(dict.fromkeys(words)) if len(words) > 1 else (), tuple(dict.fromkeys(bigrams(term.chinese[0]))))


def emphasized(concepts: Sequence[ParsedConcept], terms: Mapping[str, Term]) -> list[ParsedConcept]:
    """*concepts* of an article with the emphasis of their categories; *terms*: the term of each surface."""
    return [
        replace(
            concept,
            emphasis=NAME_EMPHASIS
            if concept.kind is Kind.NAME
            else EMPHASES.get(terms[concept.surface].category if concept.surface in terms else "", 1.0),
        )
        for concept in concepts
    ]
