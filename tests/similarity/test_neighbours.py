from __future__ import annotations

import numpy as np
import pytest

from similarity.neighbours import support
from similarity.statistics import Frequencies
from store.vectors import pack

FREQUENCIES = Frequencies(np.full(10, 3, np.int32))


def vectors(*bags: dict[int, int]) -> list[bytes]:
    return [pack(bag.items()) for bag in bags]


def test_one_document_supports_itself_by_its_own_evidence() -> None:
    assert support(vectors({1: 2, 3: 1}), np.array([0.4]), FREQUENCIES, 100) == pytest.approx([0.4])


def test_what_is_like_the_best_is_supported_before_what_is_not() -> None:
    best, like, unlike = support(
        vectors({1: 1, 2: 1}, {2: 1, 3: 1}, {4: 1, 5: 1}), np.array([1.0, 0.5, 0.5]), FREQUENCIES, 100
    )
    assert best > like > unlike
    # 0.5 to the sixth power is 1/64: two such documents move the mean a little.
    assert best == pytest.approx((1 + 0.25 / 64) / (1 + 2 / 64), abs=0.01)
    assert unlike == pytest.approx(0.5 / 64 / (1 + 2 / 64), abs=1e-9)


def test_nobody_is_supported_above_the_highest_evidence() -> None:
    same = vectors(*[{1: 1, 7: 4}] * 5)
    found = support(same, np.array([0.9, 0.8, 0.3, 0.1, 0.0]), FREQUENCIES, 100)
    assert (found <= 0.9).all() and np.ptp(found) == pytest.approx(0)


def test_without_evidence_or_words_there_is_no_support() -> None:
    assert support(vectors({1: 1}, {}), np.zeros(2), FREQUENCIES, 100).tolist() == [0, 0]
    assert support(vectors({}, {}), np.ones(2), FREQUENCIES, 100).tolist() == [0, 0]
