"""Small indexes for tests, stored through ``store.documents.articles`` like the articles of a crawl."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import jieba
import pytest

from store.article import Article
from store.documents.articles import VectorizedArticle, write
from store.index import preparation
from store.index.dictionary import SharedDictionary
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_article, is_concept_token
from text.analysis.normalize import Normalized
from text.analysis.term_finder import TermMatch

NOW = datetime(2026, 7, 1, tzinfo=UTC)

ANALYZER = Analyzer()
"""Of all that is stored without another one: each loads the glossary anew, which takes longer than it takes to store."""


class PlainJieba:
    """An analyzer that is jieba alone, without normalization and stop words."""

    version = "jieba.lcut"

    def tokens(self, text: str) -> list[str]:
        return jieba.lcut(text)

    def tokens_of(self, forms: Normalized) -> list[str]:
        return self.tokens(forms.text)

    def terms_of_trade(self, text: str) -> list[TermMatch]:
        return []


@pytest.fixture
def store_texts(database) -> Callable[..., list[str]]:
    """A function that stores texts as articles and returns their ids: see ``storing_in``."""
    return storing_in(database)


def storing_in(database) -> Callable[..., list[str]]:
    """The function ``store_texts`` for *database*.

    Each text becomes an article with the text as its body and *fields* as its other fields. *bigrams* (of characters)
    and *embeddings* are those of every article; each has the concept tokens of its text besides.
    """
    prepared: set[str] = set()

    def store(texts: list[str], analyzer=None, bigrams=(), embeddings=None, **fields) -> list[str]:
        analyzer = analyzer or ANALYZER
        has_terms = isinstance(analyzer, Analyzer)
        if analyzer.version not in prepared:
            preparation.prepare(database, analyzer.version)
            prepared.add(analyzer.version)
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
        named = [
            filter(is_concept_token, analyzed_article("", [text], analyzer).bigrams if has_terms else ())
            for text in texts
        ]
        dictionary = SharedDictionary(database)
        bags = dictionary.bags_of_words([*map(analyzer.tokens, texts)])
        bigram_bags = dictionary.bags_of_words([[*bigrams, *concepts] for concepts in named])
        write(
            database,
            [
                VectorizedArticle(article, [bag], bigrams=bigram_bag, embeddings=embeddings)
                for article, bag, bigram_bag in zip(articles, bags, bigram_bags, strict=True)
            ],
        )
        return [article.id for article in articles]

    return store
