"""The top-k kernel against the sorted scores of all documents."""

from __future__ import annotations

import gc
import hashlib
import weakref
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity.ranking.filter import Filter
from similarity.ranking.kernel import maxscore
from similarity.ranking.models import MODELS
from similarity.ranking.state import State
from similarity.reader.collection import Collection, live_segments
from similarity.reader.segment_reader import LiveSegment, pending_segment
from store.index.manifest import Manifest
from store.vectors import pack

pytestmark = pytest.mark.slow


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


def state_of(segments: list[list[dict]]) -> State:
    empty = Collection(Manifest("", 1))
    packed, statistics = live_segments((), [(None, pending_segment(rows)) for rows in segments if rows], empty, empty)
    return State(Collection(Manifest("", 2), packed, statistics=statistics))


def ranking(state: State, model: str, query: list[tuple[int, int]], article_filter: Filter) -> list[tuple[str, float]]:
    """All articles with a score above 0, best first, from the scores of all rows."""
    weights = state.model(model).query(query)
    hits = []
    for segment, scores in state.scores(model, weights):
        allowed, _ = article_filter.allowed(segment)
        ids = segment.reader.segment.ids
        hits += [(ids[row].tobytes().hex(), scores[row]) for row in np.flatnonzero(allowed) if scores[row] > 0]
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(0, 12), st.sampled_from([1, 1, 1, 2, 7, 300, 70_000]), min_size=1), max_size=60
    ),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 14), st.integers(1, 3)), min_size=1, max_size=8, unique_by=lambda pair: pair[0]),
    st.integers(1, 12),
    st.sampled_from(sorted(MODELS)),
    st.sampled_from(
        [Filter(), Filter(frozenset({"sia"})), Filter(frozenset({"none"})), Filter(languages=frozenset({"en"}))]
    ),
    st.sampled_from([1, 100]),
)
def test_best_gives_the_first_of_a_full_sort(
    bags, segments: int, query, k: int, model: str, article_filter: Filter, long: int
) -> None:
    rows = [document(number, bag) for number, bag in enumerate(bags)]
    state = state_of([rows[place::segments] for place in range(segments)])
    weights = state.model(model).query(query)
    expected = ranking(state, model, query, article_filter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "similarity.ranking.state._TWO_THREADS_FROM", long
        )  # two threads share the segments from so many tokens on
        assert state.best(model, weights, k, article_filter) == expected[:k]
        if expected:
            out, number = expected[0][0], len(state.collection.segments)
            places = [(n, row) for n in range(number) for row, key in enumerate(_keys(state, n)) if key == out]
            assert state.best(model, weights, k, article_filter, places[0]) == expected[1 : k + 1]


def _keys(state: State, number: int) -> list[str]:
    return [key.tobytes().hex() for key in state.collection.segments[number].reader.segment.ids]


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize(
    "article_filter",
    [Filter(), Filter(frozenset({"sia"})), Filter(frozenset({"asml"})), Filter(languages=frozenset({"en"}))],
    ids=["all", "a third", "few", "one language"],
)
def test_best_of_thousands(model: str, article_filter: Filter, monkeypatch) -> None:
    """Enough documents that posting lists are added whole, looked up by galloping search, and by rank in a bitset."""
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
        monkeypatch.setattr(
            "similarity.ranking.state._TWO_THREADS_FROM", 1 + 99 * (number % 2)
        )  # two threads share the segments from so many tokens on
        for k in (1, 10, 200):
            assert state.best(model, weights, k, article_filter) == ranking(state, model, query, article_filter)[:k]
        best, *others = ranking(state, model, query, article_filter)
        assert state.best(model, weights, 10, article_filter, state.collection.place_of(best[0])) == others[:10]


def test_equal_articles_have_equal_scores_in_every_segment_and_are_ordered_by_id() -> None:
    bag = dict.fromkeys(range(0, 60, 7), 3)
    rows = [document(number, bag if number % 2 else {number % 60: 1, 90: 2}) for number in range(40)]
    state = state_of([rows[:3], rows[3:20], rows[20:]])
    for model in MODELS:
        weights = state.model(model).query(list(bag.items()))
        equal = {row["_id"] for row in rows[1::2]}
        best = [hit for hit in state.best(model, weights, len(rows)) if hit[0] in equal]
        assert [key for key, _ in best] == sorted(equal)
        assert len({score for _, score in best}) == 1


def test_filter_by_day_and_articles_without_a_day() -> None:
    rows = [document(number, {1: 1}) for number in range(4)]
    for row, year in zip(rows, (2024, 2025, 2026, None), strict=True):
        row["published"] = year and datetime(year, 1, 1, tzinfo=UTC)
    (segment,) = state_of([rows]).collection.segments
    order = [row["_id"] for row in sorted(rows, key=lambda row: row["_id"])]
    second = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    for article_filter, expected in [
        (Filter(since=second), rows[1:3]),
        (Filter(until=second), rows[:2]),
        (Filter(since=second, until=second), rows[1:2]),
        (Filter(since=second + 10**9), []),
        (Filter(until=second - 10**9), []),
        (Filter(until=second + 10**9), rows[:3]),
    ]:
        allowed, number = article_filter.allowed(segment)
        passed = {order[row] for row in np.flatnonzero(allowed)} if number else set()
        assert passed == {row["_id"] for row in expected}
        assert number == len(expected)


def test_a_segment_without_live_rows_is_left_out() -> None:
    (segment,) = state_of([[document(1, {1: 1})]]).collection.packed
    empty = LiveSegment(segment.reader, np.zeros(1, bool))
    assert Collection(packed=(empty,)).segments == ()


def test_arrays_live_while_the_kernel_has_their_addresses(monkeypatch) -> None:
    """The filters of another thread's query may evict this query's filter from the cache at any moment."""
    state = state_of([[document(number, {1: 1}) for number in range(40)]])
    article_filter = Filter(languages=frozenset({"en"}))
    run = maxscore.search

    def search(*arguments) -> None:
        flags = [weakref.ref(rows) for rows, _ in state._filters[article_filter].allowed]
        state._filters.clear()
        gc.collect()
        assert all(reference() is not None for reference in flags)
        run(*arguments)

    monkeypatch.setattr(maxscore, "search", search)
    weights = state.model("bm25").query([(1, 1)])
    assert (
        len(state.best("bm25", weights, 40, article_filter))
        == state.allowed(article_filter, 0, state.collection.segments[0])[1]
        > 0
    )
