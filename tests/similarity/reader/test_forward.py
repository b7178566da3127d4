"""Packed vectors taken apart are what was packed, and counts of tokens in them are those of the bags."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from similarity.reader.forward import forward_index_of, term_counts
from store.vectors import pack

BAGS = some.lists(some.dictionaries(some.integers(0, 1 << 24), some.integers(1, 1 << 20), max_size=30), max_size=6)


@settings(deadline=None)  # the first call compiles
@given(BAGS)
def test_what_was_packed_comes_out(bags) -> None:
    found = forward_index_of([pack(bag.items()) for bag in bags])
    assert len(found.bounds) == len(bags) + 1 and found.bounds[-1] == sum(map(len, bags))
    for number, bag in enumerate(bags):
        part = slice(found.bounds[number], found.bounds[number + 1])
        assert list(zip(found.tokens[part].tolist(), found.counts[part].tolist(), strict=True)) == sorted(bag.items())


@settings(deadline=None)
@given(BAGS, some.data())
def test_counts_are_those_of_the_bags_in_the_order_that_was_asked_for(bags, data) -> None:
    """Tokens are asked for in any order, some twice, some that nobody has."""
    held = sorted({token for bag in bags for token in bag}) or [7]
    wanted = data.draw(some.lists(some.sampled_from([*held, held[-1] + 1, 5]), max_size=20))
    found = term_counts(forward_index_of([pack(bag.items()) for bag in bags]), np.array(wanted, np.int32))
    assert found.tolist() == [[bag.get(token, 0) for token in wanted] for bag in bags]


def test_nothing_is_found_of_nothing() -> None:
    assert term_counts(forward_index_of([]), np.array([1], np.int32)).shape == (0, 1)
    assert term_counts(forward_index_of([pack([(3, 1)])]), np.zeros(0, np.int32)).shape == (1, 0)
