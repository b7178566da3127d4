"""The compiled copies of the BM25 formula give what the numpy one gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from similarity.postings import bm25, inverted
from similarity.ranking.hybrid import lexical
from similarity.ranking.kernel import maxscore

MEAN = 130.0
BASE, SLOPE = bm25.linear_scale(MEAN)
NORMALIZATION = maxscore.TfNormalization(1.0, BASE, SLOPE)

COPIES: dict[str, Callable[[float, float, float], float]] = {
    "inverted": lambda weight, count, length: weight * inverted._factor(count, 1.0, BASE + SLOPE * length),
    "maxscore": lambda weight, count, length: maxscore._contribution(weight, count, NORMALIZATION, length),
    "lexical": lambda weight, count, length: lexical._saturated(weight, count, BASE, SLOPE, length),
    "lexical, sets": lambda weight, count, length: lexical._saturated_set(weight, count, BASE, SLOPE, length),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_each_compiled_copy_agrees_with_numpy(copy: Callable[[float, float, float], float]) -> None:
    for weight in (0.25, 7.0):
        for count in (1.0, 3.0, 254.0, 70_000.0):
            for length in (1.0, 130.0, 65_536.0):
                expected = bm25.saturated(weight, count, bm25.length_scale(length, MEAN))
                assert copy(weight, count, length) == pytest.approx(expected, rel=1e-12)


def test_the_formula_is_that_of_robertson_and_zaragoza() -> None:
    """With K1 = 1.5 and B = 0.75: a document of mean length has scale K1, and one occurrence gives 1 / (1 + K1)."""
    assert bm25.length_scale(MEAN, MEAN) == pytest.approx(1.5)
    assert bm25.saturated(1.0, 1.0, bm25.length_scale(MEAN, MEAN)) == pytest.approx(0.4)
    scales = bm25.length_scale(np.array([0.0, MEAN, 2 * MEAN]), MEAN)
    assert scales == pytest.approx([0.375, 1.5, 2.625])
    assert pytest.approx(2.625) == BASE + SLOPE * 2 * MEAN
    assert bm25.saturated(2.0, np.array([0, 1, 1_000_000]), 1.5) == pytest.approx([0.0, 0.8, 2.0], abs=1e-5)
