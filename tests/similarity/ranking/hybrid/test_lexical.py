"""Lexical scores equal the BM25 formula computed document by document, also at the edges of batches."""

from __future__ import annotations

import numpy as np
import pytest

from similarity.arrays import SCORE_POOL, ScratchPool
from similarity.postings.bm25 import length_scale
from similarity.postings.inverted import invert_vectors
from similarity.query.hybrid_query import TermSet, WeightedTerms
from similarity.ranking.hybrid.lexical import add_bm25_scores, add_set_scores
from store.vectors import pack

DOCUMENTS, TOKENS, MEAN = 2500, 12, 130.0
RANDOM = np.random.default_rng(8)
COUNTS = RANDOM.integers(0, 4, (DOCUMENTS, TOKENS)) * (
    RANDOM.random((DOCUMENTS, TOKENS)) < np.linspace(0.02, 1, TOKENS)
)
COUNTS[:, 9] = 1
# Counts that do not fit into a byte: at the first and last place of a batch, and next to each other.
for row in (0, 1, 1023, 1024, 2047, 2499):
    COUNTS[row, [5, 9]] = 255 + row
LENGTHS = np.maximum(COUNTS.sum(axis=1), 1).astype(np.uint32)
INDEX = invert_vectors(
    [pack([(2 * token, int(row[token])) for token in np.flatnonzero(row)]) for row in COUNTS], LENGTHS
)
SCALE = length_scale(LENGTHS.astype(float), MEAN)


def tokens(*numbers: int) -> np.ndarray:
    """Token ids; no document has a token with an odd id."""
    return np.array([2 * number for number in numbers], np.int32)


def bm25_scores(index, lengths, query, least=0.0) -> np.ndarray:
    sums = SCORE_POOL.zeros(len(lengths))
    add_bm25_scores(sums, index, lengths, query, MEAN, least)
    return sums


def set_scores(sets, least=0.0) -> np.ndarray:
    sums = SCORE_POOL.zeros(DOCUMENTS)
    add_set_scores(sums, INDEX, LENGTHS, sets, MEAN, least)
    return sums


def test_the_score_is_the_sum_of_weighted_saturated_counts() -> None:
    query_tokens = np.sort(np.append(tokens(*range(TOKENS)), [7, 99]).astype(np.int32))
    weights = RANDOM.random(len(query_tokens))
    expected = np.zeros(DOCUMENTS)
    for token, weight in zip(query_tokens.tolist(), weights.tolist(), strict=True):
        if token % 2 == 0:
            count = COUNTS[:, token // 2]
            expected += weight * count / (count + SCALE)
    assert bm25_scores(INDEX, LENGTHS, WeightedTerms(query_tokens, weights)) == pytest.approx(expected, rel=1e-12)


def test_a_short_document_is_scored_as_one_of_the_least_length() -> None:
    least = float(np.median(LENGTHS))
    scale = length_scale(np.maximum(LENGTHS, least).astype(float), MEAN)
    count = COUNTS[:, 9]
    one = WeightedTerms(tokens(9), np.ones(1))
    assert bm25_scores(INDEX, LENGTHS, one, least) == pytest.approx(count / (count + scale), rel=1e-12)
    assert set_scores([TermSet(one.tokens, one.weights, 1.0)], least) == pytest.approx(
        count / (count + scale), rel=1e-12
    )


def test_the_counts_of_translations_are_added_before_saturation() -> None:
    weights = np.array([1.0, 0.5, 0.25])
    first = TermSet(tokens(2, 5, 11), weights, 0.7)
    second = TermSet(np.array([18, 19], np.int32), np.array([1.0, 1.0]), 0.3)
    first_count, second_count = COUNTS[:, [2, 5, 11]] @ weights, COUNTS[:, 9]
    expected = 0.7 * first_count / (first_count + SCALE) + 0.3 * second_count / (second_count + SCALE)
    for _ in range(2):  # the second time with scratch arrays of the first
        assert set_scores([first, second]) == pytest.approx(expected, rel=1e-12)


def test_no_documents_and_no_terms() -> None:
    empty_index = invert_vectors([], np.zeros(0, np.uint32))
    assert bm25_scores(empty_index, np.zeros(0, np.uint32), WeightedTerms(tokens(1), np.ones(1))).shape == (0,)
    assert not set_scores([]).any()


def test_released_arrays_are_reused_and_zero() -> None:
    pool = ScratchPool(np.float64)
    first, second = pool.zeros(100), pool.zeros(10)
    first[:], second[:] = 1, 2
    pool.release(first)
    again, other = pool.zeros(50), pool.zeros(50)
    assert again.base is first.base
    assert not np.shares_memory(other, first) and not np.shares_memory(other, second)
    assert not again.any() and not other.any() and second.tolist() == [2] * 10


def test_scores_that_are_not_released_are_not_overwritten() -> None:
    kept = bm25_scores(INDEX, LENGTHS, WeightedTerms(tokens(11), np.ones(1)))
    before = kept.copy()
    SCORE_POOL.release(bm25_scores(INDEX, LENGTHS, WeightedTerms(tokens(3), np.ones(1))))
    set_scores([TermSet(tokens(2), np.ones(1), 1.0)])
    assert np.array_equal(kept, before)
