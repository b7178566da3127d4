"""Vectors of meaning are compared exactly, and the best rows are those that a full sort would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from similarity import meanings
from similarity.block import small_block
from similarity.largest import Closeness, largest
from similarity.meanings import cosine_of, cosines, cosines_begun, encoded
from store.meaning import Meaning, mark
from store.vectors import pack
from text.encoder import STEP

ENCODER = "architecture/checkpoint"
SIZE = 16


def block(vectors: list[np.ndarray | None], encoder: str = ENCODER):
    rows = []
    for number, vector in enumerate(vectors):
        meaning = Meaning(encoder, vector, vector.reshape(1, -1)).fields() if vector is not None else {}
        rows.append({
            "_id": f"{number:024x}", "revision": 1, "length": 1, "published": None, "source": "s",
            "language": "zh" if number % 3 else "en", "vector": pack([(1, 1)]), "bigrams": pack([]), **meaning,
        })  # fmt: skip
    return small_block(rows)


def drawn(number: int, seed: int) -> list[np.ndarray]:
    chance = np.random.default_rng(seed)
    return list(chance.integers(-127, 128, (number, SIZE)).astype(np.int8))


def test_cosines_are_the_products() -> None:
    vectors, query = drawn(40, 1), drawn(1, 2)[0]
    expected = np.array(vectors, np.int64) @ query.astype(np.int64) * STEP * STEP
    found = block(vectors)
    assert cosines(found, query, mark(ENCODER)) == pytest.approx(expected, rel=1e-6)
    assert [cosine_of(found, row, query, mark(ENCODER)) for row in range(40)] == pytest.approx(expected, rel=1e-6)


def test_rows_without_a_meaning_and_those_of_another_encoder_are_not_compared() -> None:
    query = np.full(SIZE, 100, np.int8)
    mixed = block([query, None, query])
    assert (cosines(mixed, query, mark(ENCODER)) > 0).tolist() == [True, False, True]
    assert not cosines(mixed, query, mark("another")).any()
    assert not cosines(mixed, None, b"").any()
    assert encoded(mixed, mark(ENCODER)) == (2, 0) and encoded(mixed, mark("another")) == (0, 2)


def test_blocks_are_compared_in_pieces_by_two_threads(monkeypatch) -> None:
    monkeypatch.setattr(meanings, "_AT_ONCE", 7)
    query = drawn(1, 2)[0]
    blocks = [block(drawn(40, 1)), block([None, *drawn(7, 3)]), block([])]
    asked = []

    def encoded_late() -> np.ndarray:
        asked.append(query)
        return query

    found = cosines_begun(blocks, encoded_late, mark(ENCODER))()
    for one, own in zip(blocks, found, strict=True):
        assert own.tolist() == [cosine_of(one, row, query, mark(ENCODER)) for row in range(one.rows)]
    assert 1 <= len(asked) <= 2, "by each thread that takes part"


def test_sums_take_more_than_16_bits() -> None:
    query = np.full(SIZE, -127, np.int8)
    (found,) = cosines(block([query]), query, mark(ENCODER))
    assert found == pytest.approx(SIZE * 127 * 127 * STEP * STEP, rel=1e-6)


@settings(deadline=None)  # the first call compiles
@given(
    number=some.integers(1, 30),
    shares=some.lists(some.sampled_from([0.0, 0.0, 0.1, 0.5, 0.5, 2.0]), min_size=30, max_size=30),
    near=some.lists(some.sampled_from([-0.5, 0.0, 0.29, 0.31, 0.5, 0.5, 1.0]), min_size=30, max_size=30),
    allowed=some.lists(some.booleans(), min_size=30, max_size=30),
    floor=some.sampled_from([0.0, 0.3, 0.6]),
    squared=some.booleans(),
)
def test_the_largest_are_those_of_a_full_sort(number, shares, near, allowed, floor, squared) -> None:
    closeness = Closeness(0.5, squared, 0.3)
    held, cosine = _BLOCK, np.array(near, np.float32)
    here = np.array([name == "zh" for name in held.segment.language_names])
    evidence = np.array(shares) + closeness.adds(cosine)
    may = here[held.segment.languages] & np.array(allowed) & (evidence > 0) & (evidence >= floor)
    may &= (np.array(shares) > 0) | (cosine >= 0.3)
    expected = sorted(sorted(np.flatnonzero(may), key=lambda row: (-evidence[row], row))[:number])
    found = largest(held, np.array(shares), cosine, closeness, here, np.array(allowed), number, floor)
    assert found.tolist() == expected


_BLOCK = block([None] * 30)
