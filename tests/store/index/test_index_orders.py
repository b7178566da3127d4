"""Any order of writes, deletions and compactions leaves the same index as a rebuild, equal to the articles at each step."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.index import merge_policy, preparation, snapshot, writer
from store.index.compactor import compact, rebuild
from store.index.verify import verify
from tests.store.index_content import content, delete, key, store, stored

pytestmark = pytest.mark.slow

names = st.sampled_from("abcdef")
words = st.lists(st.sampled_from(["one", "two", "three", "四", "五"]), max_size=4).map(" ".join)
acts = st.one_of(
    st.tuples(st.just("store"), st.dictionaries(names, words, min_size=1, max_size=3)),
    st.tuples(st.just("delete"), st.sets(names, min_size=1, max_size=2)),
    st.tuples(st.just("lose"), st.sets(names, min_size=1, max_size=1)),
    st.tuples(st.sampled_from(["compact", "thorough", "rebuild", "damage"]), st.none()),
)

ALL = ("articles", "segments", "deleted", "terms", "counters", "manifest")


def act_on(database, act: str, on) -> bool:
    """Do *act*; returns whether a reader finds what is stored at once, without a compaction."""
    if act == "store":
        store(database, on)
    elif act == "delete":
        delete(database, on)
    elif act == "lose":
        lost = database.articles.delete_many({"_id": {"$in": [key(name) for name in on]}}).deleted_count
        return not lost
    elif act == "damage":
        lost = database.segments.delete_one({}).deleted_count
        return not lost
    else:
        {"compact": compact, "thorough": lambda one: compact(one, thorough=True), "rebuild": rebuild}[act](database)
    return True


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(merge_policy, "SEGMENTS_PER_TIER", 2)
    monkeypatch.setattr(writer, "_PAUSE", 0)
    monkeypatch.setattr("store.index.segment_format.MAX_ROWS", 4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, min_size=1, max_size=10))
def test_any_order(database, quick, order: list[tuple[str, object]]) -> None:
    for name in ALL:
        database[name].delete_many({})
    preparation.prepare(database, "test")
    at_once = True
    for act, on in order:
        at_once = act_on(database, act, on) and (at_once or act in ("compact", "thorough", "rebuild"))
        if at_once:
            assert content(database) == stored(database), f"after {act}"
    compact(database, thorough=True)
    state = snapshot.read(database)
    assert (state.pending, state.deleted) == ((), ())
    assert verify(database, "test") == []
    step_by_step = content(database)
    rebuild(database)
    assert content(database) == step_by_step == stored(database)
