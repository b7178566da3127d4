"""Stories in MongoDB: whatever the order in which pairs are recorded, a story gets the smallest of its ids."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations
from random import Random

import pytest

from store import schema
from store.article import Article
from store.documents import articles, fingerprints, stories
from store.documents.articles import VectorizedArticle, write
from store.documents.fingerprints import StoredFingerprint
from store.index import compactor, preparation
from text.stories import linkage

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def ids(database) -> list[str]:
    """The ids of twelve stored articles."""
    preparation.prepare(database, "test")
    analyzed = [
        VectorizedArticle(Article(f"s{number}", f"https://a.example/{number}", f"Title {number}", NOW, "text"), [[]])
        for number in range(12)
    ]
    write(database, analyzed)
    return [one.article.id for one in analyzed]


def story_of(database) -> dict[str, str]:
    return {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})}


def fingerprint(key: str, days: float = 0, made: str = "1 e", data: bytes = b"") -> StoredFingerprint:
    result = StoredFingerprint(
        key, made, "sia", NOW + timedelta(days=days), [99], [7, 8], [3], b"\x01", data or key.encode()
    )
    return replace(result, stamp=fingerprints.stamp_of(result))


def join(database, pairs: Iterable[tuple[str, str]]) -> None:
    """Record for each of *pairs* that it surely is one story, with their current fingerprints, and regroup."""
    for one, other in pairs:
        stamps = {key: stamp for key, (stamp, _) in fingerprints.data_of(database, (one, other)).items()}
        fingerprints.record_alike(database, [((one, stamps[one]), {other: (stamps[other], 1.0)})])
        stories.regroup(database, [one, other])


@pytest.fixture
def with_fingerprints(database, ids: list[str]) -> list[str]:
    """*ids*, with a fingerprint for each."""
    assert fingerprints.keep(database, [fingerprint(key) for key in ids]) == set(ids)
    return ids


def test_a_new_article_is_a_story_of_its_own_and_a_changed_one_stays_in_its_story(database, with_fingerprints) -> None:
    assert story_of(database) == {key: key for key in with_fingerprints}
    join(database, [with_fingerprints[:2]])
    changed = Article("s0", "https://a.example/0", "Another title", NOW, "text")
    assert write(database, [VectorizedArticle(changed, [[]])]) == {with_fingerprints[0]: "changed"}
    assert (
        story_of(database)[with_fingerprints[0]]
        == story_of(database)[with_fingerprints[1]]
        == min(with_fingerprints[:2])
    )


def test_half_of_the_pairs_merge_two_stories(database, with_fingerprints: list[str]) -> None:
    join(database, combinations(with_fingerprints[:3], 2))
    join(database, [with_fingerprints[3:5]])
    join(database, [(one, other) for one in with_fingerprints[:3] for other in with_fingerprints[3:5]][:3])
    found = story_of(database)
    assert {found[key] for key in with_fingerprints[:5]} == {min(with_fingerprints[:5])}
    assert {found[key] for key in with_fingerprints[5:]} == set(with_fingerprints[5:])


def test_an_article_with_a_new_fingerprint_leaves_its_story_and_splits_it(
    database, with_fingerprints: list[str]
) -> None:
    left, bridge, right, *_ = ids = with_fingerprints[:5]
    recorded_by_bridge = [(bridge, right), (bridge, ids[3])]
    join(
        database,
        [(left, bridge), (ids[4], left), (ids[4], bridge), (right, ids[3]), (left, right), *recorded_by_bridge],
    )
    assert len({story_of(database)[key] for key in ids}) == 1
    # The same fingerprint again changes nothing.
    assert fingerprints.keep(database, [fingerprint(bridge)]) == set()
    stories.regroup(database, [bridge])
    assert len({story_of(database)[key] for key in ids}) == 1
    assert fingerprints.keep(database, [fingerprint(bridge, data=b"another")]) == set()
    stories.regroup(database, [bridge])
    found = story_of(database)
    assert found[left] == found[ids[4]] == min(left, ids[4])
    assert found[right] == found[ids[3]] == min(right, ids[3])
    assert found[bridge] == bridge
    # The old fingerprint again: the pairs that other articles recorded with it are valid again.
    fingerprints.keep(database, [fingerprint(bridge)])
    stories.regroup(database, [bridge])
    assert story_of(database)[bridge] == story_of(database)[left] != story_of(database)[right]
    assert fingerprints.drop(database, [left]) == 1
    stories.regroup(database, [left])
    assert story_of(database)[left] == left


def test_a_pair_found_with_a_replaced_fingerprint_is_void(database, with_fingerprints: list[str]) -> None:
    one, other = with_fingerprints[:2]
    fingerprints.keep(database, [fingerprint(one, data=b"another")])
    fingerprints.record_alike(database, [((one, fingerprint(one).stamp), {other: (fingerprint(other).stamp, 1.0)})])
    fingerprints.record_alike(database, [((other, fingerprint(other).stamp), {one: (fingerprint(one).stamp, 1.0)})])
    stories.regroup(database, [one, other])
    assert story_of(database) == {key: key for key in with_fingerprints}


@pytest.mark.parametrize("seed", range(3))
def test_pairs_recorded_at_the_same_time_leave_one_story(database, with_fingerprints, seed: int) -> None:
    pairs = list(combinations(with_fingerprints, 2))
    Random(seed).shuffle(pairs)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda pair: join(database, [pair]), pairs))
    assert set(story_of(database).values()) == {min(with_fingerprints)}


@pytest.mark.parametrize("seed", range(5))
def test_articles_that_join_and_leave_at_the_same_time_end_as_the_pairs_say(database, with_fingerprints, seed) -> None:
    chance = Random(seed)
    join(database, combinations(with_fingerprints[:8], 2))
    changed = chance.sample(with_fingerprints[:8], 3)
    pairs = [(one, with_fingerprints[8 + number]) for number, one in enumerate(chance.sample(with_fingerprints[:8], 4))]

    def change(key: str) -> None:
        fingerprints.keep(database, [fingerprint(key, data=b"another")])
        stories.regroup(database, [key])

    tasks = [partial(change, key) for key in changed] + [partial(join, database, [pair]) for pair in pairs]
    chance.shuffle(tasks)
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()
    recorded = fingerprints.alike_pairs(database, with_fingerprints)[1]
    expected = linkage.join(with_fingerprints, recorded)
    assert story_of(database) == {key: keys[0] for keys in expected for key in keys}


def test_the_other_articles_of_a_story(database, with_fingerprints: list[str]) -> None:
    join(database, combinations(with_fingerprints[:3], 2))
    found = stories.other_articles(database, [with_fingerprints[1], with_fingerprints[5], "0" * 24])
    assert found[with_fingerprints[5]] == (with_fingerprints[5], [])
    story, others = found[with_fingerprints[1]]
    assert story == min(with_fingerprints[:3])
    assert {(one.id, one.source, one.title) for one in others} == {
        (with_fingerprints[0], "s0", "Title 0"),
        (with_fingerprints[2], "s2", "Title 2"),
    }
    assert set(found) == {with_fingerprints[1], with_fingerprints[5]}


def test_stories_older_than_the_pairs_stay_until_an_article_leaves(database, ids: list[str]) -> None:
    database.articles.update_many({}, {"$unset": {"story": ""}})
    assert stories.other_articles(database, ids[:1]) == {ids[0]: (ids[0], [])}
    database.articles.update_many({"_id": {"$in": ids[:4]}}, {"$set": {"story": min(ids[:4])}})
    fingerprints.keep(database, [fingerprint(key) for key in ids[3:6]])
    join(database, [(ids[4], ids[5])])
    assert [one.id for one in stories.other_articles(database, ids[4:5])[ids[4]][1]] == [ids[5]]
    stories.regroup(database, ids[2:4])
    found = stories.story_ids(database, ids)
    assert {found[key] for key in ids[:3]} == {min(ids[:3])}
    assert found[ids[3]] == ids[3]


def test_deleting_an_article_removes_its_fingerprint_and_splits_its_story(database, with_fingerprints) -> None:
    first, second, third, fourth = sorted(with_fingerprints)[:4]
    join(database, [(first, second), (first, third), (first, fourth), (second, third), (third, fourth)])
    assert articles.delete(database, [first]) == 1
    assert set(fingerprints.data_of(database, with_fingerprints)) == {*with_fingerprints} - {first}
    assert {story_of(database)[key] for key in (second, third, fourth)} == {second}
    assert articles.delete(database, [third]) == 1
    assert [story_of(database)[key] for key in (second, fourth)] == [second, fourth]
    # Alike again, without the deleted article between them.
    join(database, [(second, fourth)])
    assert [story_of(database)[key] for key in (second, fourth)] == [second, second]


def test_a_compaction_removes_the_fingerprints_that_a_killed_deletion_has_left(database, with_fingerprints) -> None:
    gone, restored = with_fingerprints[:2]
    database.deleted.insert_many([{"_id": gone, "revision": 1}, {"_id": restored, "revision": 0}])
    database.articles.delete_one({"_id": gone})
    compactor.compact(database)
    assert set(fingerprints.data_of(database, with_fingerprints)) == {*with_fingerprints} - {gone}


def test_fingerprints_are_found_by_time_and_by_band(database) -> None:
    preparation.prepare(database, "test")

    def of(number: int, days: float, made: str = "1 e") -> StoredFingerprint:
        one = fingerprint(f"{number:024x}", days, made, b"data%d" % number)
        return replace(one, bands=[number, 99])

    all_four = [of(1, 0), of(2, 2), of(3, 9), of(4, 1, "1 other")]
    assert len(fingerprints.keep(database, all_four)) == 4
    assert fingerprints.keep(database, all_four[:1]) == set()
    found = fingerprints.stamps(database, "1 e", [(NOW, NOW + timedelta(days=3))])
    assert found == {one.id: one.stamp for one in all_four[:2]}
    assert len(set(found.values())) == 2
    (near,) = fingerprints.without_data(database, [all_four[0].id])
    assert near == replace(all_four[0], bands=[], data=b"")
    assert fingerprints.stamps(database, "1 e", []) == {}
    span = NOW, NOW + timedelta(days=9)
    assert fingerprints.with_bands(database, "1 e", [99], *span) == {one.id: {*one.bands} for one in all_four[:3]}
    assert list(fingerprints.with_bands(database, "1 e", [3, 1], NOW, NOW)) == [all_four[0].id]
    assert fingerprints.data_of(database, [all_four[2].id, "x"]) == {all_four[2].id: (all_four[2].stamp, b"data3")}


def test_the_stamps_of_a_window_are_read_from_an_index_alone(database, with_fingerprints: list[str]) -> None:
    query = {"made": "1 e", "time": {"$gte": NOW, "$lte": NOW}}
    plan = database.portraits.find(query, {"stamp": 1}, hint=schema.FINGERPRINT_TIME_INDEX).explain()
    assert plan["executionStats"]["totalDocsExamined"] == 0
    assert plan["executionStats"]["nReturned"] == len(with_fingerprints)
