"""Lexical scores of the default model for every document of a segment: BM25 by tokens, and by sets of tokens.

They choose the candidates, which ``similarity.ranking.hybrid.scoring`` then scores exactly.

Unlike the top-k kernel (``similarity.ranking.kernel.maxscore``) these functions score all documents of a segment,
because the default model adds dense scores to them. Arrays of scores are (documents, float64); they come from
``similarity.arrays.SCORE_POOL``, and the caller releases them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import SCORE_POOL, Bytes, Floats, Tokens
from similarity.jit import compiled, compiled_no_zero_division
from similarity.postings.bm25 import linear_scale
from similarity.postings.inversion import ESCAPE
from similarity.postings.inverted import InvertedIndex
from similarity.query.hybrid_query import TermSet, WeightedTerms
from store.vectors import Ints

_BATCH = 1024
"""How many postings have their contributions computed before these are added to the sums."""


def add_bm25_scores(
    sums: Floats, index: InvertedIndex, lengths: NDArray[Any], query: WeightedTerms, mean_length: float, least: float
) -> None:
    """Add to *sums* (documents, float64) the BM25 score of each document: the sum over the tokens of *query* it has.

    *lengths* (documents, any integers): tokens of each document, which are taken as *least* where they are fewer;
    *mean_length*: of all live documents.
    """
    spans = _spans(index, query.tokens, query.weights)
    if len(spans[0]):
        _add(
            sums, *spans, index.rows, index.counts, index.large_at, index.large, *linear_scale(mean_length), lengths,
            least,
        )  # fmt: skip


def add_set_scores(
    sums: Floats,
    index: InvertedIndex,
    lengths: NDArray[Any],
    query: Sequence[TermSet],
    mean_length: float,
    least: float,
) -> None:
    """As ``add_bm25_scores`` for sets of tokens: the counts of a set are added before they are saturated.

    So a document gains nothing from naming one thing by several translations (structured queries: A. Pirkola, SIGIR
    1998).
    """
    if not query:
        return
    tokens = np.concatenate([term_set.tokens for term_set in query])
    shares = np.concatenate([term_set.shares for term_set in query])
    _, present = index.ordinals(tokens)
    ends = np.cumsum([0, *(len(term_set.tokens) for term_set in query)])
    bounds = np.concatenate([[0], np.cumsum(present)])[ends]
    first, last, shares = _spans(index, tokens, shares)
    counts = SCORE_POOL.zeros(len(lengths))
    _add_sets(
        sums, counts, bounds, np.array([term_set.weight for term_set in query]), first, last, shares,
        index.rows, index.counts, index.large_at, index.large, *linear_scale(mean_length), lengths, least,
    )  # fmt: skip
    SCORE_POOL.release(counts)


def _spans(index: InvertedIndex, tokens: Tokens, weights: Floats) -> tuple[Ints, Ints, Floats]:
    """Where the posting lists of those of *tokens* that occur begin and end (int64), and the *weights* of these."""
    ordinals, present = index.ordinals(tokens)
    ordinals = ordinals[present]
    return index.start[ordinals].astype(np.int64), index.start[ordinals + 1].astype(np.int64), weights[present]


# A copy of the one in ``similarity.postings.inverted``: see ``similarity.jit`` on compiled functions of other files.
@compiled
def _count(counts: Bytes, large_at: NDArray[np.uint32], large: NDArray[np.int32], posting: np.int64 | int) -> float:
    count = counts[posting]
    return float(count) if count < ESCAPE else float(large[np.searchsorted(large_at, posting)])


@compiled_no_zero_division
def _saturated(weight: float, count: float, base: float, slope: float, length: float) -> float:
    """A compiled copy of ``similarity.postings.bm25.saturated``, with ``bm25.linear_scale``."""
    return weight * count / (count + (base + slope * length))


@compiled_no_zero_division
def _saturated_set(weight: float, count: float, base: float, slope: float, length: float) -> float:
    """As ``_saturated``, but the divisor is added up from the left: the last digits of scores depend on the order."""
    return weight * count / (count + base + slope * length)


@compiled_no_zero_division
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
    least: float,
) -> None:
    """Add the contributions of posting lists ``first[i]:last[i]``, with one weight each, to the *sums* of documents."""
    contributions = np.empty(_BATCH)
    for number in range(len(first)):
        weight = weights[number]
        escaped = np.searchsorted(large_at, first[number])
        for begin in range(first[number], last[number], _BATCH):
            batch_rows = rows[begin : min(begin + _BATCH, last[number])]
            batch_counts = counts[begin : begin + len(batch_rows)]
            # One loop a step, so that the compiler divides several at once (SIMD).
            for at in range(len(batch_rows)):
                contributions[at] = max(np.float64(lengths[batch_rows[at]]), least)
            for at in range(len(batch_rows)):
                contributions[at] = _saturated(weight, float(batch_counts[at]), base, slope, contributions[at])
            while escaped < len(large_at) and large_at[escaped] < begin + len(batch_rows):
                place, count = np.int64(large_at[escaped]) - begin, float(large[escaped])
                contributions[place] = _saturated(
                    weight, count, base, slope, max(np.float64(lengths[batch_rows[place]]), least)
                )
                escaped += 1
            for at in range(len(batch_rows)):
                sums[batch_rows[at]] += contributions[at]


@compiled_no_zero_division
def _add_sets(
    sums: Floats,
    set_counts: Floats,
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
    least: float,
) -> None:
    """As ``_add`` for sets of posting lists: set ``i`` is ``bounds[i]:bounds[i + 1]``.

    *set_counts* (documents, float64) is all zeros, and is so again afterwards.
    """
    contributions, own_lengths = np.empty(_BATCH), np.empty(_BATCH)
    for which in range(len(set_weights)):
        for number in range(bounds[which], bounds[which + 1]):
            for posting in range(first[number], last[number]):
                set_counts[rows[posting]] += weights[number] * _count(counts, large_at, large, posting)
        for number in range(bounds[which], bounds[which + 1]):
            for begin in range(first[number], last[number], _BATCH):
                batch_rows = rows[begin : min(begin + _BATCH, last[number])]
                for at in range(len(batch_rows)):
                    row = batch_rows[at]
                    contributions[at], own_lengths[at] = set_counts[row], max(np.float64(lengths[row]), least)
                    set_counts[row] = 0.0  # a document of several lists counts once
                for at in range(len(batch_rows)):
                    contributions[at] = _saturated_set(
                        set_weights[which], contributions[at], base, slope, own_lengths[at]
                    )
                for at in range(len(batch_rows)):
                    sums[batch_rows[at]] += contributions[at]
