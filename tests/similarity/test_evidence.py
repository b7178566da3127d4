"""Sums over columns are what their definitions say, column by column and over the edges of what is done at once."""

from __future__ import annotations

import numpy as np
import pytest

from similarity.evidence import Synonyms, Weighted, shared, translated
from similarity.postings import K1, B, columns_of
from similarity.spare import SUMS, Spare
from store.vectors import pack

DOCUMENTS, TOKENS, MEAN = 2500, 12, 130.0
CHANCE = np.random.default_rng(8)
COUNTS = CHANCE.integers(0, 4, (DOCUMENTS, TOKENS)) * (
    CHANCE.random((DOCUMENTS, TOKENS)) < np.linspace(0.02, 1, TOKENS)
)
COUNTS[:, 9] = 1
# Counts that do not fit into a byte: first and last of what is done at once, and side by side.
for row in (0, 1, 1023, 1024, 2047, 2499):
    COUNTS[row, [5, 9]] = 255 + row
LENGTHS = np.maximum(COUNTS.sum(axis=1), 1).astype(np.uint32)
COLUMNS = columns_of([pack([(2 * token, int(row[token])) for token in np.flatnonzero(row)]) for row in COUNTS], LENGTHS)
SCALE = K1 * (1 - B + B * LENGTHS / MEAN)


def tokens(*numbers: int) -> np.ndarray:
    """As they have ids; odd ids nobody has."""
    return np.array([2 * number for number in numbers], np.int32)


def test_the_sum_is_that_of_weighted_saturated_counts() -> None:
    asked = np.sort(np.append(tokens(*range(TOKENS)), [7, 99]).astype(np.int32))
    weights = CHANCE.random(len(asked))
    expected = np.zeros(DOCUMENTS)
    for token, weight in zip(asked.tolist(), weights.tolist(), strict=True):
        if token % 2 == 0:
            count = COUNTS[:, token // 2]
            expected += weight * count / (count + SCALE)
    assert shared(COLUMNS, LENGTHS, Weighted(asked, weights), MEAN) == pytest.approx(expected, rel=1e-12)


def test_a_set_is_saturated_as_a_whole() -> None:
    weights = np.array([1.0, 0.5, 0.25])
    first = Synonyms(tokens(2, 5, 11), weights, 0.7)
    second = Synonyms(np.array([18, 19], np.int32), np.array([1.0, 1.0]), 0.3)
    held, other = COUNTS[:, [2, 5, 11]] @ weights, COUNTS[:, 9]
    expected = 0.7 * held / (held + SCALE) + 0.3 * other / (other + SCALE)
    for _ in range(2):  # what it was worked out in is left empty
        assert translated(COLUMNS, LENGTHS, [first, second], MEAN) == pytest.approx(expected, rel=1e-12)


def test_nothing_is_found_of_nothing() -> None:
    nothing = columns_of([], np.zeros(0, np.uint32))
    assert shared(nothing, np.zeros(0, np.uint32), Weighted(tokens(1), np.ones(1)), MEAN).shape == (0,)
    assert not translated(COLUMNS, LENGTHS, [], MEAN).any()


def test_memory_that_is_given_back_is_used_again_and_is_empty() -> None:
    spare = Spare(np.float64)
    first, second = spare.zeros(100), spare.zeros(10)
    first[:], second[:] = 1, 2
    spare.back(first)
    again, other = spare.zeros(50), spare.zeros(50)
    assert again.base is first.base
    assert not np.shares_memory(other, first) and not np.shares_memory(other, second)
    assert not again.any() and not other.any() and second.tolist() == [2] * 10


def test_sums_that_are_not_given_back_stay_as_they_are() -> None:
    kept = shared(COLUMNS, LENGTHS, Weighted(tokens(11), np.ones(1)), MEAN)
    before = kept.copy()
    SUMS.back(shared(COLUMNS, LENGTHS, Weighted(tokens(3), np.ones(1)), MEAN))
    translated(COLUMNS, LENGTHS, [Synonyms(tokens(2), np.ones(1), 1.0)], MEAN)
    assert np.array_equal(kept, before)
