"""Refreshed snapshots: after any order of events an index equals one that is opened then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from similarity import SimilarityIndex
from similarity import index as index_module
from similarity.ranking.models import MODELS
from similarity.reader import loader
from store.connection import another_database
from store.documents import articles
from store.index import compactor, manifest, snapshot

pytestmark = pytest.mark.slow

WORDS = ["wafer", "fab", "memory", "logic", "tool", "price", "封装", "产能", "光刻"]
QUERIES = ["wafer fab", "memory price 封装", "光刻 tool 产能 logic"]


@pytest.fixture
def data_folder(monkeypatch, tmp_path) -> Path:
    """An empty folder in which the index keeps its local files during this test."""
    own = index_module.settings().model_copy(update={"data": tmp_path})
    monkeypatch.setattr(index_module, "settings", lambda: own)
    return tmp_path


def answers(index: SimilarityIndex) -> dict:
    return {(model, query): index.ranked([query], 50, model) for model in MODELS for query in QUERIES}


def assert_as_opened_now(index: SimilarityIndex, uri: str) -> None:
    with SimilarityIndex.open(uri, live=False) as opened_now:
        ours, theirs = index._state.collection, opened_now._state.collection
        assert ours.statistics == theirs.statistics
        assert len(index) == ours.statistics.documents == sum(segment.number for segment in ours.segments)
        assert answers(index) == answers(opened_now)


def text_of(numbers: list[int]) -> str:
    return " ".join(WORDS[number] for number in numbers)


ids = st.integers(0, 9)
steps = st.one_of(
    st.tuples(
        st.just("write"), st.lists(st.tuples(ids, st.lists(st.integers(0, 8), min_size=1, max_size=6)), max_size=4)
    ),
    st.tuples(st.just("delete"), st.lists(ids, max_size=3)),
    st.tuples(st.just("delete by hand"), st.lists(ids, max_size=2)),
    st.tuples(st.just("compact"), st.none()),
    st.tuples(st.just("rebuild"), st.none()),
    st.tuples(st.just("refresh"), st.none()),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=3, max_size=14))
def test_any_order_of_events(server: str, store_texts, database, steps: list) -> None:
    store_texts(["wafer"], url="https://a.example/0")
    keys: dict[int, str] = {}
    database.articles.delete_many({})
    database.deleted.delete_many({})
    compactor.rebuild(database)
    uri = another_database(server, database.name)
    with SimilarityIndex.open(uri, live=False) as index:
        for name, what in steps:
            if name == "write":
                for number, words in what:
                    (keys[number],) = store_texts([text_of(words)], url=f"https://a.example/{number}")
            elif name == "delete":
                articles.delete(database, [keys[number] for number in what if number in keys])
            elif name == "delete by hand":
                gone = [keys[number] for number in what if number in keys]
                database.articles.delete_many({"_id": {"$in": gone}})
                index._refresher.note_deleted(gone)  # as the watcher does for an event of the change stream
            elif name == "compact":
                compactor.compact(database)
            elif name == "rebuild":
                compactor.rebuild(database)
            else:
                index.refresh()
        compactor.compact(database, thorough=True)
        index.refresh()
        assert len(index) == database.articles.count_documents({})
        assert_as_opened_now(index, uri)


def elsewhere(change: Callable[[], None]) -> None:
    """Make the *change* in a thread of its own: that of a reader which reads belongs to its session."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(change).result()


def test_a_refresh_that_is_paused_in_the_middle(uri: str, database, store_texts, monkeypatch) -> None:
    """During the pause, articles are changed, deleted and compacted, and the segments of its manifest are deleted."""
    keys = store_texts([f"wafer {word}" for word in WORDS])
    compactor.compact(database)
    with SimilarityIndex.open(uri, live=False) as index:
        store_texts(["memory fab"], url="https://a.example/new")
        store_texts(["memory price"], url=f"https://a.example/wafer {WORDS[2]}")
        documents = snapshot.documents

        def change():
            articles.delete(database, keys[:2])
            store_texts(["fab tool"], url=f"https://a.example/wafer {WORDS[2]}")
            compactor.rebuild(database, grace=0)
            store_texts(["封装 产能"], url="https://a.example/last")

        def paused(*arguments):
            monkeypatch.setattr(loader.snapshot, "documents", documents)
            elsewhere(change)
            return documents(*arguments)

        monkeypatch.setattr(loader.snapshot, "documents", paused)
        index.refresh()
        index.refresh()
        assert len(index) == len(WORDS) + 2 - 2
        assert_as_opened_now(index, uri)


def test_segments_that_are_replaced_while_they_are_loaded(
    uri: str, database, store_texts, data_folder, monkeypatch
) -> None:
    store_texts([f"wafer {word}" for word in WORDS])
    compactor.compact(database)
    read = loader.segments.read
    replaced = []

    def replace():
        store_texts(["fab"])
        compactor.rebuild(database, grace=0)

    def late(*arguments):
        if not replaced:
            replaced.append(1)
            elsewhere(replace)
        return read(*arguments)

    monkeypatch.setattr(loader.segments, "read", late)
    with SimilarityIndex.open(uri, live=False) as index:
        assert replaced
        assert (len(index), index.status.lost) == (len(WORDS) + 1, ())
        assert_as_opened_now(index, uri)


def spoil(database, name: str) -> None:
    part = database.segments.find_one({"segment": name, "part": 1}) or database.segments.find_one({"segment": name})
    data = bytearray(part["data"])
    data[len(data) // 2] ^= 1
    database.segments.update_one({"_id": part["_id"]}, {"$set": {"data": bytes(data)}})


@pytest.mark.parametrize("harm", ["flipped", "missing"])
def test_a_segment_that_cannot_be_read(uri: str, database, store_texts, data_folder, caplog, harm: str) -> None:
    keys = store_texts([f"wafer {word}" for word in WORDS])
    compactor.compact(database)
    with SimilarityIndex.open(uri, live=False) as index:
        right = answers(index)
    (entry,) = manifest.read(database).segments
    if harm == "missing":
        database.segments.delete_many({})
    else:
        spoil(database, entry.sha256)
    for path in (data_folder / "cache" / "segments").iterdir():
        path.unlink()
    with caplog.at_level(logging.WARNING), SimilarityIndex.open(uri, live=False) as index:
        assert index.status.lost == (entry.sha256,)
        assert "xinwen compact" in caplog.text
        assert answers(index) == right
        store_texts(["memory price 光刻"], url=f"https://a.example/wafer {WORDS[0]}")
        articles.delete(database, keys[1:2])
        index.refresh()
        assert len(index) == len(WORDS) - 1
        compactor.compact(database, thorough=True)
        index.refresh()
        assert index.status.lost == ()
        assert len(index) == len(WORDS) - 1
        assert_as_opened_now(index, uri)


def test_an_article_whose_vector_is_damaged_does_not_hide_the_others(uri: str, database, store_texts, caplog) -> None:
    keys = store_texts(["wafer fab", "wafer memory", "wafer logic"])
    database.articles.update_one({"_id": keys[1]}, {"$set": {"vector": b"\x05\x01"}})
    with SimilarityIndex.open(uri, live=False) as index:
        assert {key for key, _ in index.ranked(["wafer"])[0]} == {keys[0], keys[2]}
        assert f"article {keys[1]} cannot be found" in caplog.text
        assert index.refresh() == 0


def test_a_refresh_costs_what_is_new(uri: str, database, store_texts) -> None:
    """What is there already is neither copied nor scanned: the next snapshot has the same objects."""
    store_texts([f"wafer {number}" for number in range(300)])
    compactor.compact(database)
    store_texts([f"fab {number}" for number in range(100)])
    with SimilarityIndex.open(uri, live=False) as index:
        before = index._state.collection
        store_texts(["a new wafer"])
        assert index.refresh() == 1
        after = index._state.collection
        assert after.packed[0] is before.packed[0]
        assert after.pending[0] is before.pending[0]
        assert after.statistics.frequencies.base is before.statistics.frequencies.base


def test_many_small_refreshes_make_few_pending_segments(uri: str, database, store_texts) -> None:
    with SimilarityIndex.open(uri, live=False) as index:
        for number in range(40):
            store_texts([f"wafer {number}", f"fab {number}"])
            assert index.refresh() == 2
        sizes = [segment.number for segment in index._state.collection.pending]
        assert sum(sizes) == 80
        assert all(size >= 2 * following for size, following in pairwise(sizes))
        assert_as_opened_now(index, uri)
