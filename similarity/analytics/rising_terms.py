"""Rising terms: those that a larger share of the articles has in the last four weeks than in the four before.

Candidates are the terms of the glossary, a series or class with its members, and other words that could be keywords.
A term counts once an article. Few articles prove little, so terms are ordered by Dunning's log-likelihood ratio (1993),
and one below ``SIGNIFICANT`` is left out: where little has changed there are no rising terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from pymongo.database import Database

from similarity.analytics.concepts import ConceptIds, names_of, rows_naming
from similarity.analytics.keywords import NO_WORD, is_known
from similarity.analytics.surface_forms import surface_forms
from similarity.arrays import Flags, Floats, Tokens
from similarity.query.term_ids import TermIds
from similarity.reader.collection import Collection
from similarity.reader.segment_reader import BIGRAMS, WORDS, SegmentReader
from store.connection import Document
from store.index.dictionary import tokens_of
from store.vectors import Ints
from text.analysis.analyzer import Analyzer
from text.analysis.document import concept_token, is_period
from text.analysis.glossary import Term, glossary

SPAN = timedelta(weeks=4)
"""The time that is looked at, and the time before that it is compared with."""

SIGNIFICANT = 10.83
"""Of a term whose share has not changed, one in a thousand reaches this log-likelihood ratio by chance."""

MIN_ARTICLES = 3
"""Articles of the last four weeks that must have a term."""

MIN_GROWTH = 1.5
"""How many times the share before the share must be: among many articles a smaller change is significant too."""

_CANDIDATES = 20  # words per result: most of them are parts of names, or no words


@dataclass(frozen=True, slots=True)
class RisingTerm:
    """A term as people write it, how many ``articles`` of the last four weeks have it, and how many of the four before.

    ``chinese`` and ``english`` are the usual names of a glossary term, "" for other words.
    """

    word: str
    articles: int
    before: int
    chinese: str = ""
    english: str = ""


class _Counts(NamedTuple):
    """The tokens of a field (n, int32), ascending, and how many articles now and before have each: (n, 2), int64."""

    tokens: Tokens
    articles: Ints


class _Window(NamedTuple):
    """A segment, and which of its rows are of articles of the last span of time and of the one before."""

    reader: SegmentReader
    spans: tuple[Flags, Flags]

    def numbers(self, rows: Flags | bool = True) -> list[int]:
        """How many of *rows* are of each span."""
        return [int(np.count_nonzero(span & rows)) for span in self.spans]


def rising_terms(
    database: Database[Document], collection: Collection, words: TermIds, analyzer: Analyzer, until: datetime, k: int
) -> list[RisingTerm]:
    """The *k* terms that rise most in the four weeks before *until*, the most certain first."""
    windows = list(filter(None, (_window(collection, number, until) for number in range(len(collection.segments)))))
    total = np.array([window.numbers() for window in windows], np.int64).reshape(-1, 2).sum(axis=0)
    if not total.all():
        return []
    found = _terms(windows, words, total, analyzer) + _words(database, windows, analyzer, total, k)
    # Of HBM4, HBM and DRAM with the same articles the narrowest says most.
    found.sort(key=lambda one: (-one[0], -len(glossary().broader(one[2])) if one[2] else 0, one[1].word))
    rising: list[RisingTerm] = []
    listed = set[Term]()
    for _, one, term in found:
        if term and listed & {*glossary().broader(term), *glossary().narrower(term)}:
            continue  # HBM rises with HBM4
        listed |= {term} if term else set()
        rising.append(one)
        if len(rising) == k:
            break
    ids = words.ids([one.word for one in rising if not one.chinese])
    surfaces = surface_forms(database, collection, ids)
    return [one if one.chinese else replace(one, word=surfaces[one.word]) for one in rising]


def significance(articles: Ints, total: Ints) -> Floats:
    """Dunning's log-likelihood ratio of a rise, 0 where the share has not grown enough: float64, (n,).

    *articles* (n, 2) and *total* (2,): how many articles now and before have each term, and how many there are.
    """
    cells = np.concatenate([articles, total - articles], axis=1).astype(np.float64)
    have, lack = articles.sum(axis=1), (total - articles).sum(axis=1)
    expected = np.stack([have, have, lack, lack], axis=1) * np.tile(total / total.sum(), 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = 2 * np.where(cells > 0, cells * np.log(cells / expected), 0.0).sum(axis=1)
    now, before = articles[:, 0] / total[0], articles[:, 1] / total[1]
    ratio[(now < MIN_GROWTH * before) | (articles[:, 0] < MIN_ARTICLES)] = 0
    return ratio


_Found = tuple[float, RisingTerm, Term | None]


def _window(collection: Collection, number: int, until: datetime) -> _Window | None:
    """The window of a segment; None where none of its articles is of these eight weeks."""
    segment = collection.segments[number]
    published = segment.reader.segment.published
    start, middle, end = (int((until - age).timestamp()) for age in (2 * SPAN, SPAN, timedelta(0)))
    now = segment.live & (published >= middle) & (published < end)
    before = segment.live & (published >= start) & (published < middle)
    return _Window(segment.reader, (now, before)) if now.any() or before.any() else None


def _counts(windows: Sequence[_Window], field: str) -> _Counts:
    """The counts of all tokens of *field*, read from the vectors of the articles of the two spans alone."""
    tokens, articles = [np.zeros(0, np.int32)], [np.zeros((0, 2), np.int64)]
    for window in windows:
        for side, rows in enumerate(window.spans):
            if rows.any():
                own, numbers = window.reader.frequencies(np.flatnonzero(rows), field)
                tokens.append(own)
                articles.append(np.zeros((len(own), 2), np.int64))
                articles[-1][:, side] = numbers
    distinct, places = np.unique(np.concatenate(tokens), return_inverse=True)
    sums = np.zeros((len(distinct), 2), np.int64)
    np.add.at(sums, places, np.concatenate(articles))
    return _Counts(distinct, sums)


def _terms(windows: Sequence[_Window], words: TermIds, total: Ints, analyzer: Analyzer) -> list[_Found]:
    counts = _counts(windows, BIGRAMS)
    ids = words.ids({concept_token(term) for term in glossary().terms})
    terms, articles = [], []
    for term in glossary().terms:
        members = glossary().narrower(term)
        own = [ids[token] for token in map(concept_token, (term, *members)) if token in ids]
        if not own or _is_period(analyzer, term):
            continue
        terms.append(term)
        if members:
            concept = ConceptIds(True, tuple(own))
            numbers = [window.numbers(rows_naming(window.reader, concept)) for window in windows]
            articles.append([sum(of_span) for of_span in zip(*numbers, strict=True)])
        else:
            at = int(np.searchsorted(counts.tokens, own[0]))
            is_there = at < len(counts.tokens) and counts.tokens[at] == own[0]
            articles.append(counts.articles[at].tolist() if is_there else [0, 0])
    values = significance(np.array(articles, np.int64).reshape(-1, 2), total)
    return [
        (value, RisingTerm(names[0], now, before, *names), term)
        for value, term, (now, before) in zip(values.tolist(), terms, articles, strict=True)
        if value >= SIGNIFICANT
        for names in [(term.chinese[0], (term.english or term.chinese)[0])]
    ]


def _words(
    database: Database[Document], windows: Sequence[_Window], analyzer: Analyzer, total: Ints, k: int
) -> list[_Found]:
    counts = _counts(windows, WORDS)
    values = significance(counts.articles, total)
    order = np.argsort(-values, kind="stable")[: _CANDIDATES * k]
    order = order[values[order] >= SIGNIFICANT]
    names = _tokens_of_names(analyzer)
    by_key = tokens_of(database, counts.tokens[order].tolist())
    found: list[_Found] = []
    for place in order.tolist():
        token = by_key.get(int(counts.tokens[place]), "")
        if token and token not in names and not NO_WORD.fullmatch(token) and is_known(token):
            now, before = counts.articles[place].tolist()
            found.append((float(values[place]), RisingTerm(token, now, before), None))
    return found


def _is_period(analyzer: Analyzer, term: Term) -> bool:
    """Whether *term* is a month or quarter: these come and go with the calendar."""
    return any(name and all(map(is_period, name)) for name in names_of(analyzer, term))


@lru_cache(maxsize=2)
def _tokens_of_names(analyzer: Analyzer) -> frozenset[str]:
    """All tokens of the names in the glossary: their terms are counted, and the parts of a name say less."""
    return frozenset(token for term in glossary().terms for name in names_of(analyzer, term) for token in name)
