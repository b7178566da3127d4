"""What speaks for each document of a block: words and pairs it shares with the query, translated words, meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity import kernel
from similarity.block import MEANING, Block
from similarity.compiled import compiled
from similarity.postings import K1, B, Columns
from similarity.statistics import Tokens
from similarity.turning import Floats
from store.meaning import MARK_BYTES
from text.encoder import STEP

Cosines = NDArray[np.float32]


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


def cosines(block: Block, query: NDArray[np.int8], mark: bytes, only: int | None = None) -> Cosines:
    """The cosine of every row's meaning with *query*; 0 for rows without one or with one of another encoder.

    With *only* a row, the others are 0 too.
    """
    start, vectors = block.segment.vector_start[MEANING], block.segment.vectors[MEANING]
    found = np.zeros(block.rows, np.float32)
    rows = slice(None) if only is None else slice(only, only + 1)
    starts = start if only is None else start[only : only + 2]
    _products(starts, vectors.view(np.int8), query, np.frombuffer(mark, np.int8), found[rows])
    found *= np.float32(STEP * STEP)
    return found


@compiled
def weigh(
    words: Floats,
    more: Floats,
    cosine: Cosines,
    factor: float,
    squared: bool,
    least: float,
    here: NDArray[np.bool_],
    languages: NDArray[np.uint16],
    allowed: NDArray[np.bool_],
) -> Floats:
    """For each row *words* and *more* and *factor* times the cosine or its square.

    0 for rows that are not allowed or not *here* (by number of language), and for those that share no word and have a
    cosine below *least*.
    """
    evidence = np.zeros(len(words))
    for row in range(len(words)):
        shares = words[row] + more[row]
        if allowed[row] and here[languages[row]] and (shares > 0 or cosine[row] >= least):
            near = max(cosine[row], np.float32(0))
            evidence[row] = shares + factor * (near * near if squared else near)
    return evidence


def encoded(block: Block, mark: bytes) -> tuple[int, int]:
    """How many rows have a meaning of the encoder with this *mark*, and how many of another one."""
    start, vectors = block.segment.vector_start[MEANING].astype(np.int64), block.segment.vectors[MEANING]
    rows = start[:-1][np.diff(start) > MARK_BYTES]
    marks = vectors[rows[:, None] + np.arange(MARK_BYTES)] if len(rows) else np.zeros((0, MARK_BYTES), np.uint8)
    ours = int((marks == np.frombuffer(mark, np.uint8)).all(axis=1).sum())
    return ours, len(rows) - ours


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
def _products(
    start: NDArray[np.uint32],
    vectors: NDArray[np.int8],
    query: NDArray[np.int8],
    mark: NDArray[np.int8],
    found: Cosines,
) -> None:
    size, marked = len(query), len(mark)
    for row in range(len(found)):
        at = np.int64(start[row])
        if np.int64(start[row + 1]) - at != marked + size:
            continue
        same = True
        for place in range(marked):
            same &= vectors[at + place] == mark[place]
        if not same:
            continue
        vector = vectors[at + marked : at + marked + size]
        total = np.int32(0)
        for place in range(size):
            total += np.int32(vector[place]) * np.int32(query[place])
        found[row] = total
