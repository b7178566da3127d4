"""What speaks for each document of a block: words and pairs it shares with the query, and translated words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.block import Block
from similarity.compiled import compiled, dividing
from similarity.postings import K1, B, Columns
from similarity.spare import SUMS
from similarity.statistics import Tokens
from similarity.turning import ESCAPE, Bytes, Floats
from store.vectors import Ints


@dataclass(frozen=True)
class Weighted:
    """Token ids, ascending, and what each weighs."""

    tokens: Tokens
    weights: Floats


@dataclass(frozen=True)
class Synonyms:
    """A query's word as a set of tokens, each weighing at most 1, and what the whole set weighs."""

    tokens: Tokens
    weights: Floats
    weight: float


@dataclass(frozen=True)
class Varied:
    """A term of a query: its own ``words`` and ``pairs`` with what they weigh, all together ``weight``.

    ``names``: the tokens of each of its other names; one of several tokens is met where all of them are.
    """

    words: Weighted
    pairs: Weighted
    names: tuple[Tokens, ...]
    weight: float


_AT_ONCE = 1024
"""Postings whose shares are worked out before they are added."""

TOGETHER = 0.8
"""What a name of several words counts, however often they occur: they may stand apart and name nothing."""


def shared(columns: Columns, lengths: NDArray[Any], query: Weighted, mean_length: float) -> Floats:
    """BM25 of every row: the sum over shared tokens of weight times saturated count. An array of ``spare.SUMS``."""
    sums = SUMS.zeros(len(lengths))
    spans = _spans(columns, query.tokens, query.weights)
    if len(spans[0]):
        _add(
            sums, *spans, columns.rows, columns.counts, columns.large_at, columns.large,
            K1 * (1 - B), K1 * B / mean_length, lengths,
        )  # fmt: skip
    return sums


def translated(columns: Columns, lengths: NDArray[Any], query: Sequence[Synonyms], mean_length: float) -> Floats:
    """As ``shared`` for sets of tokens: the counts of a set are added up before they are saturated."""
    sums = SUMS.zeros(len(lengths))
    if query:
        tokens = np.concatenate([one.tokens for one in query])
        weights = np.concatenate([one.weights for one in query])
        _, present = columns.places(tokens)
        ends = np.cumsum([0, *(len(one.tokens) for one in query)])
        bounds = np.concatenate([[0], np.cumsum(present)])[ends]
        first, last, weights = _spans(columns, tokens, weights)
        held = SUMS.zeros(len(lengths))
        _add_sets(
            sums, held, bounds, np.array([one.weight for one in query]), first, last, weights,
            columns.rows, columns.counts, columns.large_at, columns.large, K1 * (1 - B), K1 * B / mean_length, lengths,
        )  # fmt: skip
        SUMS.back(held)
    return sums


def add_variants(
    sums: Floats, block: Block, query: Iterable[Varied], mean_length: float, here: NDArray[np.bool_]
) -> None:
    """Lift *sums*, the evidence by words, where other names of a term say more than the query's own words for it.

    Only in rows that are *here* (by number of language).
    """
    lengths, languages, columns = block.segment.lengths, block.segment.languages, block.columns
    base, slope = K1 * (1 - B), K1 * B / mean_length
    for varied in query:
        counts = SUMS.zeros(block.rows)
        for tokens in varied.names:
            first, last, _ = _spans(columns, tokens, np.ones(len(tokens)))
            if len(first) == len(tokens):
                held = SUMS.zeros(block.rows)
                _count_together(counts, held, first, last, columns.rows, columns.counts, TOGETHER)
                SUMS.back(held)
        own = shared(columns, lengths, varied.words, mean_length)
        if len(varied.pairs.tokens):
            pairs = shared(block.pairs, lengths, varied.pairs, mean_length)
            own += pairs
            SUMS.back(pairs)
        _lift(sums, own, counts, varied.weight, base, slope, lengths, here, languages)
        SUMS.back(own, counts)


def _spans(columns: Columns, tokens: Tokens, weights: Floats) -> tuple[Ints, Ints, Floats]:
    """Where the columns of those of *tokens* that have one begin and end, and the *weights* of these."""
    places, present = columns.places(tokens)
    places = places[present]
    return columns.start[places].astype(np.int64), columns.start[places + 1].astype(np.int64), weights[present]


# As in ``similarity.postings``: see ``similarity.compiled`` on why a compiled function stays in its file.
@compiled
def _count(counts: Bytes, large_at: NDArray[np.uint32], large: NDArray[np.int32], place: np.int64 | int) -> float:
    count = counts[place]
    return float(count) if count < ESCAPE else float(large[np.searchsorted(large_at, place)])


@dividing
def _add(
    sums: Floats,
    first: Ints,
    last: Ints,
    weights: Floats,
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    base: float,
    slope: float,
    lengths: NDArray[Any],
) -> None:
    """Add ``weight * c / (c + base + slope * length)`` to the sum of each row of each column."""
    added = np.empty(_AT_ONCE)
    for column in range(len(first)):
        weight = weights[column]
        escaped = np.searchsorted(large_at, first[column])
        for begin in range(first[column], last[column], _AT_ONCE):
            here = rows[begin : min(begin + _AT_ONCE, last[column])]
            held = counts[begin : begin + len(here)]
            # Step by step, as the processor divides several at a time then.
            for place in range(len(here)):
                added[place] = lengths[here[place]]
            for place in range(len(here)):
                count = float(held[place])
                added[place] = weight * count / (count + (base + slope * added[place]))
            while escaped < len(large_at) and large_at[escaped] < begin + len(here):
                at, count = np.int64(large_at[escaped]) - begin, float(large[escaped])
                added[at] = weight * count / (count + (base + slope * lengths[here[at]]))
                escaped += 1
            for place in range(len(here)):
                sums[here[place]] += added[place]


@dividing
def _add_sets(
    sums: Floats,
    held: Floats,
    bounds: Ints,
    set_weights: Floats,
    first: Ints,
    last: Ints,
    weights: Floats,
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    base: float,
    slope: float,
    lengths: NDArray[Any],
) -> None:
    """As ``_add`` for sets of columns, those from each of *bounds* to the next; *held* is all zeros, and stays so."""
    added, divisors = np.empty(_AT_ONCE), np.empty(_AT_ONCE)
    for number in range(len(set_weights)):
        for column in range(bounds[number], bounds[number + 1]):
            for place in range(first[column], last[column]):
                held[rows[place]] += weights[column] * _count(counts, large_at, large, place)
        for column in range(bounds[number], bounds[number + 1]):
            for begin in range(first[column], last[column], _AT_ONCE):
                here = rows[begin : min(begin + _AT_ONCE, last[column])]
                for place in range(len(here)):
                    row = here[place]
                    added[place], divisors[place] = held[row], lengths[row]
                    held[row] = 0.0
                for place in range(len(here)):
                    count = added[place]
                    added[place] = set_weights[number] * count / (count + base + slope * divisors[place])
                for place in range(len(here)):
                    sums[here[place]] += added[place]


@compiled
def _count_together(
    counts: Floats,
    held: Floats,
    first: Ints,
    last: Ints,
    rows: NDArray[np.uint16],
    postings: NDArray[np.uint8],
    together: float,
) -> None:
    """Lift *counts* to those of a name of these columns, in the rows that have all of them; *held* is all zeros."""
    size = len(first)
    for number in range(size):
        for place in range(first[number], last[number]):
            row = rows[place]
            if held[row] == number:
                held[row] = number + 1
                if number + 1 == size:
                    # 255 stands for more than 254, which saturation makes nearly the same.
                    counts[row] = max(counts[row], float(postings[place]) if size == 1 else together)


@compiled
def _lift(
    sums: Floats,
    own: Floats,
    counts: Floats,
    weight: float,
    base: float,
    slope: float,
    lengths: NDArray[Any],
    here: NDArray[np.bool_],
    languages: NDArray[np.uint16],
) -> None:
    for row in range(len(counts)):
        count = counts[row]
        if count > 0 and here[languages[row]]:
            sums[row] += max(0.0, weight * count / (count + base + slope * lengths[row]) - own[row])
