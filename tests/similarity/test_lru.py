"""What is remembered stays within its bytes, and what was asked for last stays longest."""

from __future__ import annotations

import numpy as np

from similarity.lru import ENTRY_OVERHEAD, LruCache


def vectors(*names: str) -> dict[str, np.ndarray]:
    return {name: np.full(100, ord(name), np.int8) for name in names}


def remembered(most: int) -> LruCache[str, np.ndarray]:
    return LruCache(most, lambda vector: vector.nbytes)


def test_those_asked_for_longest_ago_are_forgotten_first() -> None:
    held = remembered(3 * (100 + ENTRY_OVERHEAD))
    held.put(vectors("a", "b", "c"))
    assert held.get(["a"])["a"].tolist() == [ord("a")] * 100
    held.put(vectors("d"))
    assert sorted(held.get("abcd")) == ["a", "c", "d"]


def test_one_that_is_put_again_takes_no_more_room() -> None:
    held = remembered(2 * (100 + ENTRY_OVERHEAD))
    for _ in range(5):
        held.put(vectors("a", "b"))
    assert sorted(held.get("ab")) == ["a", "b"]


def test_one_that_is_too_large_is_not_kept_and_takes_all_with_it() -> None:
    held = remembered(1000)
    held.put({"a": np.zeros(5000, np.int8)})
    assert held.get("a") == {}
    held.put(vectors("b"))
    assert list(held.get("b")) == ["b"]


def test_after_clear_there_is_room_again() -> None:
    held = remembered(2 * (100 + ENTRY_OVERHEAD))
    held.put(vectors("a", "b"))
    held.clear()
    assert held.get("ab") == {}
    held.put(vectors("c", "d"))
    assert sorted(held.get("cd")) == ["c", "d"]
