"""The exact best k documents of a query, straight from the columns of its tokens, one block after another.

Tokens come in one order for all blocks, rarest first, so that equal documents get equal scores to the last bit wherever
they lie. Once the tokens that remain cannot lift a document that has nothing yet above the k-th best found so far, only
documents that can still make it are completed, by searching for them in the remaining columns (MaxScore).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from similarity.compiled import compiled
from similarity.postings import Columns
from similarity.turning import ESCAPE, Bytes, Floats
from store.vectors import Ints

Flags = NDArray[np.bool_]

_SEARCH = 48
"""Looking for one document in a column costs as much as passing over about this many postings."""
_ABOVE = 1.000001
"""Sums in another order differ in the last digits; a bound must stay above them."""
_FEW = 8
"""A filter that leaves fewer than one row in so many is gone through row by row."""
_WORTH_A_LOOK = 32_768
"""Postings of a column from which on it pays to look for the k-th best before summing it up."""


@compiled
def _count(counts: Bytes, large_at: NDArray[np.uint32], large: NDArray[np.int32], place: int) -> float:
    count = counts[place]
    if count < ESCAPE:
        return float(count)
    return float(large[np.searchsorted(large_at, place)])


@compiled
def add_column(
    sums: Floats,
    weight: float,
    first: int,
    last: int,
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    saturation: float,
    base: float,
    slope: float,
    measure: NDArray[np.float64],
) -> None:
    """Add ``weight * c / (saturation * c + base + slope * measure[row])`` to the sum of each document of a column."""
    for place in range(first, last):
        row = rows[place]
        count = _count(counts, large_at, large, place)
        sums[row] += weight * count / (saturation * count + (base + slope * measure[row]))


@compiled
def _add_to_allowed(
    allowed: Flags,
    sums: Floats,
    weight: float,
    first: int,
    last: int,
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    saturation: float,
    base: float,
    slope: float,
    measure: NDArray[np.float64],
) -> None:
    """As ``add_column`` for the documents that are *allowed*; sooner done than all where they are few."""
    for place in range(first, last):
        row = rows[place]
        if allowed[row]:
            count = _count(counts, large_at, large, place)
            sums[row] += weight * count / (saturation * count + (base + slope * measure[row]))


@compiled
def _add_to_some(
    some: NDArray[np.int64],
    sums: Floats,
    weight: float,
    first: int,
    last: int,
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    saturation: float,
    base: float,
    slope: float,
    measure: NDArray[np.float64],
) -> None:
    """As ``add_column`` for the documents *some* alone (ascending), each found by leaps and halving."""
    low = first
    for row in some:
        step = 1
        while low + step < last and rows[low + step] < row:
            low += step
            step += step
        high = min(low + step + 1, last)
        while low < high:
            middle = (low + high) >> 1
            if rows[middle] < row:
                low = middle + 1
            else:
                high = middle
        if low == last:
            return
        if rows[low] == row:
            count = _count(counts, large_at, large, low)
            sums[row] += weight * count / (saturation * count + (base + slope * measure[row]))


@compiled
def _comes_before(score: float, key: Bytes, other: float, other_key: Bytes) -> bool:
    if score != other:
        return score > other
    for place in range(12):
        if key[place] != other_key[place]:
            return bool(key[place] < other_key[place])
    return False


@compiled
def offer(
    score: float, key: Bytes, block: int, row: int, scores: Floats, keys: Bytes, places: Ints, size: NDArray[np.int64]
) -> None:
    """Keep a document if it is among the best *k* = ``len(scores)`` so far: a heap with the worst of them on top."""
    k = len(scores)
    at = size[0]
    if at < k:
        size[0] = at + 1
        while at > 0:
            above = (at - 1) >> 1
            if not _comes_before(scores[above], keys[above], score, key):
                break
            scores[at], places[at, 0], places[at, 1] = scores[above], places[above, 0], places[above, 1]
            keys[at] = keys[above]
            at = above
    else:
        if not _comes_before(score, key, scores[0], keys[0]):
            return
        at = 0
        while True:
            below = 2 * at + 1
            if below >= k:
                break
            if below + 1 < k and _comes_before(scores[below], keys[below], scores[below + 1], keys[below + 1]):
                below += 1
            if not _comes_before(score, key, scores[below], keys[below]):
                break
            scores[at], places[at, 0], places[at, 1] = scores[below], places[below, 0], places[below, 1]
            keys[at] = keys[below]
            at = below
    scores[at], places[at, 0], places[at, 1] = score, block, row
    keys[at] = key


@compiled
def _at_least(sums: Floats, allowed: Flags, all_allowed: bool, k: int) -> float:
    """The k-th largest of *sums* that are allowed, 0 when there are fewer: what the k-th best score is at least."""
    heap = np.zeros(k)
    for row in range(len(sums)):
        value = sums[row]
        if value > heap[0] and (all_allowed or allowed[row]):
            at = 0
            while True:
                below = 2 * at + 1
                if below >= k:
                    break
                if below + 1 < k and heap[below + 1] < heap[below]:
                    below += 1
                if heap[below] >= value:
                    break
                heap[at] = heap[below]
                at = below
            heap[at] = value
    return float(heap[0])


@compiled
def _candidates(sums: Floats, rest: float, least: float) -> int:
    """How many documents can still reach *least* if *rest* is the most that can be added."""
    number = 0
    for row in range(len(sums)):
        number += sums[row] + rest >= least
    return number


@compiled
def _gathered(sums: Floats, rest: float, least: float, number: int) -> Ints:
    """The rows of ``_candidates``."""
    found = np.empty(number, np.int64)
    size = 0
    for row in range(len(sums)):
        if sums[row] + rest >= least:
            found[size] = row
            size += 1
    return found


@compiled
def collect(
    block: int,
    first: Ints,
    last: Ints,
    weights: Floats,
    bounds: Floats,
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    saturation: float,
    base: float,
    slope: float,
    measure: NDArray[np.float64],
    ids: Bytes,
    allowed: Flags,
    number_allowed: int,
    sums: Floats,
    scores: Floats,
    keys: Bytes,
    places: Ints,
    size: NDArray[np.int64],
) -> None:
    """Offer the best documents of one block, by columns ``[first, last)``, to the heap of the query.

    *bounds* are what a column adds to a document at most; *sums* is zero by row and is left so. With *number_allowed*
    equal to the number of rows, *allowed* is not looked at.
    """
    documents = len(ids)
    all_allowed = number_allowed == documents
    terms, k = len(first), len(scores)
    rest = np.zeros(terms + 1)
    negative = False
    for term in range(terms - 1, -1, -1):
        rest[term] = rest[term + 1] + bounds[term] * _ABOVE
        negative |= weights[term] < 0
    least = scores[0] if size[0] == k else 0.0
    some = np.empty(0, np.int64)
    term = 0
    few = number_allowed * _FEW < documents
    if few:
        some = np.flatnonzero(allowed)
    else:
        worth_a_try = least
        while term < terms:
            if not negative and rest[term] < worth_a_try:
                candidates, left = _candidates(sums[:documents], rest[term], least), 0
                for other in range(term, terms):
                    left += last[other] - first[other]
                if candidates * _SEARCH * (terms - term) < left:
                    some = _gathered(sums[:documents], rest[term], least, candidates)
                    break
                worth_a_try = 0.7 * rest[term]
            worth = least == 0 and last[term] - first[term] >= _WORTH_A_LOOK and rest[0] - rest[term] > rest[term]
            if worth and not negative and k <= 1000:
                least = worth_a_try = _at_least(sums[:documents], allowed, all_allowed, k)
            add_column(
                sums, weights[term], first[term], last[term], rows, counts, large_at, large,
                saturation, base, slope, measure,
            )  # fmt: skip
            term += 1
        if term == terms and not len(some):
            for row in range(documents):
                score = sums[row]
                if score >= least and score > 0 and (all_allowed or allowed[row]):
                    offer(score, ids[row], block, row, scores, keys, places, size)
                    if size[0] == k:
                        least = max(least, scores[0])
    worth_a_try = least
    while term < terms and len(some):
        if not negative and rest[term] < worth_a_try:
            worth_a_try = 0.7 * rest[term]
            number = 0
            for candidate in some:
                if sums[candidate] + rest[term] >= least:
                    some[number] = candidate
                    number += 1
            some = some[:number]
        if len(some) * _SEARCH < last[term] - first[term]:
            _add_to_some(
                some, sums, weights[term], first[term], last[term], rows, counts, large_at, large,
                saturation, base, slope, measure,
            )  # fmt: skip
        elif few:
            _add_to_allowed(
                allowed, sums, weights[term], first[term], last[term], rows, counts, large_at, large,
                saturation, base, slope, measure,
            )  # fmt: skip
        else:
            add_column(
                sums, weights[term], first[term], last[term], rows, counts, large_at, large,
                saturation, base, slope, measure,
            )  # fmt: skip
        term += 1
    for candidate in some:
        score = sums[candidate]
        if score > 0 and score >= least and (all_allowed or allowed[candidate]):
            offer(score, ids[candidate], block, int(candidate), scores, keys, places, size)
            if size[0] == k:
                least = max(least, scores[0])
    sums[:documents] = 0


def squares_by_row(columns: Columns, weights: Floats, documents: int) -> Floats:
    """For each document the sum of (count * weight of the column) squared."""
    postings = columns.rows, columns.counts, columns.large_at, columns.large
    return _squares_by_row(columns.start, *postings, weights, documents)


def cosine_bounds(columns: Columns, norms: Floats) -> NDArray[np.float32]:
    """For each column the largest count / norm of the document."""
    return _cosine_bounds(columns.start, columns.rows, columns.counts, columns.large_at, columns.large, norms)


@compiled
def _squares_by_row(
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    weights: Floats,
    documents: int,
) -> Floats:
    sums = np.zeros(documents)
    for column in range(len(start) - 1):
        for place in range(int(start[column]), int(start[column + 1])):
            sums[rows[place]] += (_count(counts, large_at, large, place) * weights[column]) ** 2
    return sums


@compiled
def _cosine_bounds(
    start: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    norms: Floats,
) -> NDArray[np.float32]:
    bounds = np.zeros(len(start) - 1, np.float32)
    for column in range(len(start) - 1):
        most = 0.0
        for place in range(int(start[column]), int(start[column + 1])):
            most = max(most, _count(counts, large_at, large, place) / norms[rows[place]])
        bounds[column] = most * _ABOVE
    return bounds
