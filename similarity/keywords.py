"""The terms that make an article what it is, from its stored vector: so also of articles whose text is not kept.

Weights are those of BM25: what a term adds to the article's score when somebody searches for it. Names of the trade are
whole terms; their parts then count only as far as they occur beside them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
from pymongo.database import Database

from similarity.collection import Collection
from similarity.errors import QueryError
from similarity.naming import Name, articles_naming, as_ids, names_of, terms_by_name
from similarity.postings import K1, B
from similarity.wording import TEXTS, text_of, written
from similarity.words import Words
from store.connection import Document
from store.terms import tokens_of
from store.vectors import unpack
from text.analyzer import Analyzer
from text.glossary import Term

_SAYS_NOTHING = re.compile(r"[\d.,%]+|.")
"""Bare figures and single characters, which are rare and tell nothing."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A term as people write it, its weight, its occurrences in the article, and how many articles have it.

    ``chinese`` and ``english``: the usual names of a term of the trade, "" of other words.
    """

    word: str
    weight: float
    count: int
    articles: int
    chinese: str = ""
    english: str = ""


def keywords(
    database: Database[Document], collection: Collection, words: Words, analyzer: Analyzer, article_id: str, k: int
) -> list[Keyword]:
    """The *k* terms of the stored article with the greatest weight, greatest first. Raises QueryError."""
    row = database.articles.find_one(
        {"_id": article_id}, TEXTS | {"vector": 1, "language": 1, "length": 1, "access": 1}
    )
    if row is None:
        raise QueryError(f"no article {article_id!r} is stored")
    bag = unpack(row["vector"])
    tokens = tokens_of(database, (key for key, _ in bag))
    ids = {token: key for key, token in tokens.items()}
    counts = Counter({tokens[key]: count for key, count in bag if key in tokens})
    terms = _terms(analyzer, counts, row)
    plain = [token for token, count in counts.items() if count and not _SAYS_NOTHING.fullmatch(token)]

    statistics = collection.statistics
    dull = K1 * (1 - B + B * row["length"] / statistics.mean_length)

    def weight(count: int, articles: int) -> float:
        # An article that was stored just now may not be among those counted.
        rarity: float = log((max(statistics.documents, articles) + 1) / (articles + 0.5))
        return rarity * count / (count + float(dull))

    found = []
    frequencies = statistics.frequencies.of(np.array([ids[token] for token in plain], np.int32))
    for token, frequency in zip(plain, frequencies.tolist(), strict=True):
        articles = max(frequency, 1)
        found.append(Keyword(token, weight(counts[token], articles), counts[token], articles))
    chinese = row["language"] == "zh"
    known = words.ids({token for term in terms for name in names_of(analyzer, term) for token in name})
    for term, count in terms.items():
        articles = max(articles_naming(collection, as_ids(known, names_of(analyzer, term))), 1)
        names = term.chinese[0], (term.english or term.chinese)[0]
        found.append(Keyword(names[0 if chinese else 1], weight(count, articles), count, articles, *names))
    best = sorted(found, key=lambda keyword: (-keyword.weight, keyword.word))[:k]
    shown = written(database, collection, {one.word: ids[one.word] for one in best if not one.chinese}, text_of(row))
    return [_shown(keyword, shown) for keyword in best]


def _shown(keyword: Keyword, shown: Mapping[str, str]) -> Keyword:
    if keyword.chinese:
        return keyword
    return Keyword(shown[keyword.word], keyword.weight, keyword.count, keyword.articles)


def _terms(analyzer: Analyzer, counts: Counter[str], row: Document) -> dict[Term, int]:
    """The terms of the trade in an article and how often they occur; their tokens are taken out of *counts*.

    Where the text is kept they are found in it. Where it is not, names of one token are taken as they are, longer ones
    only where title or summary have the term: network and chip, each twice in an article, are no network on chip.
    """
    whole = row["access"] == "full"
    text = f"{row['title']}\n{(row['body'] or row['summary']) if whole else ''}"
    found: Counter[Term] = Counter()
    tokens = lru_cache(maxsize=None)(analyzer.tokens)
    for one in analyzer.terms_of_trade(text):
        found[one.term] += 1
        _take(counts, tokens(text[one.start : one.end]), 1)
    if whole:
        return dict(found)
    named = found.keys() | {one.term for one in analyzer.terms_of_trade(row["summary"])}
    for name, term in sorted(_candidates(analyzer, counts), key=lambda one: (-len(one[0]), one[0])):
        count = min(counts[token] for token in name)
        if count and (len(name) == 1 or term in named):
            found[term] += count
            _take(counts, name, count)
    return dict(found)


def _take(counts: Counter[str], tokens: Sequence[str], number: int) -> None:
    for token in tokens:
        counts[token] = max(counts[token] - number, 0)


def _candidates(analyzer: Analyzer, counts: Mapping[str, int]) -> Iterator[tuple[Name, Term]]:
    """Names whose tokens are all in an article, and the terms they lead to."""
    by_first = _by_first_token(analyzer)
    for token in counts:
        for name, term in by_first.get(token, ()):
            if all(part in counts for part in name):
                yield name, term


@lru_cache(maxsize=2)
def _by_first_token(analyzer: Analyzer) -> Mapping[str, Sequence[tuple[Name, Term]]]:
    found: dict[str, list[tuple[Name, Term]]] = {}
    for name, term in terms_by_name(analyzer).items():
        found.setdefault(name[0], []).append((name, term))
    return found
