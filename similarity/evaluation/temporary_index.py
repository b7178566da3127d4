"""The texts of a test set as an index of their own, written the way articles are, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from pymongo.database import Database

from similarity.bulk import workers
from similarity.index import SimilarityIndex
from similarity.models import DEFAULT_MODEL, LSI
from similarity.training import train
from store import articles, schema
from store.article import Article
from store.connection import Document, another_database, connect, database_address, store_errors
from store.meaning import Meaning
from store.terms import SharedDictionary
from text.analyzer import Analyzer
from text.bigrams import bigrams
from text.encoder import Encoder
from text.language import detect_language
from text.passages import vectors_of

_BATCH = 500


@contextmanager
def temporary_index(
    texts: Iterable[tuple[str, str, str]], encoder: Encoder | None, model: str = DEFAULT_MODEL
) -> Iterator[tuple[SimilarityIndex, dict[str, str]]]:
    """An index over (key, title, text) in a database of its own, and the key of each article; gone afterwards.

    *model*: what will be asked of it; topics are trained where that needs them.
    """
    address = database_address()
    database = connect(address).client[f"xinwen_evaluation_{uuid4().hex[:12]}"]
    analyzer = Analyzer()
    with store_errors(address):
        try:
            schema.prepare(database, analyzer.version)
            keys = _write(database, analyzer, encoder, texts)
            if model == LSI:
                with workers() as bulk:
                    train(database, another_database(address, database.name), bulk)
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
    dictionary, now = SharedDictionary(database), datetime.now(UTC)
    keys: dict[str, str] = {}
    batch: list[Article] = []
    texts_of_batch: list[tuple[str, str]] = []
    tokens: list[list[str]] = []
    for key, title, text in texts:
        language = detect_language(text)
        texts_of_batch.append((title, text))
        address = f"http://evaluation.invalid/{len(keys)}"
        article = Article("evaluation", address, title or key, now, body=text, language=language)
        keys[article.id] = key
        batch.append(article)
        tokens += [analyzer.tokens(f"{title}\n{text}"), bigrams(f"{title}\n{text}")]
        if len(batch) == _BATCH:
            _flush(database, dictionary, encoder, batch, tokens, texts_of_batch)
    _flush(database, dictionary, encoder, batch, tokens, texts_of_batch)
    return keys


def _flush(
    database: Database[Document],
    dictionary: SharedDictionary,
    encoder: Encoder | None,
    batch: list[Article],
    tokens: list[list[str]],
    texts: list[tuple[str, str]],
) -> None:
    bags = dictionary.bags_of_words(tokens)
    meanings: list[Meaning | None] = [None] * len(texts)
    if encoder:
        meanings = [Meaning(encoder.name, *vectors) for vectors in vectors_of(encoder, texts)]
    entries = [
        articles.Entry(article, [bag], bigrams=pairs, meaning=meaning)
        for article, bag, pairs, meaning in zip(batch, bags[::2], bags[1::2], meanings, strict=True)
    ]
    articles.write(database, entries)
    batch.clear()
    tokens.clear()
    texts.clear()
