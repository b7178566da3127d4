"""What each word of a query adds to the evidence for one article."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from similarity.block import Block
from similarity.calibration import ACROSS
from similarity.evidence import TOGETHER, Varied, Weighted, counts_in
from similarity.postings import K1, B, Columns
from similarity.question import Question


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the query, what it added to the evidence, and the words of the article that it was met by."""

    word: str
    weight: float
    met: tuple[str, ...]


def carried(asked: Question, block: Block, row: int, route: str, mean_length: float, varied: bool = True) -> list[Word]:
    """The words (and pairs of characters) of *asked* that *row* meets on *route*; together the evidence by words.

    *varied*: terms are met by their other names too.
    """
    scale = K1 * (1 - B + B * float(block.segment.lengths[row]) / mean_length)
    if route == ACROSS:
        return list(_translated(asked, block.columns, row, scale))
    found = [*_own(asked, block, asked.words, asked.pairs, row, scale)]
    if varied:
        for term, one in zip(asked.terms, asked.varied, strict=True):
            found += _by_other_name(asked, block, term, one, row, scale)
    return found


def _own(asked: Question, block: Block, words: Weighted, pairs: Weighted, row: int, scale: float) -> Iterator[Word]:
    yield from _shared(asked, block.columns, words, row, scale)
    yield from _shared(asked, block.pairs, pairs, row, scale)


def _shared(asked: Question, columns: Columns, query: Weighted, row: int, scale: float) -> Iterator[Word]:
    counts = counts_in(columns, query.tokens, row).tolist()
    for token, weight, count in zip(query.tokens.tolist(), query.weights.tolist(), counts, strict=True):
        if count:
            name = asked.names[token]
            yield Word(name, weight * count / (count + scale), (name,))


def _translated(asked: Question, columns: Columns, row: int, scale: float) -> Iterator[Word]:
    if not asked.translated:
        return
    counts = counts_in(columns, np.concatenate([one.tokens for one in asked.translated]), row)
    first = 0
    for word, one in zip(asked.asked, asked.translated, strict=True):
        own = counts[first : first + len(one.tokens)] * one.weights
        first += len(one.tokens)
        count = float(own.sum())
        if count:
            order = sorted(np.flatnonzero(own).tolist(), key=lambda place: -own[place])
            met = tuple(asked.names[int(one.tokens[place])] for place in order)
            yield Word(word, one.weight * count / (count + scale), met)


def _by_other_name(asked: Question, block: Block, term: str, one: Varied, row: int, scale: float) -> Iterator[Word]:
    """What the best of other names adds to what the term's own words have."""
    best, met = 0.0, ""
    for tokens in one.names:
        counts = counts_in(block.columns, tokens, row)
        count = (float(counts[0]) if len(tokens) == 1 else TOGETHER) if counts.all() else 0.0
        if count > best:
            best, met = count, " ".join(asked.names[token] for token in tokens.tolist())
    if best:
        own = sum(word.weight for word in _own(asked, block, one.words, one.pairs, row, scale))
        more = one.weight * best / (best + scale) - own
        if more > 0:
            yield Word(term, more, (met,))
