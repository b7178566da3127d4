"""What speaks for each document of a block: words and pairs it shares with the query, and translated words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity import kernel
from similarity.block import Block
from similarity.compiled import compiled
from similarity.postings import K1, B, Columns
from similarity.statistics import Tokens
from similarity.turning import Floats
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


TOGETHER = 0.8
"""What a name of several words counts, however often they occur: they may stand apart and name nothing."""


def shared(columns: Columns, lengths: NDArray[Any], query: Weighted, mean_length: float) -> Floats:
    """BM25 of every row: the sum over shared tokens of weight times saturated count."""
    sums = np.zeros(len(lengths))
    for first, last, weight in _spans(columns, query.tokens, query.weights):
        kernel.add_column(
            sums, weight, first, last, columns.rows, columns.counts, columns.large_at, columns.large,
            1.0, K1 * (1 - B), K1 * B / mean_length, lengths,
        )  # fmt: skip
    return sums


def translated(columns: Columns, lengths: NDArray[Any], query: Iterable[Synonyms], mean_length: float) -> Floats:
    """As ``shared`` for sets of tokens: the counts of a set are added up before they are saturated."""
    sums, counts = np.zeros(len(lengths)), np.zeros(len(lengths))
    for synonyms in query:
        for first, last, weight in _spans(columns, synonyms.tokens, synonyms.weights):
            kernel.add_column(
                counts, weight, first, last, columns.rows, columns.counts, columns.large_at, columns.large,
                0.0, 1.0, 0.0, lengths,
            )  # fmt: skip
        _saturate(counts, sums, synonyms.weight, K1 * (1 - B), K1 * B / mean_length, lengths)
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
        counts = np.zeros(block.rows)
        for tokens in varied.names:
            spans = _spans(columns, tokens, np.ones(len(tokens)))
            if len(spans) < len(tokens):
                continue
            held = np.zeros(block.rows, np.int64)
            for number, (first, last, _) in enumerate(spans):
                _count_together(counts, held, number, len(spans), first, last, columns.rows, columns.counts, TOGETHER)
        own = shared(columns, lengths, varied.words, mean_length)
        if len(varied.pairs.tokens):
            own += shared(block.pairs, lengths, varied.pairs, mean_length)
        _lift(sums, own, counts, varied.weight, base, slope, lengths, here, languages)


def counts_in(columns: Columns, tokens: Tokens, row: int) -> Ints:
    """How often *row* has each of *tokens*."""
    places, present = columns.places(tokens)
    places = np.where(present, places, 0)
    found = np.zeros(len(tokens), np.int64)
    if present.any():
        _look_up(present, places, row, columns.start, columns.rows, columns.counts, found)
        for number in np.flatnonzero(found < 0).tolist():
            found[number] = columns.large[np.searchsorted(columns.large_at, -found[number] - 1)]
    return found


def _spans(columns: Columns, tokens: Tokens, weights: Floats) -> list[tuple[int, int, float]]:
    places, present = columns.places(tokens)
    places = places[present]
    first, last = columns.start[places].tolist(), columns.start[places + 1].tolist() if len(places) else []
    return list(zip(first, last, weights[present].tolist(), strict=True))


@compiled
def _saturate(counts: Floats, sums: Floats, weight: float, base: float, slope: float, lengths: NDArray[Any]) -> None:
    """Move *counts* into *sums*, saturated, and leave zeros."""
    for row in range(len(counts)):
        count = counts[row]
        if count > 0:
            sums[row] += weight * count / (count + base + slope * lengths[row])
            counts[row] = 0.0


@compiled
def _look_up(
    present: NDArray[np.bool_],
    places: NDArray[np.intp],
    row: int,
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: NDArray[np.uint8],
    found: Ints,
) -> None:
    """The count of each column in *row*; where it stands in the side table, minus its place less one."""
    for number in range(len(places)):
        if not present[number]:
            continue
        low, high = np.int64(start[places[number]]), np.int64(start[places[number] + 1])
        last = high
        while low < high:
            middle = (low + high) >> 1
            if rows[middle] < row:
                low = middle + 1
            else:
                high = middle
        if low < last and rows[low] == row:
            found[number] = np.int64(counts[low]) if counts[low] < 255 else -low - 1


@compiled
def _count_together(
    counts: Floats,
    held: NDArray[np.int64],
    number: int,
    size: int,
    first: int,
    last: int,
    rows: NDArray[np.uint16],
    postings: NDArray[np.uint8],
    together: float,
) -> None:
    """Take in token *number* of a name of *size* tokens; with its last one its *counts* are the highest so far."""
    for place in range(first, last):
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
