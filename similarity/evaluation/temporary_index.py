"""A temporary index over the texts of a test set, written the way articles are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from uuid import uuid4

from pymongo.database import Database

from similarity.index import SimilarityIndex
from similarity.maintenance.executor import open_executor
from similarity.maintenance.lsi_training import train_topics
from similarity.option_values import DEFAULT_MODEL, LSI
from store.article import Article
from store.connection import Document, another_database, connect, database_address, store_errors
from store.documents import articles
from store.documents.embeddings import Embeddings
from store.index import preparation
from store.index.dictionary import SharedDictionary
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_article
from text.embedding.encoder import Encoder
from text.embedding.passages import vectors_of
from text.language import detect_language

_BATCH = 500  # articles


@contextmanager
def temporary_index(
    texts: Iterable[tuple[str, str, str]], encoder: Encoder | None, model: str = DEFAULT_MODEL
) -> Iterator[tuple[SimilarityIndex, dict[str, str]]]:
    """An index over (key, title, text) in a database of its own, which is dropped at the end, and each article's key.

    *model* is the one that will be used: for ``lsi`` topics are trained.
    """
    address = database_address()
    database = connect(address).client[f"xinwen_evaluation_{uuid4().hex[:12]}"]
    analyzer = Analyzer()
    with store_errors(address):
        try:
            preparation.prepare(database, analyzer.version)
            keys = _write(database, analyzer, encoder, texts)
            if model == LSI:
                with open_executor() as executor:
                    train_topics(database, another_database(address, database.name), executor)
            yield SimilarityIndex(database, analyzer, encoder=lambda: encoder), keys
        finally:
            database.client.drop_database(database.name)
            database.client.close()


def _write(
    database: Database[Document],
    analyzer: Analyzer,
    encoder: Encoder | None,
    texts: Iterable[tuple[str, str, str]],
) -> dict[str, str]:
    """Store *texts* as articles: the key of each article id."""
    dictionary, now = SharedDictionary(database), datetime.now(UTC)
    keys: dict[str, str] = {}
    remaining = iter(texts)
    while batch := list(islice(remaining, _BATCH)):
        stored = [
            Article(
                "evaluation",
                f"http://evaluation.invalid/{number}",
                title or key,
                now,
                body=text,
                language=detect_language(text),
            )
            for number, (key, title, text) in enumerate(batch, len(keys))
        ]
        keys |= {article.id: key for article, (key, _, _) in zip(stored, batch, strict=True)}
        analyses = [analyzed_article(title, [text], analyzer) for _, title, text in batch]
        bags = dictionary.bags_of_words([tokens for text in analyses for tokens in (*text.pages, text.bigrams)])
        embeddings: list[Embeddings | None] = [None] * len(batch)
        if encoder:
            vectors = vectors_of(encoder, [(title, text) for _, title, text in batch])
            embeddings = [Embeddings(encoder.name, *of_article) for of_article in vectors]
        vectorized = [
            articles.VectorizedArticle(article, [bag], bigrams=bigram_bag, embeddings=embedding)
            for article, bag, bigram_bag, embedding in zip(stored, bags[::2], bags[1::2], embeddings, strict=True)
        ]
        articles.write(database, vectorized)
    return keys
