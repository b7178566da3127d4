"""Stories in MongoDB: joined from any side at any moment, they end as one under the least id."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from store import schema, stories
from store.article import Article
from store.articles import Entry, write
from store.stories import Kept

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


def test_an_article_is_a_story_of_its_own_and_stays_in_its_story_when_it_changes(database, ids: list[str]) -> None:
    assert story_of(database) == {key: key for key in ids}
    stories.join(database, ids[:2])
    changed = Article("s0", "https://a.example/0", "Another title", NOW, "text")
    assert write(database, [Entry(changed, [[]])]) == {ids[0]: "changed"}
    assert story_of(database)[ids[0]] == story_of(database)[ids[1]] == min(ids[:2])


def test_stories_that_are_joined_become_one(database, ids: list[str]) -> None:
    stories.join(database, ids[:3])
    stories.join(database, ids[3:5])
    stories.join(database, [ids[2], ids[4]])
    found = story_of(database)
    assert {found[key] for key in ids[:5]} == {min(ids[:5])}
    assert {found[key] for key in ids[5:]} == set(ids[5:])


@pytest.mark.parametrize("seed", range(3))
def test_processes_that_join_at_the_same_moment_leave_nothing_apart(database, ids: list[str], seed: int) -> None:
    pairs = list(pairwise(ids))
    Random(seed).shuffle(pairs)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda pair: stories.join(database, pair), pairs))
    assert set(story_of(database).values()) == {min(ids)}


def test_what_is_said_of_a_story(database, ids: list[str]) -> None:
    stories.join(database, ids[:3])
    found = stories.also(database, [ids[1], ids[5], "0" * 24])
    assert found[ids[5]] == (ids[5], [])
    story, others = found[ids[1]]
    assert story == min(ids[:3])
    assert {(one.id, one.source, one.title) for one in others} == {(ids[0], "s0", "Title 0"), (ids[2], "s2", "Title 2")}
    assert set(found) == {ids[1], ids[5]}


def test_an_article_from_before_there_were_stories_is_one(database, ids: list[str]) -> None:
    database.articles.update_many({}, {"$unset": {"story": ""}})
    assert stories.also(database, ids[:1]) == {ids[0]: (ids[0], [])}
    stories.join(database, ids[:2])
    assert [one.id for one in stories.also(database, ids[:1])[ids[0]][1]] == [ids[1]]


def test_portraits_are_found_by_time_and_by_band(database) -> None:
    schema.prepare(database, "test")

    def kept(number: int, days: float, made: str = "1 e") -> Kept:
        time = NOW + timedelta(days=days)
        return Kept(f"{number:024x}", made, "sia", time, [number, 99], [7, 8], [3], b"\x01", b"data%d" % number)

    stories.keep(database, [kept(1, 0), kept(2, 2), kept(3, 9), kept(4, 1, "1 other")])
    stories.keep(database, [kept(1, 0)])
    rows = stories.in_windows(database, "1 e", [(NOW, NOW + timedelta(days=3))])
    assert [row.id for row in rows] == [f"{1:024x}", f"{2:024x}"]
    assert rows[0] == Kept(f"{1:024x}", "1 e", "sia", NOW, [1, 99], [7, 8], [3], b"\x01")
    assert stories.in_windows(database, "1 e", []) == []
    span = NOW, NOW + timedelta(days=9)
    assert stories.with_bands(database, "1 e", [99], *span) == [f"{n:024x}" for n in (1, 2, 3)]
    assert stories.with_bands(database, "1 e", [3, 1], NOW, NOW) == [f"{1:024x}"]
    assert stories.data_of(database, [f"{3:024x}", "x"]) == {f"{3:024x}": b"data3"}
