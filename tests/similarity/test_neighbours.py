from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.neighbours import Texts, support, texts
from similarity.statistics import Frequencies
from similarity.unpacking import unpacked_many
from store.vectors import pack

FREQUENCIES = Frequencies(np.full(10, 3, np.int32))


def documents(*bags: dict[int, int]) -> Texts:
    return texts(unpacked_many([pack(bag.items()) for bag in bags]), FREQUENCIES, 100)


def test_one_document_supports_itself_by_its_own_evidence() -> None:
    assert support(documents({1: 2, 3: 1}), np.array([0.4])) == pytest.approx([0.4])


def test_what_is_like_the_best_is_supported_before_what_is_not() -> None:
    best, like, unlike = support(documents({1: 1, 2: 1}, {2: 1, 3: 1}, {4: 1, 5: 1}), np.array([1.0, 0.5, 0.5]))
    assert best > like > unlike
    # 0.5 to the sixth power is 1/64: two such documents move the mean a little.
    assert best == pytest.approx((1 + 0.25 / 64) / (1 + 2 / 64), abs=0.01)
    assert unlike == pytest.approx(0.5 / 64 / (1 + 2 / 64), abs=1e-9)


def test_nobody_is_supported_above_the_highest_evidence() -> None:
    same = documents(*[{1: 1, 7: 4}] * 5)
    found = support(same, np.array([0.9, 0.8, 0.3, 0.1, 0.0]))
    assert (found <= 0.9).all() and np.ptp(found) == pytest.approx(0)


def test_without_evidence_or_words_there_is_no_support() -> None:
    assert support(documents({1: 1}, {}), np.zeros(2)).tolist() == [0, 0]
    assert support(documents({}, {}), np.ones(2)).tolist() == [0, 0]


@given(
    bags=st.lists(st.dictionaries(st.integers(0, 40) | st.integers(0, 2**31 - 1), st.integers(1, 10**6)), min_size=1),
    chance=st.integers(0, 2**32 - 1),
)
def test_support_is_what_the_definition_says(bags: list[dict[int, int]], chance: int) -> None:
    evidence = np.random.default_rng(chance).random(len(bags))
    rows = []
    for bag in bags:
        weights = {
            token: (1 + log(count)) * log(101 / ((3 if token < 10 else 0) + 0.5)) for token, count in bag.items()
        }
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        rows.append({token: weight / length for token, weight in weights.items()})
    shares = (evidence / evidence.max()) ** 6
    centre: dict[int, float] = {}
    for row, share in zip(rows, shares * evidence / shares.sum(), strict=True):
        for token, weight in row.items():
            centre[token] = centre.get(token, 0.0) + weight * share
    expected = [sum(weight * centre[token] for token, weight in row.items()) for row in rows]
    assert support(documents(*bags), evidence) == pytest.approx(expected, abs=1e-12)
