"""Of articles with one text the first passes, stored or on its way; the database is asked of many at once."""

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
from store.articles import Entry, find_digests, write
from store.settings import settings

NOW = datetime(2026, 7, 10, tzinfo=UTC)


def item(slug: str, digest: str) -> Tokenized:
    return Tokenized(Article("sia", f"https://news.example/{slug}", slug, NOW, body="text"), [[slug]], digest)


@pytest.fixture
def asked(monkeypatch) -> list[list[str]]:
    """The questions that the database gets."""
    questions: list[list[str]] = []

    def noting(database: Any, digests: list[str]) -> dict[str, str]:
        questions.append(list(digests))
        return find_digests(database, digests)

    monkeypatch.setattr(deduplicate, "find_digests", noting)
    return questions


@pytest.fixture
def here(monkeypatch, uri: str) -> Iterator[None]:
    monkeypatch.setenv("MONGODB_URI", uri)
    settings.cache_clear()
    yield
    settings.cache_clear()


def passed(*rounds: list[Tokenized]) -> list[list[str]]:
    """Titles of those that pass, of each round; the items of a round come at once."""

    async def all_of_it() -> list[list[str]]:
        crawler = get_crawler(Spider)
        storage = storage_of(crawler)
        await storage.open()
        pipeline = Deduplicate(crawler, storage)
        found = []
        for items in rounds:
            results = await asyncio.gather(*map(pipeline.process_item, items), return_exceptions=True)
            assert all(isinstance(result, Tokenized | DropItem) for result in results), results
            found.append([result.article.title for result in results if isinstance(result, Tokenized)])
        storage.close()
        return found

    return asyncio.run(all_of_it())


def test_the_first_with_a_text_passes(here, database, asked) -> None:
    old = item("old", "told")
    write(database, [Entry(old.article, [[(1, 1)]], "told")])
    first = [item("a", "x"), item("copy of a", "x"), item("b", "y"), item("copy of old", "told"), item("short", "")]
    later = [item("late copy of a", "x"), old, item("a", "x"), item("c", "z")]
    assert passed(first, later) == [["a", "b", "short"], ["old", "a", "c"]]
    assert asked == [["x", "y", "told"], ["z"]]
    assert database.articles.find_one({"_id": old.article.id})["also_at"] == ["https://news.example/copy%20of%20old"]


def test_of_two_that_are_stored_the_older_is_the_first(here, database) -> None:
    write(database, [Entry(item("older", "x").article, [[(1, 1)]], "x")])
    write(database, [Entry(item("newer", "x").article, [[(1, 1)]], "x")])
    assert passed([item("newer", "x"), item("older", "x")]) == [["older"]]


def test_many_are_asked_for_at_once(here, database, asked) -> None:
    many = [item(f"n{number}", f"digest {number}") for number in range(20)]
    assert passed(many) == [[one.article.title for one in many]]
    assert [len(question) for question in asked] == [8, 8, 4]
