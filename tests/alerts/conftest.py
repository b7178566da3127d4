"""Articles that are stored as a crawl stores them, with embeddings and stories, and indexes over them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
from pymongo.database import Database

from pipelines.encode import encode
from pipelines.fingerprint_window import FingerprintWindow
from pipelines.stories import assign_stories
from pipelines.tokenize import Tokenized, tokenize
from similarity.index import SimilarityIndex
from store.article import Article
from store.documents.articles import VectorizedArticle, note_grouped, write
from store.index import preparation
from store.index.dictionary import SharedDictionary
from tests.commands import PROJECT
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import find_encoder

SET = PROJECT / "tests" / "relevance" / "stories" / "docs.jsonl"
ROWS = [json.loads(line) for line in SET.read_text("utf-8").splitlines()]
ANALYZER = Analyzer()


def articles(number: int) -> list[Article]:
    """So many articles of the labelled set, then copies of them at other addresses; several tell the same story."""
    return [
        Article(
            row["source"],
            f"https://{row['source'].replace('_', '-')}.example/{row['id']}/{copy}",
            row["title"],
            datetime.fromisoformat(row["published"]),
            f"{row['text']}{' Updated.' * copy}",
            published=datetime.fromisoformat(row["published"]),
            language=row["language"],
        )
        for copy, row in ((place // len(ROWS), ROWS[place % len(ROWS)]) for place in range(number))
    ]


def tokenized(article: Article) -> Tokenized:
    """*article* as the pipelines analyze and encode it."""
    item = tokenize(article, ANALYZER)
    item.embeddings, item.fingerprint = encode(article, ANALYZER, find_encoder())
    return item


@dataclass
class Writer:
    """Stores articles as the pipelines do: the articles, then their stories."""

    database: Database

    def __post_init__(self) -> None:
        preparation.prepare(self.database, ANALYZER.version)
        self._dictionary, self._window = SharedDictionary(self.database), FingerprintWindow()

    def store(self, items: Sequence[Tokenized]) -> None:
        """Store a batch."""
        self._dictionary.learn([tokens for item in items for tokens in (*item.pages, item.bigrams)])
        vectorized = []
        for item in items:
            *bags, bigrams = map(self._dictionary.bag_of_words, (*item.pages, item.bigrams))
            vectorized.append(
                VectorizedArticle(item.article, bags, item.digest, bigrams=bigrams, embeddings=item.embeddings)
            )
        outcomes = write(self.database, vectorized, grouped_later=True)
        assign_stories(self.database, self._window, [item.fingerprint for item in items if item.fingerprint])
        note_grouped(self.database, [key for key, outcome in outcomes.items() if outcome != "unchanged"])


@pytest.fixture(scope="session")
def forty() -> list[Tokenized]:
    """Forty articles, analyzed and encoded."""
    return [tokenized(article) for article in articles(40)]


@pytest.fixture
def writer(database: Database) -> Writer:
    """Stores in the empty database."""
    return Writer(database)


@pytest.fixture
def index(uri: str, writer: Writer) -> Iterator[SimilarityIndex]:
    """The empty index."""
    with SimilarityIndex.open(uri, live=False) as opened:
        yield opened
