"""Terms that are used like another one: near to it in the topics that gensim's LSI has found in the collection.

A token's place is its row of the projection, each topic times its singular value. A term of the trade lies, in each
language, where its names lie, the frequent ones more; what is near to it in either language is found, so that English
articles on TSMC answer a question for 台积电. Candidates that are names of one term of the trade are one candidate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pymongo.database import Database

from similarity.errors import QueryError, TooFewArticles
from similarity.lsi import Topics, unit_rows
from similarity.naming import Ids, Part, articles_naming, as_ids, parts_of
from similarity.query import State
from similarity.turning import Floats
from similarity.wording import is_latin, written
from similarity.words import Words
from store.connection import Document
from store.projections import COMMAND, NoProjection
from store.terms import tokens_of
from text.analyzer import Analyzer
from text.glossary import Term, glossary

LEAST_TRAINED = 200
"""Articles that topics are trained on; with fewer, words are near to one another by chance."""

LEAST_ARTICLES = 3
"""That have a term, for its place to say anything."""

_CANDIDATES = 30  # looked at for each term that is asked for: many are names of one term, or no words
_NO_WORD = re.compile(r"[\d.,%]+|.")


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


def related_terms(
    database: Database[Document], state: State, words: Words, analyzer: Analyzer, text: str, k: int
) -> list[Related]:
    """The *k* terms nearest to *text*, nearest first. Raises QueryError, and TooFewArticles where nothing is learnt."""
    parts = parts_of(analyzer, text)
    topics = _topics(state)
    ids = words.ids({token for part in parts for name in part.all_names for token in name})
    queries = _places(state, topics, parts, ids)
    if not queries:
        raise TooFewArticles(
            f"{' '.join(text.split())[:40]!r}: fewer than {LEAST_ARTICLES} articles, of those that topics were trained "
            "on, have it; nothing can be learnt of how it is used"
        )
    near = _nearness(topics, queries)
    frequencies = state.collection.statistics.frequencies.of(topics.arrays.tokens)
    near[frequencies < LEAST_ARTICLES] = -1.0
    asked = {part.term for part in parts if part.term}
    own = {token for part in parts for name in part.all_names for token in name}
    order = np.argsort(-near, kind="stable")[: _CANDIDATES * k]
    order = order[near[order] > 0]
    tokens = tokens_of(database, topics.arrays.tokens[order].tolist())
    chinese = any("\u3400" <= sign <= "\u9fff" for sign in text)
    found: dict[Term | str, Related] = {}
    keys: dict[str, int] = {}
    for place in order.tolist():
        key = int(topics.arrays.tokens[place])
        token = tokens.get(key, "")
        term = glossary().of(token)
        if token in own or term in asked or not token or _NO_WORD.fullmatch(token) or (term or token) in found:
            continue
        language = "en" if is_latin(token) else "zh"
        names = (term.chinese[0], (term.english or term.chinese)[0]) if term else ("", "")
        word = names[language == "en"] if term else token
        keys[token] = key
        other = (language == "en") == chinese
        found[term or token] = Related(word, float(near[place]), language, other, int(frequencies[place]), *names)
        if len(found) == k:
            break
    plain = {token: key for token, key in keys.items() if token in found}
    shown = written(database, state.collection, plain)
    return [one if one.chinese else _shown(one, shown[one.word]) for one in found.values()]


def _shown(one: Related, word: str) -> Related:
    return Related(word, one.nearness, one.language, one.other_language, one.articles)


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


def _places(state: State, topics: Topics, parts: Sequence[Part], ids: Mapping[str, int]) -> list[Floats]:
    """Where the question lies, in each language in which all *parts* are known; lengths are 1."""
    languages = [language for language in ("zh", "en") if any(language in part.names for part in parts)] or [""]
    found = []
    for language in languages:
        names = [as_ids(ids, part.names.get(language, part.names.get("", ()))) for part in parts]
        places = [_place(state, topics, some) for some in names]
        if all(place is not None for place in places):
            found.append(unit_rows(np.array([place for place in places if place is not None])).sum(axis=0))
    return [unit_rows(place[None, :])[0] for place in found if place.any()]


def _place(state: State, topics: Topics, names: Sequence[Ids]) -> Floats | None:
    """Where a term with these *names* lies; None when too few articles have it."""
    place, articles = np.zeros(len(topics.arrays.s)), 0
    for name in names:
        rows = list(_rows(topics, name))
        number = articles_naming(state.collection, [name])
        if len(rows) == len(name) and number:
            place += number * unit_rows(np.array(rows)).sum(axis=0)
            articles += number
    return place if articles >= LEAST_ARTICLES and place.any() else None


def _rows(topics: Topics, name: Ids) -> Iterator[Floats]:
    arrays = topics.arrays
    for key in name:
        at = int(np.searchsorted(arrays.tokens, key))
        if at < len(arrays.tokens) and arrays.tokens[at] == key:
            yield arrays.u[at].astype(np.float64) * arrays.s


def _nearness(topics: Topics, queries: Sequence[Floats]) -> Floats:
    """The cosine between each token of the projection and the nearest of *queries*."""
    arrays = topics.arrays
    scale = arrays.s.astype(np.float32)
    lengths = np.sqrt((arrays.u**2) @ (scale**2))
    lengths[lengths == 0] = np.inf
    every = np.array([query * arrays.s for query in queries], np.float32).T
    near: Floats = ((arrays.u @ every).max(axis=1) / lengths).astype(np.float64)
    return near
