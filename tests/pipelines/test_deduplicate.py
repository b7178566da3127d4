"""Deduplicate passes the first article with a text, stored or of this crawl, and queries many texts at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy import Spider
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from pipelines import deduplicate
from pipelines.deduplicate import Deduplicate
from pipelines.storage import storage_of
from pipelines.tokenize import Tokenized
from store.article import Article
from store.documents.articles import VectorizedArticle, find_digests, write
from store.settings import settings

NOW = datetime(2026, 7, 10, tzinfo=UTC)


def item(slug: str, digest: str) -> Tokenized:
    return Tokenized(Article("sia", f"https://news.example/{slug}", slug, NOW, body="text"), [[slug]], digest)


@pytest.fixture
def queries(monkeypatch) -> list[list[str]]:
    """The queries that the database gets."""
    recorded: list[list[str]] = []

    def recording(database: Any, digests: list[str]) -> dict[str, str]:
        recorded.append(list(digests))
        return find_digests(database, digests)

    monkeypatch.setattr(deduplicate, "find_digests", recording)
    return recorded


@pytest.fixture
def here(monkeypatch, uri: str) -> Iterator[None]:
    monkeypatch.setenv("MONGODB_URI", uri)
    settings.cache_clear()
    yield
    settings.cache_clear()


def passed(*rounds: list[Tokenized]) -> list[list[str]]:
    """The titles of the items that pass, for each round; the items of a round arrive at the same time."""

    async def run() -> list[list[str]]:
        crawler = get_crawler(Spider)
        storage = storage_of(crawler)
        await storage.open()
        pipeline = Deduplicate(crawler, storage)
        titles = []
        for items in rounds:
            results = await asyncio.gather(*map(pipeline.process_item, items), return_exceptions=True)
            assert all(isinstance(result, Tokenized | DropItem) for result in results), results
            titles.append([result.article.title for result in results if isinstance(result, Tokenized)])
        storage.close()
        return titles

    return asyncio.run(run())


def test_the_first_article_with_a_text_passes(here, database, queries) -> None:
    old = item("old", "stored")
    write(database, [VectorizedArticle(old.article, [[(1, 1)]], "stored")])
    first = [item("a", "x"), item("copy of a", "x"), item("b", "y"), item("copy of old", "stored"), item("short", "")]
    later = [item("late copy of a", "x"), old, item("a", "x"), item("c", "z")]
    assert passed(first, later) == [["a", "b", "short"], ["old", "a", "c"]]
    assert queries == [["x", "y", "stored"], ["z"]]
    assert database.articles.find_one({"_id": old.article.id})["also_at"] == ["https://news.example/copy%20of%20old"]


def test_of_two_stored_articles_the_older_one_is_the_first(here, database) -> None:
    write(database, [VectorizedArticle(item("older", "x").article, [[(1, 1)]], "x")])
    write(database, [VectorizedArticle(item("newer", "x").article, [[(1, 1)]], "x")])
    assert passed([item("newer", "x"), item("older", "x")]) == [["older"]]


def test_many_texts_are_queried_at_once(here, database, queries) -> None:
    many = [item(f"n{number}", f"digest {number}") for number in range(20)]
    assert passed(many) == [[item.article.title for item in many]]
    assert [len(query) for query in queries] == [8, 8, 4]
