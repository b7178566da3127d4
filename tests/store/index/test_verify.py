"""Each kind of damage is reported with the command that repairs it, and that command repairs it."""

from __future__ import annotations

import pytest
from bson import Binary

from store.index import manifest, preparation, segment_format, segments, snapshot
from store.index.compactor import compact, rebuild
from store.index.manifest import DamagedManifest, Manifest, SegmentEntry
from store.index.segment_format import id_strings
from store.index.verify import verify
from store.upgrade.run import upgrade
from tests.store.index_content import content, key, store, stored

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def packed(database) -> None:
    preparation.prepare(database, "test")
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


def repaired_by(database, command: str) -> bool:
    """Whether *command* repairs everything; it is a command of ``python -m similarity``."""
    {"compact": lambda: compact(database, thorough=True), "rebuild": lambda: rebuild(database)}[command.split()[-1]]()
    return verify(database, "test") == [] and content(database) == stored(database)


@pytest.mark.parametrize("part", [0, 1])
def test_a_flipped_byte(database, part: int) -> None:
    name = flip(database, part)
    found = verify(database)
    assert found[0].what == f"segment {name}…, part {part}: its checksum is wrong"
    assert found[0].command == "xinwen compact"
    assert repaired_by(database, found[0].command)


@pytest.mark.parametrize("part", [0, 1])
def test_a_missing_part_is_repaired_even_by_a_normal_compaction(database, part: int) -> None:
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
    ghost = SegmentEntry("0" * 64, 100, 2, 1)
    assert manifest.commit(database, old, Manifest("test", old.version + 1, (*old.segments, ghost), old.terms))
    found = verify(database)
    assert [difference.what for difference in found] == ["segment 000000000000…: 0 of its 2 parts are stored"]
    assert repaired_by(database, found[0].command)


@pytest.mark.parametrize(
    "change",
    [{"$set": {"terms": 99}}, {"$unset": {"segments": 1}}, {"$set": {"version": None}}, {"$unset": {"checksum": 1}}],
    ids=str,
)
def test_a_damaged_manifest(database, change: dict) -> None:
    database.manifest.update_one({"_id": "index"}, change)
    with pytest.raises(DamagedManifest, match="xinwen rebuild"):
        compact(database)
    with pytest.raises(DamagedManifest):
        snapshot.read(database)
    (difference,) = verify(database)
    assert repaired_by(database, difference.command)


def test_an_article_changed_by_another_program(database) -> None:
    database.articles.update_one({"_id": key("a")}, {"$set": {"vector": Binary(b"\x00")}})
    database.articles.update_one({"_id": key("b")}, {"$set": {"revision": 99}})
    found = verify(database)
    name = manifest.read(database).segments[0].sha256[:12]
    assert {difference.what for difference in found} == {
        f"segment {name}… has another vector than 1 article ({key('a')})",
        f"segment {name}… has another revision than 1 article ({key('b')})",
    }
    assert repaired_by(database, found[0].command)


def test_rows_without_article_and_articles_without_row(database) -> None:
    database.articles.delete_one({"_id": key("a")})
    store(database, {"d": "four"})
    database.articles.update_one({"_id": key("d")}, {"$unset": {"pending": 1}})
    found = verify(database)
    assert [difference.what for difference in found] == [
        f"no segment holds 1 article ({key('d')}), and they are not pending",
        f"segments hold 1 article ({key('a')}), which are not stored",
    ]
    assert repaired_by(database, found[0].command)


def test_an_article_in_two_rows(database) -> None:
    rows = snapshot.documents(database, [key("a")])
    data = segment_format.encode(rows)
    name = segments.write(database, data)
    old = manifest.read(database)
    entries = (*old.segments, manifest.entry_of(name, data))
    assert manifest.commit(database, old, Manifest("test", old.version + 1, entries, old.terms))
    found = verify(database)
    assert [difference.what for difference in found] == [f"segments hold twice 1 article ({key('a')})"]
    assert repaired_by(database, found[0].command)


def test_a_dictionary_that_lacks_a_token(database) -> None:
    database.terms.delete_one({"_id": "three"})
    (difference,) = verify(database)
    assert difference.what == "the dictionary lacks 1 id (1) that vectors use"


def test_a_token_counter_that_is_behind(database) -> None:
    database.counters.update_one({"_id": "terms"}, {"$set": {"next": 1}})
    (difference,) = verify(database)
    assert difference.what == "the counter of ids (1) is behind the dictionary: its next ids would be taken"
    database.terms.delete_one({"_id": "two"})  # the token with the last id
    preparation.prepare(database, "test")
    store(database, {"d": "four"})
    assert database.terms.find_one({"_id": "four"})["id"] == 3, "not the id of a token that vectors use"


def test_another_analyzer(database) -> None:
    (difference,) = verify(database, "other")
    assert difference.what == "the index was made by analyzer 'test', this one is 'other'"


def test_an_index_of_format_1_is_upgraded(database) -> None:
    database.articles.update_many({}, {"$unset": {"pending": 1}, "$set": {"revision": 3}})
    database.articles.drop_index("pending")
    for name in ("segments", "deleted"):
        database.drop_collection(name)
    database.counters.delete_one({"_id": "revisions"})
    database.manifest.replace_one({"_id": "index"}, {"analyzer": "test", "format": 1})
    upgrade(database)
    assert {revision for _, revision in snapshot.read(database).pending} == {3}
    preparation.check(database, "test")
    preparation.prepare(database, "test")
    store(database, {"a": "changed"})
    assert database.articles.find_one({"_id": key("a")})["revision"] == 4
    assert content(database) == stored(database)
    compact(database)
    assert verify(database, "test") == []
    assert id_strings(segments.read_head(database, manifest.read(database).segments[0].sha256).ids) == sorted(
        key(name) for name in "abc"
    )
