from __future__ import annotations

import pytest

from store.index import compactor, manifest, preparation, snapshot
from store.index.compactor import compact, rebuild
from tests.store.index_content import content, delete, key, store, stored

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def prepared(database) -> None:
    preparation.prepare(database, "test")


def test_an_unprepared_database_has_no_index(uri: str) -> None:
    from store.connection import connect

    with connect(uri.replace("/test_", "/test_empty_")).client as client:
        database = client.get_default_database()
        assert snapshot.read(database).pending == ()
        assert compact(database).documents == 0
        assert manifest.read(database).version == 0


def test_pending_articles_are_packed_once(database) -> None:
    store(database, {"a": "one two", "b": "two", "c": ""})
    before = content(database)
    assert before == stored(database)
    assert compact(database).packed == 3
    assert snapshot.read(database).pending == ()
    assert content(database) == before
    again = compact(database)
    assert (again.packed, again.segments, again.documents) == (0, 1, 3)
    assert manifest.read(database).terms == 2


def test_changed_and_deleted_articles_are_not_found_before_and_after_packing(database) -> None:
    store(database, {"a": "one two", "b": "two", "c": "three"})
    compact(database)
    store(database, {"a": "other"})
    assert delete(database, ["b", "none"]) == 1
    assert content(database) == stored(database), "before packing"
    assert content(database).keys() == {key("a"), key("c")}
    report = compact(database)
    assert (report.packed, report.buried) == (1, 1)
    assert content(database) == stored(database)
    state = snapshot.read(database)
    assert (state.pending, state.deleted) == ((), ())
    assert [len(entry.deleted_rows) for entry in state.manifest.segments if entry.documents == 3] in ([2], [])


def test_an_article_stored_again_after_its_deletion_is_found(database) -> None:
    store(database, {"a": "one", "b": "two"})
    compact(database)
    delete(database, ["a"])
    store(database, {"a": "one"})
    assert content(database) == stored(database)
    assert len(content(database)) == 2
    compact(database)
    assert content(database) == stored(database)
    assert snapshot.read(database).deleted == ()


def test_deletions_by_another_program_are_noticed_by_counting(database) -> None:
    store(database, {"a": "one", "b": "two", "c": "three"})
    compact(database)
    database.articles.delete_many({"_id": {"$in": [key("a"), key("b")]}})
    assert compact(database).buried == 2
    assert content(database) == stored(database)


def test_a_deletion_that_was_only_noted_is_finished(database) -> None:
    store(database, {"a": "one", "b": "two"})
    compact(database)
    revision = database.articles.find_one({"_id": key("a")})["revision"]
    database.deleted.insert_one({"_id": key("a"), "revision": revision})
    assert content(database).keys() == {key("b")}
    compact(database)
    assert database.articles.find_one({"_id": key("a")}) is None
    assert content(database) == stored(database)


def test_ten_small_segments_are_merged(database) -> None:
    for number in range(10):
        store(database, {f"a{number}": f"word{number} common", f"b{number}": "common"})
        report = compact(database)
    assert (report.merged, report.segments, report.documents) == (10, 1, 20)
    assert content(database) == stored(database)


def test_a_segment_with_many_deleted_rows_is_rewritten(database) -> None:
    store(database, dict.fromkeys("abcdefgh", "one"))
    compact(database)
    delete(database, "ab")
    assert compact(database).merged == 0, "a quarter may be deleted"
    delete(database, "c")
    assert compact(database).merged == 1
    (entry,) = manifest.read(database).segments
    assert (entry.documents, entry.deleted_rows.tolist()) == (5, [])
    assert content(database) == stored(database)


def test_a_segment_is_closed_at_the_maximum_of_rows_and_bytes(database, monkeypatch) -> None:
    monkeypatch.setattr("store.index.segment_format.MAX_ROWS", 3)
    monkeypatch.setattr("store.index.writer._BATCH", 2)
    store(database, {f"a{number}": "one two three" for number in range(8)})
    assert compact(database).packed == 8
    assert sorted(entry.documents for entry in manifest.read(database).segments) == [2, 3, 3]
    monkeypatch.setattr("store.index.segment_format.MAX_BYTES", 10)  # an article has 4 bytes of tokens and 1 of bigrams
    assert rebuild(database).segments == 4
    assert content(database) == stored(database)


def test_rebuild_gives_the_same_segments_whatever_there_was_before(database) -> None:
    store(database, {"a": "one two", "b": "two"})
    compact(database)
    store(database, {"a": "three", "c": "four"})
    first = rebuild(database)
    assert (first.packed, first.segments) == (3, 1)
    (entry,) = manifest.read(database).segments
    assert content(database) == stored(database)
    rebuild(database)
    assert manifest.read(database).segments == (entry,)
    assert snapshot.read(database).pending == ()


def test_unnamed_segments_are_removed_after_the_grace_period(database) -> None:
    store(database, {"a": "one"})
    compact(database)
    (old,) = manifest.read(database).segments
    store(database, {"a": "two"})
    assert compact(database).swept == 0
    version = manifest.read(database).version
    assert compact(database, grace=0).swept == old.parts
    assert manifest.read(database).version == version + 1
    assert compact(database, grace=0).swept == 0
    assert content(database) == stored(database)


def test_an_article_with_a_damaged_vector_does_not_hinder_others(database) -> None:
    store(database, dict.fromkeys("abcde", "one two"))
    database.articles.update_one({"_id": key("c")}, {"$set": {"vector": b"\x80"}})
    report = compact(database)
    assert (report.packed, report.unreadable) == (4, (key("c"),))
    assert snapshot.read(database).pending == ((key("c"), 1),)


def test_packing_is_worthwhile_from_a_number_of_pending_articles(database, monkeypatch) -> None:
    monkeypatch.setattr(compactor, "MIN_PENDING", 3)
    store(database, {"a": "one", "b": "one"})
    assert not compactor.is_worthwhile(database)
    store(database, {"c": "one"})
    assert compactor.is_worthwhile(database)
