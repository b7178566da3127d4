"""What is damaged is named with the command that helps, and that command helps."""

from __future__ import annotations

import pytest
from bson import Binary

from store import manifest, schema, segments, snapshot
from store.compactor import compact, rebuild
from store.manifest import DamagedManifest, Entry, Manifest
from store.segments import id_strings
from store.verify import verify
from tests.store.index import content, key, store, stored


@pytest.fixture(autouse=True)
def packed(database) -> None:
    schema.prepare(database, "test")
    store(database, {"a": "one two", "b": "two", "c": "three three"})
    compact(database)
    assert verify(database, "test") == []


def flip(database, part: int) -> str:
    (entry,) = manifest.read(database).segments
    place = {"_id": f"{entry.sha256}:{part}"}
    data = bytearray(database.segments.find_one(place)["data"])
    data[len(data) // 2] ^= 1
    database.segments.update_one(place, {"$set": {"data": Binary(bytes(data))}})
    return entry.sha256[:12]


def mended_by(database, command: str) -> bool:
    """Whether *command* of the door ``python -m similarity`` puts everything right."""
    {"compact": lambda: compact(database, thorough=True), "rebuild": lambda: rebuild(database)}[command.split()[-1]]()
    return verify(database, "test") == [] and content(database) == stored(database)


@pytest.mark.parametrize("part", [0, 1])
def test_a_flipped_byte(database, part: int) -> None:
    name = flip(database, part)
    found = verify(database)
    assert found[0].what == f"segment {name}…, part {part}: its checksum is wrong"
    assert found[0].command == "python -m similarity compact"
    assert mended_by(database, found[0].command)


@pytest.mark.parametrize("part", [0, 1])
def test_a_missing_part_is_mended_even_in_passing(database, part: int) -> None:
    (entry,) = manifest.read(database).segments
    database.segments.delete_one({"_id": f"{entry.sha256}:{part}"})
    assert (
        verify(database)[0].what
        == f"segment {entry.sha256[:12]}…: {entry.parts - 1} of its {entry.parts} parts are stored"
    )
    report = compact(database)
    assert report.broken == (f"segment {entry.sha256[:12]}… is not stored, or not all its parts",)
    assert verify(database) == []
    assert content(database) == stored(database)


def test_a_manifest_that_names_a_missing_segment(database) -> None:
    old = manifest.read(database)
    store(database, {"d": "four"})
    ghost = Entry("0" * 64, 100, 2, 1)
    assert manifest.switch(database, old, Manifest("test", old.version + 1, (*old.segments, ghost), old.terms))
    found = verify(database)
    assert [difference.what for difference in found] == ["segment 000000000000…: 0 of its 2 parts are stored"]
    assert mended_by(database, found[0].command)


@pytest.mark.parametrize(
    "change",
    [{"$set": {"terms": 99}}, {"$unset": {"segments": 1}}, {"$set": {"version": None}}, {"$unset": {"checksum": 1}}],
    ids=str,
)
def test_a_damaged_manifest(database, change: dict) -> None:
    database.manifest.update_one({"_id": "index"}, change)
    with pytest.raises(DamagedManifest, match="python -m similarity rebuild"):
        compact(database)
    with pytest.raises(DamagedManifest):
        snapshot.read(database)
    (difference,) = verify(database)
    assert mended_by(database, difference.command)


def test_an_article_changed_behind_our_back(database) -> None:
    database.articles.update_one({"_id": key("a")}, {"$set": {"vector": Binary(b"\x00")}})
    database.articles.update_one({"_id": key("b")}, {"$set": {"revision": 99}})
    found = verify(database)
    name = manifest.read(database).segments[0].sha256[:12]
    assert {difference.what for difference in found} == {
        f"segment {name}… has another vector than 1 article ({key('a')})",
        f"segment {name}… has another revision than 1 article ({key('b')})",
    }
    assert mended_by(database, found[0].command)


def test_articles_that_are_gone_and_that_are_nowhere(database) -> None:
    database.articles.delete_one({"_id": key("a")})
    store(database, {"d": "four"})
    database.articles.update_one({"_id": key("d")}, {"$unset": {"pending": 1}})
    found = verify(database)
    assert [difference.what for difference in found] == [
        f"no segment holds 1 article ({key('d')}), and they are not pending",
        f"segments hold 1 article ({key('a')}), which are not stored",
    ]
    assert mended_by(database, found[0].command)


def test_an_article_that_is_packed_twice(database) -> None:
    rows = snapshot.documents(database, [key("a")])
    data = segments.encode(rows)
    name = segments.write(database, data)
    old = manifest.read(database)
    entries = (*old.segments, manifest.entry_of(name, data))
    assert manifest.switch(database, old, Manifest("test", old.version + 1, entries, old.terms))
    found = verify(database)
    assert [difference.what for difference in found] == [f"segments hold twice 1 article ({key('a')})"]
    assert mended_by(database, found[0].command)


def test_a_dictionary_without_a_word(database) -> None:
    database.terms.delete_one({"_id": "three"})
    (difference,) = verify(database)
    assert difference.what == "the dictionary lacks 1 id (1) that vectors use"


def test_a_counter_of_ids_that_is_behind(database) -> None:
    database.counters.update_one({"_id": "terms"}, {"$set": {"next": 1}})
    (difference,) = verify(database)
    assert difference.what == "the counter of ids (1) is behind the dictionary: its next ids would be taken"
    database.terms.delete_one({"_id": "two"})  # which had the last id
    schema.prepare(database, "test")
    store(database, {"d": "four"})
    assert database.terms.find_one({"_id": "four"})["id"] == 3, "the id of another word that vectors use"


def test_another_analyzer(database) -> None:
    (difference,) = verify(database, "other")
    assert difference.what == "the index was made by analyzer 'test', this one is 'other'"


def test_an_index_of_format_1_is_taken_over(database) -> None:
    database.articles.update_many({}, {"$unset": {"pending": 1}, "$set": {"revision": 3}})
    database.articles.drop_index("pending")
    for name in ("segments", "deleted"):
        database.drop_collection(name)
    database.counters.delete_one({"_id": "revisions"})
    database.manifest.replace_one({"_id": "index"}, {"analyzer": "test", "format": 1})
    schema.check(database, "test")
    assert {revision for _, revision in snapshot.read(database).pending} == {3}
    schema.check(database, "test")
    schema.prepare(database, "test")
    store(database, {"a": "changed"})
    assert database.articles.find_one({"_id": key("a")})["revision"] == 4
    assert content(database) == stored(database)
    compact(database)
    assert verify(database, "test") == []
    assert id_strings(segments.read_head(database, manifest.read(database).segments[0].sha256).ids) == sorted(
        key(name) for name in "abc"
    )
