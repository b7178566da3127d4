from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.vectors import CorruptVector, pack, unpack, unpack_many

bags = st.dictionaries(st.integers(0, 2**40), st.integers(1, 2**30), max_size=60).map(lambda bag: sorted(bag.items()))


@given(bags)
def test_unpacking_gives_what_was_packed(bag: list[tuple[int, int]]) -> None:
    assert unpack(pack(bag)) == bag


@given(st.lists(bags, max_size=12))
def test_unpack_many_equals_unpack_of_each(bags: list[list[tuple[int, int]]]) -> None:
    postings = unpack_many([pack(bag) for bag in bags])
    rows = [
        list(zip(postings.ids[a:b].tolist(), postings.counts[a:b].tolist(), strict=True))
        for a, b in zip(postings.start[:-1], postings.start[1:], strict=True)
    ]
    assert rows == bags


def test_the_bytes_are_as_documented() -> None:
    assert pack([]) == bytes([0])
    assert pack([(3, 1)]) == bytes([1, 2 * 3 + 1])
    assert pack([(3, 1), (200, 5)]) == bytes([2, 7, (2 * 197 & 127) | 128, 2 * 197 >> 7, 5])


def test_a_posting_with_a_small_gap_takes_one_byte() -> None:
    bag = [(7 * number, 1) for number in range(300)]
    assert len(pack(bag)) == 2 + 300


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x02\x07", b"\x01\x06", b"\x01\x07\x01", b"\xff" * 10 + b"\x01"])
def test_corrupt_vectors_are_refused(data: bytes) -> None:
    with pytest.raises(CorruptVector):
        unpack(data)


@pytest.mark.parametrize("bag", [[(-1, 1)], [(1, 0)], [(1, 1), (1, 2)]])
def test_an_invalid_bag_of_words_is_refused(bag: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="ids must differ"):
        pack(bag)
