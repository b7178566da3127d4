from __future__ import annotations

import pytest

from store import compactor, manifest, schema, snapshot
from store.compactor import compact, rebuild
from tests.store.index import content, delete, key, store, stored


@pytest.fixture(autouse=True)
def prepared(database) -> None:
    schema.prepare(database, "test")


def test_a_database_that_nobody_prepared_has_no_index(uri: str) -> None:
    from store.connection import connect

    with connect(uri.replace("/test_", "/test_empty_")).client as client:
        database = client.get_default_database()
        assert snapshot.read(database).pending == ()
        assert compact(database).documents == 0
        assert manifest.read(database).version == 0


def test_what_is_pending_is_packed_once(database) -> None:
    store(database, {"a": "one two", "b": "two", "c": ""})
    before = content(database)
    assert before == stored(database)
    assert compact(database).packed == 3
    assert snapshot.read(database).pending == ()
    assert content(database) == before
    again = compact(database)
    assert (again.packed, again.segments, again.documents) == (0, 1, 3)
    assert manifest.read(database).terms == 2


def test_changed_and_deleted_articles_leave_at_once_and_for_good(database) -> None:
    store(database, {"a": "one two", "b": "two", "c": "three"})
    compact(database)
    store(database, {"a": "other"})
    assert delete(database, ["b", "none"]) == 1
    assert content(database) == stored(database), "before it is packed"
    assert content(database).keys() == {key("a"), key("c")}
    report = compact(database)
    assert (report.packed, report.buried) == (1, 1)
    assert content(database) == stored(database)
    state = snapshot.read(database)
    assert (state.pending, state.deleted) == ((), ())
    assert [len(entry.dead_rows) for entry in state.manifest.segments if entry.documents == 3] in ([2], [])


def test_an_article_that_comes_back_is_found(database) -> None:
    store(database, {"a": "one", "b": "two"})
    compact(database)
    delete(database, ["a"])
    store(database, {"a": "one"})
    assert content(database) == stored(database)
    assert len(content(database)) == 2
    compact(database)
    assert content(database) == stored(database)
    assert snapshot.read(database).deleted == ()


def test_deletions_behind_our_back_are_found_by_counting(database) -> None:
    store(database, {"a": "one", "b": "two", "c": "three"})
    compact(database)
    database.articles.delete_many({"_id": {"$in": [key("a"), key("b")]}})
    assert compact(database).buried == 2
    assert content(database) == stored(database)


def test_a_deletion_that_was_begun_is_finished(database) -> None:
    store(database, {"a": "one", "b": "two"})
    compact(database)
    revision = database.articles.find_one({"_id": key("a")})["revision"]
    database.deleted.insert_one({"_id": key("a"), "revision": revision})
    assert content(database).keys() == {key("b")}
    compact(database)
    assert database.articles.find_one({"_id": key("a")}) is None
    assert content(database) == stored(database)


def test_ten_small_segments_become_one(database) -> None:
    for number in range(10):
        store(database, {f"a{number}": f"word{number} common", f"b{number}": "common"})
        report = compact(database)
    assert (report.merged, report.segments, report.documents) == (10, 1, 20)
    assert content(database) == stored(database)


def test_a_segment_with_many_dead_rows_is_written_anew(database) -> None:
    store(database, dict.fromkeys("abcdefgh", "one"))
    compact(database)
    delete(database, "ab")
    assert compact(database).merged == 0, "a quarter may be dead"
    delete(database, "c")
    assert compact(database).merged == 1
    (entry,) = manifest.read(database).segments
    assert (entry.documents, entry.dead_rows.tolist()) == (5, [])
    assert content(database) == stored(database)


def test_segments_are_cut_at_their_most_rows_and_bytes(database, monkeypatch) -> None:
    monkeypatch.setattr("store.segments.MOST_ROWS", 3)
    monkeypatch.setattr("store.packing._BATCH", 2)
    store(database, {f"a{number}": "one two three" for number in range(8)})
    assert compact(database).packed == 8
    assert sorted(entry.documents for entry in manifest.read(database).segments) == [2, 3, 3]
    monkeypatch.setattr("store.segments.MOST_BYTES", 10)  # 4 of words and 1 of pairs an article
    assert rebuild(database).segments == 4
    assert content(database) == stored(database)


def test_rebuild_gives_the_same_whatever_was_before(database) -> None:
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


def test_what_nobody_names_is_swept_after_its_grace(database) -> None:
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


def test_an_article_with_a_damaged_vector_is_in_nobodys_way(database) -> None:
    store(database, dict.fromkeys("abcde", "one two"))
    database.articles.update_one({"_id": key("c")}, {"$set": {"vector": b"\x80"}})
    report = compact(database)
    assert (report.packed, report.unreadable) == (4, (key("c"),))
    assert snapshot.read(database).pending == ((key("c"), 1),)


def test_packing_is_worth_while_when_much_is_pending(database, monkeypatch) -> None:
    monkeypatch.setattr(compactor, "MANY", 3)
    store(database, {"a": "one", "b": "one"})
    assert not compactor.is_worth_while(database)
    store(database, {"c": "one"})
    assert compactor.is_worth_while(database)
