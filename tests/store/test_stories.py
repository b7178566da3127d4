"""Stories in MongoDB: joined from any side at any moment, they end as one under the least id."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random

import pytest

from store import articles, compactor, portraits, schema, stories
from store.article import Article
from store.articles import Entry, write
from store.portraits import Kept

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def ids(database) -> list[str]:
    """The ids of twelve stored articles."""
    schema.prepare(database, "test")
    entries = [
        Entry(Article(f"s{number}", f"https://a.example/{number}", f"Title {number}", NOW, "text"), [[]])
        for number in range(12)
    ]
    write(database, entries)
    return [entry.article.id for entry in entries]


def story_of(database) -> dict[str, str]:
    return {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})}


def kept(key: str, days: float = 0, made: str = "1 e", data: bytes = b"") -> Kept:
    one = Kept(key, made, "sia", NOW + timedelta(days=days), [99], [7, 8], [3], b"\x01", data or key.encode())
    return replace(one, stamp=portraits.stamped(one))


def join(database, pairs: Iterable[tuple[str, str]]) -> None:
    """Both of each of *pairs*, as they are portrayed now, are alike."""
    for one, other in pairs:
        stamps = {key: stamp for key, (stamp, _) in portraits.data_of(database, (one, other)).items()}
        portraits.note_alike(database, [((one, stamps[one]), {other: stamps[other]})])
        stories.settle(database, [one, other])


@pytest.fixture
def portrayed(database, ids: list[str]) -> list[str]:
    """*ids* with a portrait for each."""
    assert portraits.keep(database, [kept(key) for key in ids]) == set(ids)
    return ids


def test_an_article_is_a_story_of_its_own_and_stays_in_its_story_when_it_is_written(database, portrayed) -> None:
    assert story_of(database) == {key: key for key in portrayed}
    join(database, [portrayed[:2]])
    changed = Article("s0", "https://a.example/0", "Another title", NOW, "text")
    assert write(database, [Entry(changed, [[]])]) == {portrayed[0]: "changed"}
    assert story_of(database)[portrayed[0]] == story_of(database)[portrayed[1]] == min(portrayed[:2])


def test_stories_that_are_joined_become_one(database, portrayed: list[str]) -> None:
    join(database, pairwise(portrayed[:3]))
    join(database, [portrayed[3:5]])
    join(database, [(portrayed[2], portrayed[4])])
    found = story_of(database)
    assert {found[key] for key in portrayed[:5]} == {min(portrayed[:5])}
    assert {found[key] for key in portrayed[5:]} == set(portrayed[5:])


def test_what_is_portrayed_anew_leaves_and_takes_apart_what_it_held_together(database, portrayed: list[str]) -> None:
    left, bridge, right, *_ = ids = portrayed[:5]
    join(database, [(left, bridge), (bridge, right), (right, ids[3]), (ids[4], left)])
    assert len({story_of(database)[key] for key in ids}) == 1
    # The same portrait once more changes nothing.
    assert portraits.keep(database, [kept(bridge)]) == set()
    stories.settle(database, [bridge])
    assert len({story_of(database)[key] for key in ids}) == 1
    assert portraits.keep(database, [kept(bridge, data=b"another")]) == set()
    stories.settle(database, [bridge])
    found = story_of(database)
    assert found[left] == found[ids[4]] == min(left, ids[4])
    assert found[right] == found[ids[3]] == min(right, ids[3])
    assert found[bridge] == bridge
    # Back to what it was: the pair that was noted with that very portrait counts again on the other side.
    portraits.keep(database, [kept(bridge)])
    stories.settle(database, [bridge])
    assert story_of(database)[bridge] == story_of(database)[left] != story_of(database)[right]
    assert portraits.drop(database, [left]) == 1
    stories.settle(database, [left])
    assert story_of(database)[left] == left


def test_a_pair_found_with_an_old_portrait_does_not_count(database, portrayed: list[str]) -> None:
    one, other = portrayed[:2]
    portraits.keep(database, [kept(one, data=b"another")])
    portraits.note_alike(database, [((one, kept(one).stamp), {other: kept(other).stamp})])
    portraits.note_alike(database, [((other, kept(other).stamp), {one: kept(one).stamp})])
    stories.settle(database, [one, other])
    assert story_of(database) == {key: key for key in portrayed}


@pytest.mark.parametrize("seed", range(3))
def test_processes_that_join_at_the_same_moment_leave_nothing_apart(database, portrayed, seed: int) -> None:
    pairs = list(pairwise(portrayed))
    Random(seed).shuffle(pairs)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda pair: join(database, [pair]), pairs))
    assert set(story_of(database).values()) == {min(portrayed)}


@pytest.mark.parametrize("seed", range(5))
def test_articles_that_join_and_leave_at_the_same_moment_end_where_the_pairs_say(database, portrayed, seed) -> None:
    chance = Random(seed)
    join(database, pairwise(portrayed[:8]))
    changed = chance.sample(portrayed[:8], 3)
    pairs = [(one, portrayed[8 + number]) for number, one in enumerate(chance.sample(portrayed[:8], 4))]

    def change(key: str) -> None:
        portraits.keep(database, [kept(key, data=b"another")])
        stories.settle(database, [key])

    tasks = [partial(change, key) for key in changed] + [partial(join, database, [pair]) for pair in pairs]
    chance.shuffle(tasks)
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()
    noted = portraits.alike(database, portrayed)[1]
    expected = {key: key for key in portrayed}
    for _ in portrayed:
        for one, other in noted:
            expected[one] = expected[other] = min(expected[one], expected[other])
    assert story_of(database) == expected


def test_what_is_said_of_a_story(database, portrayed: list[str]) -> None:
    join(database, pairwise(portrayed[:3]))
    found = stories.also(database, [portrayed[1], portrayed[5], "0" * 24])
    assert found[portrayed[5]] == (portrayed[5], [])
    story, others = found[portrayed[1]]
    assert story == min(portrayed[:3])
    assert {(one.id, one.source, one.title) for one in others} == {
        (portrayed[0], "s0", "Title 0"),
        (portrayed[2], "s2", "Title 2"),
    }
    assert set(found) == {portrayed[1], portrayed[5]}


def test_stories_from_before_pairs_were_noted_stay_until_an_article_leaves(database, ids: list[str]) -> None:
    database.articles.update_many({}, {"$unset": {"story": ""}})
    assert stories.also(database, ids[:1]) == {ids[0]: (ids[0], [])}
    database.articles.update_many({"_id": {"$in": ids[:4]}}, {"$set": {"story": min(ids[:4])}})
    portraits.keep(database, [kept(key) for key in ids[3:6]])
    join(database, [(ids[4], ids[5])])
    assert [one.id for one in stories.also(database, ids[4:5])[ids[4]][1]] == [ids[5]]
    stories.settle(database, ids[2:4])
    found = stories.names(database, ids)
    assert {found[key] for key in ids[:3]} == {min(ids[:3])}
    assert found[ids[3]] == ids[3]


def test_the_portrait_of_an_article_that_is_deleted_goes_too_and_holds_nothing_together(database, portrayed) -> None:
    first, second, third, fourth = sorted(portrayed)[:4]
    join(database, pairwise([first, second, third, fourth]))
    assert articles.delete(database, [first]) == 1
    assert set(portraits.data_of(database, portrayed)) == {*portrayed} - {first}
    assert {story_of(database)[key] for key in (second, third, fourth)} == {second}
    assert articles.delete(database, [third]) == 1
    assert [story_of(database)[key] for key in (second, fourth)] == [second, fourth]
    # Alike again without the one between.
    join(database, [(second, fourth)])
    assert [story_of(database)[key] for key in (second, fourth)] == [second, second]


def test_whoever_is_killed_while_deleting_leaves_no_portrait_for_good(database, portrayed) -> None:
    gone, restored = portrayed[:2]
    database.deleted.insert_many([{"_id": gone, "revision": 1}, {"_id": restored, "revision": 0}])
    database.articles.delete_one({"_id": gone})
    compactor.compact(database)
    assert set(portraits.data_of(database, portrayed)) == {*portrayed} - {gone}


def test_portraits_are_found_by_time_and_by_band(database) -> None:
    schema.prepare(database, "test")

    def of(number: int, days: float, made: str = "1 e") -> Kept:
        one = kept(f"{number:024x}", days, made, b"data%d" % number)
        return replace(one, bands=[number, 99])

    everyone = [of(1, 0), of(2, 2), of(3, 9), of(4, 1, "1 other")]
    assert len(portraits.keep(database, everyone)) == 4
    assert portraits.keep(database, everyone[:1]) == set()
    found = portraits.stamps(database, "1 e", [(NOW, NOW + timedelta(days=3))])
    assert found == {one.id: one.stamp for one in everyone[:2]}
    assert len(set(found.values())) == 2
    (near,) = portraits.near(database, [everyone[0].id])
    assert near == replace(everyone[0], bands=[], data=b"")
    assert portraits.stamps(database, "1 e", []) == {}
    span = NOW, NOW + timedelta(days=9)
    assert portraits.with_bands(database, "1 e", [99], *span) == {one.id: {*one.bands} for one in everyone[:3]}
    assert list(portraits.with_bands(database, "1 e", [3, 1], NOW, NOW)) == [everyone[0].id]
    assert portraits.data_of(database, [everyone[2].id, "x"]) == {everyone[2].id: (everyone[2].stamp, b"data3")}


def test_the_stamps_of_a_window_are_read_from_an_index_alone(database, portrayed: list[str]) -> None:
    asked = {"made": "1 e", "time": {"$gte": NOW, "$lte": NOW}}
    plan = database.portraits.find(asked, {"stamp": 1}, hint=portraits.NEAR).explain()
    assert plan["executionStats"]["totalDocsExamined"] == 0
    assert plan["executionStats"]["nReturned"] == len(portrayed)
