"""Small indexes, written the way articles are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import jieba
import pytest

from store import schema
from store.article import Article
from store.articles import Entry, write
from store.terms import SharedDictionary
from text.analyzer import Analyzer

NOW = datetime(2026, 7, 1, tzinfo=UTC)


class PlainJieba:
    """jieba and nothing else, as in the user's own example."""

    version = "jieba.lcut"

    def tokens(self, text: str) -> list[str]:
        return jieba.lcut(text)


@pytest.fixture
def store_texts(database) -> Callable[..., list[str]]:
    """Stores texts as articles and gives back their ids."""
    return storing_in(database)


def storing_in(database) -> Callable[..., list[str]]:
    """What ``store_texts`` is, for any database."""

    def store(texts: list[str], analyzer=None, **fields) -> list[str]:
        analyzer = analyzer or Analyzer()
        schema.prepare(database, analyzer.version)
        articles = [
            Article(
                **(
                    {
                        "source": "sia",
                        "url": f"https://a.example/{text}",
                        "title": text[:80],
                        "fetched": NOW,
                        "body": text,
                    }
                    | fields
                )
            )
            for text in texts
        ]
        bags = SharedDictionary(database).bags_of_words([analyzer.tokens(text) for text in texts])
        write(database, [Entry(article, [bag]) for article, bag in zip(articles, bags, strict=True)])
        return [article.id for article in articles]

    return store
