"""Terms that are used like another one: near to it in the topics that gensim's LSI has found in the collection.

A term of the trade lies, in each language, where its names lie, the frequent ones more; what is near to it in either
language is found, so that English articles on TSMC answer a question for 台积电. Names of one term are one answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from pymongo.database import Database

from similarity.errors import QueryError, TooFewArticles
from similarity.lsi import Topics
from similarity.naming import Ids, Name, Part, articles_naming, as_ids, names_of, parts_of, terms_by_name
from similarity.places import Places
from similarity.query import State
from similarity.turning import Floats
from similarity.wording import is_latin, written
from similarity.words import Words
from store.connection import Document
from store.projections import COMMAND, NoProjection
from store.terms import tokens_of
from text.analyzer import Analyzer
from text.glossary import Term

LEAST_TRAINED = 200
"""Articles that topics are trained on; with fewer, words are near to one another by chance."""

LEAST_ARTICLES = 3
"""That have a term, for its place to say anything."""

LEAST_NEAR = 0.2
"""What is farther has to do with the term no more than any other word."""

MOST_COMMON = 0.1
"""Share of the articles; a word that more of them have belongs to the language, unless the glossary has it."""

_LOOKED_AT = 30  # candidates for each term that is asked for: many are names of one term, or no words
_NO_WORD = re.compile(r"[\d.,%]+|.")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Related:
    """A term as people write it, how near it is (the cosine, up to 1), its language, and how many articles have it.

    ``other_language``: it is in another language than what was asked for. ``chinese`` and ``english``: the usual names
    of a term of the trade, "" of other words.
    """

    word: str
    nearness: float
    language: str
    other_language: bool
    articles: int
    chinese: str = ""
    english: str = ""


class _Candidate(NamedTuple):
    nearness: float
    name: Name
    term: Term | None


def related_terms(
    database: Database[Document], state: State, words: Words, analyzer: Analyzer, text: str, k: int
) -> list[Related]:
    """The *k* terms nearest to *text*, nearest first. Raises QueryError, and TooFewArticles where nothing is learnt."""
    parts = parts_of(analyzer, text)
    topics = _topics(state)
    places = Places(topics.arrays)
    ids = words.ids({token for part in parts for name in part.all_names for token in name})
    queries = _queries(state, places, parts, ids)
    if not len(queries):
        raise TooFewArticles(
            f"{' '.join(text.split())[:40]!r}: fewer than {LEAST_ARTICLES} articles, of those that topics were trained "
            "on, have it; nothing can be learnt of how it is used"
        )
    asked = {part.term for part in parts}
    own = {token for part in parts for name in part.all_names for token in name}
    language = "zh" if _HAN.search(text) else "en"
    candidates = _tokens(database, analyzer, places, queries, k) + _phrases(words, analyzer, places, queries, own, k)
    found: dict[Term | str, Related] = {}
    for near, name, term in sorted(candidates, key=lambda one: (-one.nearness, one.name)):
        if len(found) == k:
            break
        key = term or name[0]
        if key in found or (term and term in asked) or (not term and key in own):
            continue
        articles = _articles(state, words, names_of(analyzer, term) if term else (name,))
        if articles < LEAST_ARTICLES or (not term and articles > MOST_COMMON * len(state.collection)):
            continue
        its = "en" if all(map(is_latin, name)) else "zh"
        names = (term.chinese[0], (term.english or term.chinese)[0]) if term else ("", "")
        found[key] = Related(names[its == "en"] or name[0], near, its, its != language, articles, *names)
    plain = words.ids([one.word for one in found.values() if not one.chinese])
    shown = written(database, state.collection, plain)
    return [one if one.chinese else _shown(one, shown[one.word]) for one in found.values()]


def _shown(one: Related, word: str) -> Related:
    return Related(word, one.nearness, one.language, one.other_language, one.articles)


def _tokens(
    database: Database[Document], analyzer: Analyzer, places: Places, queries: Floats, k: int
) -> list[_Candidate]:
    """Single tokens, and the terms whose names they are."""
    near = places.nearness(queries)
    order = np.argsort(-near, kind="stable")[: _LOOKED_AT * k]
    keys = places.arrays.tokens[order].tolist()
    tokens = tokens_of(database, keys)
    terms = terms_by_name(analyzer)
    return [
        _Candidate(value, (token,), terms.get((token,)))
        for key, value in zip(keys, near[order].tolist(), strict=True)
        if value >= LEAST_NEAR and (token := tokens.get(key, "")) and not _NO_WORD.fullmatch(token)
    ]


def _phrases(
    words: Words, analyzer: Analyzer, places: Places, queries: Floats, own: set[str], k: int
) -> list[_Candidate]:
    """Terms by names of several tokens; none that has one of *own*, to which it would be near for that alone."""
    names = [(name, term) for name, term in terms_by_name(analyzer).items() if len(name) > 1 and own.isdisjoint(name)]
    ids = words.ids({token for name, _ in names for token in name})
    known = [(name, term) for name, term in names if all(token in ids for token in name)]
    found, which = places.of_names([tuple(ids[token] for token in name) for name, _ in known])
    near = (found @ queries.T).max(axis=1)
    order = np.argsort(-near, kind="stable")[: _LOOKED_AT * k]
    order = order[near[order] >= LEAST_NEAR]
    return [_Candidate(float(near[row]), *known[which[row]]) for row in order.tolist()]


def _articles(state: State, words: Words, names: Sequence[Name]) -> int:
    return articles_naming(state.collection, as_ids(words.ids({token for name in names for token in name}), names))


def _topics(state: State) -> Topics:
    try:
        topics = state.topics(state.collection)
    except NoProjection as error:
        if len(state.collection) < LEAST_TRAINED:
            raise TooFewArticles(_too_few(len(state.collection))) from None
        raise QueryError(str(error)) from None
    if topics.projection.documents < LEAST_TRAINED:
        more = len(state.collection) >= LEAST_TRAINED
        raise TooFewArticles(_too_few(topics.projection.documents) + (f"; by now there are more: {COMMAND}" * more))
    return topics


def _too_few(number: int) -> str:
    return f"{number} articles are too few to learn related terms from; it takes {LEAST_TRAINED}"


def _queries(state: State, places: Places, parts: Sequence[Part], ids: Mapping[str, int]) -> Floats:
    """Where the question lies, one row for each language in which all *parts* are known."""
    found = []
    for language in sorted({language for part in parts for language in part.names}):
        own = [part.names.get(language, part.names.get("", ())) for part in parts]
        rows = [_place(state, places, as_ids(ids, names)) for names in own]
        if all(map(len, rows)):
            found.append(np.concatenate(rows).sum(axis=0))
    lengths = np.array([float(np.sqrt(place @ place)) for place in found])
    return np.array([place / length for place, length in zip(found, lengths, strict=True) if length])


def _place(state: State, places: Places, names: Sequence[Ids]) -> Floats:
    """Where a term with these *names* lies, as one row; no row when too few articles have it."""
    found, which = places.of_names(names)
    numbers = np.array([articles_naming(state.collection, [names[number]]) for number in which.tolist()], np.float64)
    place = numbers @ found if len(found) else np.zeros(len(places.arrays.s))
    length = float(np.sqrt(place @ place))
    if numbers.sum() < LEAST_ARTICLES or not length:
        return np.zeros((0, len(place)))
    return (place / length)[None, :]
