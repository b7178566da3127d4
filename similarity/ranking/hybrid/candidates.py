"""Candidates of the default model: the rows of a segment with the highest scores, and the best of all segments."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Cosines, Floats
from similarity.jit import compiled
from similarity.reader.segment_reader import SegmentReader
from store.vectors import Ints


class Dense(NamedTuple):
    """How a cosine adds to a lexical score: ``weight * cosine * (1 - overlap * lexical)``, see ``scoring``.

    A document with no lexical score and a cosine below ``min_cosine`` is no candidate.
    """

    weight: float
    overlap: float
    min_cosine: float


def top_k(
    lexical: Floats, cosine: Cosines, dense: Dense, allowed: NDArray[np.bool_], number: int, floor: float = 0.0
) -> tuple[Ints, Floats]:
    """The *number* rows with the highest scores above 0 and not below *floor*, and these scores; rows ascend.

    Of equal scores the first rows are taken; rows of a segment ascend by article id. *lexical* (documents, float64):
    lexical scores; *cosine* (documents, float32). Only rows that are *allowed* (documents, bool).
    """
    number = min(number, len(lexical))
    scores, rows = np.zeros(number), np.zeros(number, np.int64)
    size = _collect(lexical, cosine, *dense, allowed, floor, scores, rows)
    order = np.argsort(rows[:size])
    return rows[:size][order], scores[:size][order]


@compiled
def _comes_after(score: float, row: int, other: float, other_row: int) -> bool:
    return score < other or (score == other and row > other_row)


@compiled
def _offer(heap: Floats, rows: Ints, size: int, score: float, row: int) -> int:
    """Put a row into the heap if it is among the best; returns the new *size*.

    *heap* (k, float64) holds the best scores so far, the worst on top; *rows* (k, int64) are theirs. The first *size*
    entries are used.
    """
    if size < len(heap):
        at = size
        size += 1
        while at > 0:
            parent = (at - 1) >> 1
            if not _comes_after(score, row, heap[parent], rows[parent]):
                break
            heap[at], rows[at] = heap[parent], rows[parent]
            at = parent
    else:
        if not _comes_after(heap[0], rows[0], score, row):
            return size
        at = 0
        while True:
            child = 2 * at + 1
            if child >= size:
                break
            if child + 1 < size and _comes_after(heap[child + 1], rows[child + 1], heap[child], rows[child]):
                child += 1
            if not _comes_after(heap[child], rows[child], score, row):
                break
            heap[at], rows[at] = heap[child], rows[child]
            at = child
    heap[at], rows[at] = score, row
    return size


@compiled
def _collect(
    lexical: Floats,
    cosines: Cosines,
    weight: float,
    overlap: float,
    min_cosine: float,
    allowed: NDArray[np.bool_],
    floor: float,
    heap: Floats,
    rows: Ints,
) -> int:
    """Fill *heap* and *rows* as ``_offer`` does, with the best rows of a segment; returns how many they are."""
    size = 0
    for row in range(len(lexical)):
        own_lexical, near = lexical[row], max(np.float64(cosines[row]), 0.0)
        score = own_lexical + weight * near * max(1 - overlap * own_lexical, 0.0)
        # The score is tested first: few rows pass.
        if score < floor or score <= 0 or not allowed[row]:
            continue
        if own_lexical > 0 or near >= min_cosine:
            size = _offer(heap, rows, size, score, row)
            if size == len(heap):
                floor = max(floor, heap[0])
    return size


@compiled
def _count(lexical: Floats, cosines: Cosines, min_cosine: float, allowed: NDArray[np.bool_]) -> int:
    total = 0
    for row in range(len(lexical)):
        if allowed[row] and (lexical[row] > 0 or cosines[row] >= min_cosine):
            total += 1
    return total


def count_hits(lexical: Floats, cosine: Cosines, dense: Dense, allowed: NDArray[np.bool_]) -> int:
    """How many rows of a segment are hits at all, with any score above 0; arguments as those of ``top_k``."""
    return int(_count(lexical, cosine, dense.min_cosine, allowed))


class Candidates(NamedTuple):
    """C articles, best first: ``places`` (C, 2, int64), segment and row, and ``keys``, article ids.

    ``total``: how many articles are hits with any score above 0; they are among these.
    """

    places: Ints
    keys: list[str]
    total: int


def merge_candidates(
    segments: Sequence[SegmentReader], of_segments: Sequence[tuple[int, Ints, Floats]], number: int, total: int
) -> Candidates:
    """The *number* best of *of_segments*, each the number of a segment, rows and scores; equal scores by article id.

    *total*: see ``Candidates``.
    """
    if not of_segments:
        return Candidates(np.zeros((0, 2), np.int64), [], total)
    numbers = np.repeat([segment for segment, _, _ in of_segments], [len(rows) for _, rows, _ in of_segments])
    places = np.stack([numbers, np.concatenate([rows for _, rows, _ in of_segments])], axis=1)
    ids = b"".join([segments[segment].segment.ids[rows].tobytes() for segment, rows, _ in of_segments]).hex()
    keys = [ids[at : at + 24] for at in range(0, len(ids), 24)]
    scores = np.concatenate([scores for _, _, scores in of_segments])
    order = [place for _, _, place in sorted(zip((-scores).tolist(), keys, count()))][:number]
    return Candidates(places[order], [keys[place] for place in order], total)
