"""Groups join only when most of their pairs agree, whatever the order in which articles and pairs are given."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from text.stories.linkage import Pair, join

LETTERS = "abcdefghij"


def test_a_chain_of_pairs_is_no_story() -> None:
    chain = dict.fromkeys(pairwise(LETTERS), 0.9)
    assert max(map(len, join(LETTERS, chain))) == 2


def test_one_pair_does_not_join_two_stories_and_most_of_them_do() -> None:
    stories = dict.fromkeys([*combinations("abcd", 2), *combinations("efgh", 2)], 0.95)
    assert join("abcdefgh", stories | {("d", "e"): 0.9}) == [list("abcd"), list("efgh")]
    across = [(left, right) for left in "abcd" for right in "efgh"]
    assert join("abcdefgh", stories | dict.fromkeys(across[::2] + across[1:4:2], 0.9)) == [list("abcdefgh")]


def test_the_surest_pairs_join_first() -> None:
    assert join("abc", {("a", "b"): 0.6, ("b", "c"): 0.9}) == [["a"], ["b", "c"]]


def test_what_has_no_pair_stays_alone_and_half_is_enough() -> None:
    assert join("cab", {("a", "b"): 0.5}) == [["a", "b"], ["c"]]
    assert join("ab", {("a", "b"): 0.49}) == [["a"], ["b"]]
    assert join("", {}) == []


PAIRS = st.dictionaries(
    st.sampled_from([*combinations(LETTERS, 2)]), st.integers(20, 100).map(lambda percent: percent / 100)
)


@given(PAIRS, st.integers(0, 99))
def test_the_order_of_ids_and_pairs_does_not_matter(agreements: dict[Pair, float], seed: int) -> None:
    found = join(LETTERS, agreements)
    ids, pairs = [*LETTERS], [*agreements.items()]
    random.Random(seed).shuffle(ids)
    random.Random(seed).shuffle(pairs)
    assert join(ids, dict(pairs)) == found
    assert sorted(key for keys in found for key in keys) == [*LETTERS]


@given(PAIRS)
def test_no_two_stories_are_left_that_most_pairs_would_join(agreements: dict[Pair, float]) -> None:
    for one, other in combinations(join(LETTERS, agreements), 2):
        pairs = [(min(left, right), max(left, right)) for left in one for right in other]
        assert sum(agreements.get(pair, 0.0) for pair in pairs) / len(pairs) < 0.5 + 1e-9
