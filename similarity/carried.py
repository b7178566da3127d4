"""What each word of a query adds to the evidence for articles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from similarity.block import BIGRAMS, WORDS, Block
from similarity.calibration import ACROSS
from similarity.evidence import TOGETHER, Varied, Weighted
from similarity.postings import K1, B
from similarity.question import Question
from similarity.turning import Floats
from similarity.unpacking import Unpacked, counts_of, unpacked
from store.vectors import Ints


class Word(NamedTuple):
    """A word of the query, what it added to the evidence, and the words of the article that it was met by."""

    word: str
    weight: float
    met: tuple[str, ...]


def carried(
    asked: Question, block: Block, rows: Ints, route: str, mean_length: float, varied: bool = True
) -> list[list[Word]]:
    """For each of *rows* the words (and pairs of characters) of *asked* that it meets on *route*.

    Together they are its evidence by words. *varied*: terms are met by their other names too.
    """
    scales: Floats = K1 * (1 - B + B * block.segment.lengths[rows].astype(np.float64) / mean_length)
    found: list[list[Word]] = [[] for _ in rows]
    words = unpacked(block, WORDS, rows.tolist())
    if route == ACROSS:
        met = _translated(asked, words, scales)
    else:
        met = _in_own(asked, words, unpacked(block, BIGRAMS, rows.tolist()), scales, varied)
    for number, word in met:
        found[number].append(word)
    return found


def _in_own(
    asked: Question, words: Unpacked, pairs: Unpacked, scales: Floats, varied: bool
) -> Iterator[tuple[int, Word]]:
    """Which of the documents (by its number there), and a word that it meets."""
    yield from _shared(asked, words, asked.words, scales)
    yield from _shared(asked, pairs, asked.pairs, scales)
    if varied:
        for term, one in zip(asked.terms, asked.varied, strict=True):
            yield from _by_other_name(asked, words, pairs, term, one, scales)


def _shared(asked: Question, documents: Unpacked, query: Weighted, scales: Floats) -> Iterator[tuple[int, Word]]:
    if not len(query.tokens):
        return
    counts = counts_of(documents, query.tokens)
    shares = query.weights * counts / (counts + scales[:, None])
    met = np.nonzero(counts)
    tokens = query.tokens[met[1]]
    for number, token, share in zip(met[0].tolist(), tokens.tolist(), shares[met].tolist(), strict=True):
        name = asked.names[token]
        yield number, Word(name, share, (name,))


def _translated(asked: Question, documents: Unpacked, scales: Floats) -> Iterator[tuple[int, Word]]:
    if not asked.translated:
        return
    counts = counts_of(documents, np.concatenate([one.tokens for one in asked.translated]))
    first = np.cumsum([0, *(len(one.tokens) for one in asked.translated)])
    for number, place in np.argwhere(np.add.reduceat(counts, first[:-1], axis=1)).tolist():
        one = asked.translated[place]
        own = counts[number, first[place] : first[place + 1]] * one.weights
        count = float(own.sum())
        if count:
            order = sorted(np.flatnonzero(own).tolist(), key=lambda token: -own[token])
            met = tuple(asked.names[int(one.tokens[token])] for token in order)
            yield number, Word(asked.asked[place], one.weight * count / (count + float(scales[number])), met)


def _by_other_name(
    asked: Question, words: Unpacked, pairs: Unpacked, term: str, one: Varied, scales: Floats
) -> Iterator[tuple[int, Word]]:
    """What the best of other names adds to what the term's own words have."""
    best, met = np.zeros(len(scales)), [""] * len(scales)
    for tokens in one.names:
        counts = counts_of(words, tokens)
        count = counts[:, 0] if len(tokens) == 1 else TOGETHER * counts.all(axis=1)
        better = np.flatnonzero(count > best).tolist()
        best = np.maximum(best, count)
        for number in better:
            met[number] = " ".join(asked.names[token] for token in tokens.tolist())
    if not best.any():
        return
    own = np.zeros(len(scales))
    for documents, query in ((words, one.words), (pairs, one.pairs)):
        for number, word in _shared(asked, documents, query, scales):
            own[number] += word.weight
    more = one.weight * best / (best + scales) - own
    for number in np.flatnonzero(more > 0).tolist():
        if best[number]:
            yield number, Word(term, float(more[number]), (met[number],))
