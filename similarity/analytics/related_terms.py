"""Related terms: those that are in the same articles as a given term far more often than by chance.

Candidates are the terms of the glossary, each under all its names in both languages, and the ordinary words whose LSI
vectors are nearest. For a company its trade comes first: products, processes, suppliers, rivals. Whoever is named with
ratings and prices of shares more than with the company (banks, analysts) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from pymongo.database import Database

from similarity.analytics.concepts import (
    Concept,
    ConceptIds,
    NameTokens,
    concepts_of,
    names_of,
    rows_naming,
    rows_naming_all,
    with_ids,
)
from similarity.analytics.keywords import NO_WORD
from similarity.analytics.surface_forms import is_latin, surface_forms
from similarity.analytics.term_vectors import TermVectors
from similarity.arrays import Flags, Floats
from similarity.errors import NotTrained, TooFewArticles
from similarity.query.term_ids import TermIds
from similarity.ranking.lsi import Topics
from similarity.ranking.state import State
from similarity.reader.collection import Collection
from store.connection import Document
from store.index.dictionary import tokens_of
from store.index.projections import COMMAND, NoProjection
from store.vectors import Ints
from text.analysis.analyzer import Analyzer
from text.analysis.document import concept_token, nested_terms
from text.analysis.glossary import Term, glossary
from text.language import HAN

MIN_TRAINED = 200
"""Articles that LSI must be trained on; with fewer, words are near to one another by chance."""

MIN_ARTICLES = 3
"""Articles that must have a term: with fewer its vector says nothing."""

MIN_TOGETHER = 2
"""Articles that must have both; one is chance."""

MIN_NEARNESS = 0.05
"""A term with a lower one is no more related than any other word."""

MIN_NEARNESS_OF_WORDS = 0.15
"""The same for ordinary words: those that any news has come often enough to go a little with everything."""

MAX_SHARE = 0.1
"""Share of the articles; a word in more of them is a common word of the language, unless the glossary has it."""

_CANDIDATES = 30  # words per result: most of them are names of terms, or no words
_WEIGHTS = {"people": 0.8, "policy": 0.8, "business": 0.6, "organisation": 0.6, "research": 0.5, "place": 0.4}
_WORD, _MARKETS = 0.5, 0.3
_BANKS = "投资银行"
_HAN = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Related:
    """A term as people write it, its nearness (up to 1), its language, and how many articles have it.

    The nearness is how much it goes with the given text, see ``association``, times a weight for what it is.

    ``other_language``: its language is not that of the given text. ``chinese`` and ``english`` are the usual names of a
    glossary term, "" for other words.
    """

    word: str
    nearness: float
    language: str
    other_language: bool
    articles: int
    chinese: str = ""
    english: str = ""


class _Candidate(NamedTuple):
    word: str
    term: Term | None
    ids: ConceptIds


def related_terms(
    database: Database[Document], state: State, words: TermIds, analyzer: Analyzer, text: str, k: int
) -> list[Related]:
    """The *k* terms that go most with *text*, nearest first. Raises QueryError, and TooFewArticles."""
    collection = state.collection
    given = concepts_of(analyzer, text)
    topics = _topics(state)
    ids = with_ids(words, given)
    rows = [rows_naming_all(segment.reader, ids) & segment.live for segment in collection.segments]
    number = sum(int(np.count_nonzero(of_segment)) for of_segment in rows)
    if number < MIN_ARTICLES:
        raise TooFewArticles(
            f"{' '.join(text.split())[:40]!r}: fewer than {MIN_ARTICLES} articles have it; nothing can be learnt of "
            "how it is used",
            "q",
            f"{' '.join(text.split())[:40]!r}：有它的文章不足 {MIN_ARTICLES} 篇，看不出它的用法",
        )
    candidates = _terms(words, given) + _words(database, words, analyzer, topics, given, k)
    together, articles = _counts(collection, rows, [candidate.ids for candidate in candidates])
    nearness = association(together, articles, number, len(collection))
    nearness *= [_weight(candidate.term, given) for candidate in candidates]
    if not any(concept.term and is_of_markets(concept.term) for concept in given):
        nearness[_of_markets(collection, words, candidates, articles) > nearness] = 0
    language = "zh" if _HAN.search(text) else "en"
    common = MAX_SHARE * len(collection)
    related: list[Related] = []
    names = _terms_by_token(analyzer)
    for place in np.argsort(-nearness, kind="stable").tolist():
        word, term, ids_of_word = candidates[place]
        if len(related) == k or nearness[place] < MIN_NEARNESS:
            break
        is_common = not term and (articles[place] > common or nearness[place] < MIN_NEARNESS_OF_WORDS)
        if together[place] < MIN_TOGETHER or is_common:
            continue
        if word in names and _is_part(collection, words, ids_of_word, names[word]):
            continue
        its_language = language if term else "en" if is_latin(word) else "zh"
        both = (term.chinese[0], (term.english or term.chinese)[0]) if term else ("", "")
        shown = both[its_language == "en"] or word
        value = float(nearness[place])
        related.append(Related(shown, value, its_language, its_language != language, int(articles[place]), *both))
    plain_ids = words.ids([result.word for result in related if not result.chinese])
    surfaces = surface_forms(database, collection, plain_ids)
    return [result if result.chinese else replace(result, word=surfaces[result.word]) for result in related]


def association(together: Ints, one: Ints, other: int, total: int) -> Floats:
    """How much more often two things are in the same article than by chance: float64, from -1 to 1.

    Normalized pointwise mutual information (Bouma 2009): 0 by chance, 1 for things that occur only together. It is
    multiplied by the discount of Pantel and Lin (2002), as few articles prove little. *together* (n,): how many have
    both; *one* (n,) and *other*: how many have each; *total*: how many there are.
    """
    both = np.maximum(together, 0.5) / total
    npmi = np.log(both * total * total / (np.maximum(one, 1) * other)) / -np.log(np.minimum(both, 0.999))
    fewer = np.minimum(one, other)
    result: Floats = np.clip(npmi, -1, 1) * together / (together + 1) * fewer / (fewer + 1)
    return result


def _terms(words: TermIds, given: Sequence[Concept]) -> list[_Candidate]:
    """The terms of the glossary, except those of *given* and those that stand inside their names."""
    asked = {concept.term for concept in given if concept.term}
    asked |= {part for term in asked for name in term.names for part in nested_terms(term, name)}
    terms = [term for term in glossary().terms if term not in asked]
    ids = words.ids({concept_token(term) for term in terms})
    tokens = ((concept_token(term), term) for term in terms)
    return [_Candidate(token, term, ConceptIds(True, (ids[token],))) for token, term in tokens if token in ids]


def _words(
    database: Database[Document], words: TermIds, analyzer: Analyzer, topics: Topics, given: Sequence[Concept], k: int
) -> list[_Candidate]:
    """The ordinary words whose vectors are nearest to those of *given*; no part of a name of a term is one."""
    vectors = TermVectors(topics.arrays)
    own: set[NameTokens] = set()
    for concept in given:
        own |= {*names_of(analyzer, concept.term)} if concept.term else {(concept.word,)}
    ids = words.ids({token for name in own for token in name})
    known = [tuple(ids[token] for token in name) for name in sorted(own) if all(token in ids for token in name)]
    queries, _ = vectors.of_names(known)
    if not len(queries):
        return []
    cosines = vectors.nearness(queries)
    order = np.argsort(-cosines, kind="stable")[: _CANDIDATES * k]
    keys = vectors.arrays.tokens[order][cosines[order] >= MIN_NEARNESS].tolist()
    terms = {concept.term for concept in given if concept.term}
    parts = {token for name in own for token in name}
    return [
        _Candidate(token, None, ConceptIds(False, (key,)))
        for key, token in tokens_of(database, keys).items()
        if not NO_WORD.fullmatch(token) and token not in parts and _named_by(token) not in terms
    ]


def _named_by(token: str) -> Term | None:
    """The term that *token* is the ticker of, with or without its market (MU, MU.O)."""
    return glossary().of(token.upper().partition(".")[0])


@lru_cache(maxsize=2)
def _terms_by_token(analyzer: Analyzer) -> Mapping[str, tuple[Concept, ...]]:
    """For each token of a name in the glossary the terms with this name."""
    terms: dict[str, dict[Concept, None]] = {}
    for term in glossary().terms:
        for token in {token for name in names_of(analyzer, term) for token in name}:
            terms.setdefault(token, {})[Concept(term=term)] = None
    return {token: tuple(concepts) for token, concepts in terms.items()}


def _is_part(collection: Collection, words: TermIds, word: ConceptIds, terms: Sequence[Concept]) -> bool:
    """Whether most articles with *word* have it in the name of one of *terms*."""
    named = ConceptIds(True, tuple({key for concept in with_ids(words, terms) for key in concept.ids}))
    with_word = with_both = 0
    for segment in collection.segments:
        rows = rows_naming(segment.reader, word) & segment.live
        with_word += int(np.count_nonzero(rows))
        with_both += int(np.count_nonzero(rows & rows_naming(segment.reader, named)))
    return 2 * with_both > with_word


def _counts(collection: Collection, rows: Sequence[Flags], concepts: Sequence[ConceptIds]) -> tuple[Ints, Ints]:
    """In how many articles each of *concepts*, of one token each, is: among *rows* of each segment, and in all."""
    among, everywhere = np.zeros(len(concepts), np.int64), np.zeros(len(concepts), np.int64)
    for is_term in (True, False):
        places = np.array([place for place, concept in enumerate(concepts) if concept.is_term == is_term], np.int64)
        keys = np.array([concepts[place].ids[0] for place in places.tolist()], np.int32)
        for segment, of_segment in zip(collection.segments, rows, strict=True):
            index = ConceptIds(is_term, ()).postings(segment.reader)
            ordinals, present = index.ordinals(keys)
            for place, at in zip(places[present].tolist(), ordinals[present].tolist(), strict=True):
                postings = index.rows[index.start[at] : index.start[at + 1]]
                among[place] += np.count_nonzero(of_segment[postings])
                everywhere[place] += np.count_nonzero(segment.live[postings])
    return among, everywhere


def _weight(term: Term | None, given: Sequence[Concept]) -> float:
    """What a candidate counts: for a company its trade counts whole, what is said of every company less."""
    if term is None:
        return _WORD
    if is_of_markets(term) and any(concept.term and is_of_markets(concept.term) for concept in given):
        return 1.0
    return _MARKETS if is_of_markets(term) else _WEIGHTS.get(term.category, 1.0)


def is_of_markets(term: Term) -> bool:
    """Whether *term* is about shares and results, or a bank or broker."""
    return term.category == "finance" or any(broader.chinese[0] == _BANKS for broader in glossary().broader(term))


def _of_markets(collection: Collection, words: TermIds, candidates: Sequence[_Candidate], articles: Ints) -> Floats:
    """How much each candidate goes with shares, ratings and results; 0 for trades and their products.

    Who rates a company is named with it as often as who supplies it, but with ratings and prices of shares even more.
    """
    terms = [Concept(term=term) for term in glossary().terms if term.category == "finance"]
    (market,) = [ConceptIds(True, tuple(key for concept in with_ids(words, terms) for key in concept.ids))]
    rows = [rows_naming(segment.reader, market) & segment.live for segment in collection.segments]
    number = max(sum(int(np.count_nonzero(of_segment)) for of_segment in rows), 1)
    together, _ = _counts(collection, rows, [candidate.ids for candidate in candidates])
    return association(together, articles, number, len(collection))


def _topics(state: State) -> Topics:
    try:
        topics = state.topics(state.collection)
    except NoProjection as error:
        if len(state.collection) < MIN_TRAINED:
            raise _too_few(len(state.collection)) from None
        raise NotTrained(str(error), "q", f"相关词须先训练主题：{COMMAND}") from None
    if topics.projection.documents < MIN_TRAINED:
        more = len(state.collection) >= MIN_TRAINED
        raise _too_few(topics.projection.documents, COMMAND if more else "")
    return topics


def _too_few(number: int, command: str = "") -> TooFewArticles:
    """*command*: what to run, as there are enough articles by now."""
    return TooFewArticles(
        f"{number} articles are too few to learn related terms from; it takes {MIN_TRAINED}"
        + (f"; by now there are more: {command}" if command else ""),
        "q",
        f"相关词要从至少 {MIN_TRAINED} 篇文章学得，训练时只有 {number} 篇"
        + (f"；现在已经够了：{command}" if command else ""),
    )
