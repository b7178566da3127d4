"""The one analysis of text for queries and articles: tokens, Han bigrams, concepts of the glossary, and language.

An article is indexed by its words and, in a second list, by its Han bigrams and its concepts. A concept is a term of
the glossary under any of its names: "TSMC" and "台积电" give the same ``concept_token``. In a query the names of
concepts are cut out of the text, and what is left gives words and bigrams, so that nothing counts twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from text.analysis.analyzer import Analyzer
from text.analysis.bigrams import bigrams_of
from text.analysis.glossary import Term, glossary, is_name
from text.analysis.measures import EXCHANGE
from text.analysis.normalize import normalized
from text.language import ALL_HAN, query_language

MIN_TOKENS_FOR_DIGEST = 40
"""A text of fewer tokens has no digest: short texts are equal by chance, and each is kept with its title and day."""


_UNIT = re.compile(rf"[{ALL_HAN}]|[^\W{ALL_HAN}_]+")  # a Han character, a Latin word or a number
_PERIOD = re.compile(r"m(?:0[1-9]|1[0-2])|q[1-4]|h[12]")
_HAN = re.compile(f"[{ALL_HAN}]")
_CONCEPT = "#"  # no bigram begins with it
_EXCHANGE = re.compile(rf"{EXCHANGE}(?![^\W{ALL_HAN}_])", re.IGNORECASE)
_CUT = "\n,\n"  # stands in a query for the name of a concept: words on both sides of it are no neighbours


@dataclass(frozen=True)
class Analyzed:
    """A text as the index sees it: its tokens and its Han bigrams, both in the order of the text."""

    text: str
    tokens: list[str]
    bigrams: list[str]

    @cached_property
    def language(self) -> str:
        """The language of *text* as a query, see ``query_language``. Computed at first use: articles do not need it."""
        return query_language(self.text)


class NamedConcept(NamedTuple):
    """A term of the glossary that a query names, and the ``surface`` by which it does."""

    term: Term
    surface: str


@dataclass(frozen=True)
class AnalyzedQuery:
    """A query: the ``concepts`` that it names, and ``tokens`` and ``bigrams`` of the rest, in the order of the text.

    ``length``: how many tokens the whole text has.
    """

    text: str
    concepts: list[NamedConcept]
    tokens: list[str]
    bigrams: list[str]
    length: int

    @cached_property
    def language(self) -> str:
        """The language of *text*, see ``query_language``."""
        return query_language(self.text)


class AnalyzedArticle(NamedTuple):
    """The tokens of each page of an article (the title with the first), a digest of its text, and what else is indexed.

    ``digest``: equal for articles of equal tokens whatever their titles; "" for fewer than ``MIN_TOKENS_FOR_DIGEST``.
    ``bigrams``: the Han bigrams of title and text, and the token of each concept as often as it is named.
    """

    pages: list[list[str]]
    digest: str
    bigrams: list[str]


def concept_token(term: Term) -> str:
    """The token by which articles that name *term* are indexed, among their bigrams."""
    return _CONCEPT + term.chinese[0]


def is_concept_token(token: str) -> bool:
    """Whether *token* is one of ``concept_token``, not a bigram."""
    return token.startswith(_CONCEPT)


def is_period(token: str) -> bool:
    """Whether *token* is a month (m06), a quarter (q2) or half a year (h1)."""
    return bool(_PERIOD.fullmatch(token))


def concept_of(token: str) -> Term | None:
    """The term whose ``concept_token`` this is; None for a bigram, and for a term that the glossary has no more."""
    return glossary().of(token[1:]) if is_concept_token(token) else None


@lru_cache(maxsize=50_000)
def nested_terms(term: Term, surface: str) -> tuple[Term, ...]:
    """The other terms that stand inside the name *surface* of *term*: 三星 and 晶圆代工 in 三星晶圆代工.

    Inside the name of a company only names of companies count: 应用材料 is no 材料.
    """
    units = [unit.span() for unit in _UNIT.finditer(surface)]
    names = is_name(term)
    found: dict[Term, None] = {}
    for first in range(len(units)):
        for last in range(first, len(units)):
            part = surface[units[first][0] : units[last][1]]
            nested = glossary().of(part) if len(part) > 1 and part != surface else None
            if nested and nested is not term and (is_name(nested) or not names):
                # What is left over is a term too, or 高通量测序 would be of 高通.
                rest = (surface[: units[first][0]].strip(), surface[units[last][1] :].strip())
                if not is_name(nested) or all(glossary().of(part) for part in rest if _HAN.search(part)):
                    found[nested] = None
    return tuple(found)


def analyzed(text: str, analyzer: Analyzer) -> Analyzed:
    """Tokens, bigrams and language of *text*, which is normalized once for all of them."""
    forms = normalized(text)
    return Analyzed(text, analyzer.tokens_of(forms), bigrams_of(forms.characters))


def analyzed_query(text: str, analyzer: Analyzer) -> AnalyzedQuery:
    """The concepts, tokens and bigrams of the query *text*."""
    concepts, rest, end, length = [], [], 0, 0
    for match in analyzer.terms_of_trade(text):
        surface = text[match.start : match.end]
        tokens = analyzer.tokens(surface)
        if tokens and all(map(is_period, tokens)):
            continue  # a quarter is a word, and one that an answer has to have
        concepts.append(NamedConcept(match.term, surface))
        length += len(tokens)
        rest.append(text[end : match.start])
        exchange = _EXCHANGE.match(text, match.end) if surface.isdecimal() else None
        end = exchange.end() if exchange else match.end  # 2330.TW says no more than 2330
    left = analyzed(_CUT.join([*rest, text[end:]]), analyzer)
    return AnalyzedQuery(text, concepts, left.tokens, left.bigrams, len(left.tokens) + length)


def analyzed_article(title: str, texts: Sequence[str], analyzer: Analyzer) -> AnalyzedArticle:
    """The analysis of an article: *title*, and the text of each of its pages (at least one)."""
    heading, *bodies = (analyzed(text, analyzer) for text in (title, *texts))
    tokens = [token for body in bodies for token in body.tokens]
    long_enough = len(tokens) >= MIN_TOKENS_FOR_DIGEST
    digest = hashlib.sha256(" ".join(tokens).encode()).hexdigest()[:24] if long_enough else ""
    pages = [heading.tokens + bodies[0].tokens, *(body.tokens for body in bodies[1:])]
    indexed = [bigram for part in (heading, *bodies) for bigram in part.bigrams]
    for part in (title, *texts):
        for match in analyzer.terms_of_trade(part):
            indexed.append(concept_token(match.term))
            indexed += [concept_token(term) for term in nested_terms(match.term, part[match.start : match.end])]
    return AnalyzedArticle(pages, digest, indexed)
