"""The kernel against scores that are summed up one by one."""

from __future__ import annotations

import gc
import hashlib
import weakref
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity import kernel
from similarity.block import Held, small_block
from similarity.collection import Collection, packed_again
from similarity.models import MODELS
from similarity.query import Filter, State
from store.manifest import Manifest
from store.vectors import pack


def document(number: int, bag: dict[int, int]) -> dict:
    return {
        "_id": hashlib.sha256(str(number).encode()).hexdigest()[:24],
        "revision": number + 1,
        "length": sum(bag.values()),
        "published": None,
        "source": "asml" if number % 20 == 7 else ("sia", "tsmc", "smic")[number % 3],
        "language": "en",
        "vector": pack(bag.items()),
    }


def state_of(blocks: list[list[dict]]) -> State:
    empty = Collection(Manifest("", 1))
    packed, statistics = packed_again((), [(None, small_block(rows)) for rows in blocks if rows], empty, empty)
    return State(Collection(Manifest("", 2), packed, statistics=statistics))


def ranking(state: State, model: str, query: list[tuple[int, int]], asked: Filter) -> list[tuple[str, float]]:
    """All articles with a score above 0, best first, from the scores of all rows."""
    weights = state.model(model).query(query)
    found = []
    for held, scores in state.scores(model, weights):
        allowed, _ = asked.allowed(held)
        ids = held.block.segment.ids
        found += [(ids[row].tobytes().hex(), scores[row]) for row in np.flatnonzero(allowed) if scores[row] > 0]
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(0, 12), st.sampled_from([1, 1, 1, 2, 7, 300, 70_000]), min_size=1), max_size=60
    ),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 14), st.integers(1, 3)), min_size=1, max_size=8, unique_by=lambda pair: pair[0]),
    st.integers(1, 12),
    st.sampled_from(sorted(MODELS)),
    st.sampled_from([Filter(), Filter(source="sia"), Filter(source="none"), Filter(language="en")]),
    st.sampled_from([1, 100]),
)
def test_the_best_are_the_best(bags, blocks: int, query, k: int, model: str, asked: Filter, long: int) -> None:
    rows = [document(number, bag) for number, bag in enumerate(bags)]
    state = state_of([rows[place::blocks] for place in range(blocks)])
    weights = state.model(model).query(query)
    expected = ranking(state, model, query, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("similarity.query._LONG", long)  # from 1 on two threads share the blocks
        assert state.best(model, weights, k, asked) == expected[:k]
        if expected:
            out, number = expected[0][0], len(state.collection.blocks)
            places = [(n, row) for n in range(number) for row, key in enumerate(_keys(state, n)) if key == out]
            assert state.best(model, weights, k, asked, places[0]) == expected[1 : k + 1]


def _keys(state: State, number: int) -> list[str]:
    return [key.tobytes().hex() for key in state.collection.blocks[number].block.segment.ids]


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize(
    "asked",
    [Filter(), Filter(source="sia"), Filter(source="asml"), Filter(language="en")],
    ids=["all", "some", "few", "one"],
)
def test_the_best_of_thousands(model: str, asked: Filter, monkeypatch) -> None:
    """Enough documents that columns are cut short, searched in, and gone through row by row."""
    random = np.random.default_rng(8)
    rows = []
    for number in range(9000):
        tokens = np.unique(np.minimum(random.zipf(1.3, 40), 5000))
        rows.append(document(number, dict.fromkeys(tokens.tolist(), 1) | {int(random.integers(5000)): 400}))
    rows += [row | {"_id": f"{number:024x}", "revision": 10_000} for number, row in enumerate(rows[:50])]  # ties
    state = state_of([rows[:6000], rows[6000:9000], rows[9000:]])
    for number in range(12):
        query = [(int(token), 1) for token in np.unique(np.minimum(random.zipf(1.2, 10 * (1 + number % 3)), 5000))]
        weights = state.model(model).query(query)
        monkeypatch.setattr("similarity.query._LONG", 1 + 99 * (number % 2))  # from 1 on two threads share the blocks
        for k in (1, 10, 200):
            assert state.best(model, weights, k, asked) == ranking(state, model, query, asked)[:k]
        best, *others = ranking(state, model, query, asked)
        assert state.best(model, weights, 10, asked, state.collection.place_of(best[0])) == others[:10]


def test_equal_articles_have_equal_scores_wherever_they_lie() -> None:
    bag = dict.fromkeys(range(0, 60, 7), 3)
    rows = [document(number, bag if number % 2 else {number % 60: 1, 90: 2}) for number in range(40)]
    state = state_of([rows[:3], rows[3:20], rows[20:]])
    for model in MODELS:
        weights = state.model(model).query(list(bag.items()))
        best = [hit for hit in state.best(model, weights, 20) if hit[0] in {row["_id"] for row in rows[1::2]}]
        assert len({score for _, score in best}) <= 1
        assert [key for key, _ in best] == sorted(key for key, _ in best)


def test_days_and_the_absence_of_a_day() -> None:
    rows = [document(number, {1: 1}) for number in range(4)]
    for row, year in zip(rows, (2024, 2025, 2026, None), strict=True):
        row["published"] = year and datetime(year, 1, 1, tzinfo=UTC)
    (held,) = state_of([rows]).collection.blocks
    order = [row["_id"] for row in sorted(rows, key=lambda row: row["_id"])]
    second = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    for asked, expected in [
        (Filter(since=second), rows[1:3]),
        (Filter(until=second), rows[:2]),
        (Filter(since=second, until=second), rows[1:2]),
        (Filter(since=second + 10**9), []),
        (Filter(until=second - 10**9), []),
        (Filter(until=second + 10**9), rows[:3]),
    ]:
        allowed, number = asked.allowed(held)
        found = {order[row] for row in np.flatnonzero(allowed)} if number else set()
        assert found == {row["_id"] for row in expected}
        assert number == len(expected)


def test_a_block_without_any_row_left_is_passed_over() -> None:
    (held,) = state_of([[document(1, {1: 1})]]).collection.packed
    empty = Held(held.block, np.zeros(1, bool))
    assert Collection(packed=(empty,)).blocks == ()


def test_what_the_kernel_has_the_addresses_of_stays_while_it_runs(monkeypatch) -> None:
    """Another thread's filters may push this one's out of what is remembered at any moment."""
    state = state_of([[document(number, {1: 1}) for number in range(40)]])
    asked = Filter(language="en")
    run = kernel.search

    def search(*arguments) -> None:
        flags = [weakref.ref(rows) for rows, _ in state._masks[asked].allowed]
        state._masks.clear()
        gc.collect()
        assert all(one() is not None for one in flags)
        run(*arguments)

    monkeypatch.setattr(kernel, "search", search)
    weights = state.model("bm25").query([(1, 1)])
    assert len(state.best("bm25", weights, 40, asked)) == state.allowed(asked, 0, state.collection.blocks[0])[1] > 0
