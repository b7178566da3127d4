"""The bench of this project: the collection in MongoDB, packed by the compactor, read by ``SimilarityIndex``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np
from bson import Binary
from pymongo.database import Database

from similarity.bench.corpus import Corpus
from similarity.bench.measure import in_turn, memory, seconds, times
from similarity.index import SimilarityIndex
from store import counters
from store.article import Article, article_id
from store.connection import Document, connect
from store.documents import articles
from store.documents.embeddings import Embeddings
from store.index import compactor, preparation
from store.index.dictionary import SharedDictionary
from store.vectors import pack
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import find_encoder, to_int8

K = 10
MODEL = "bm25"
"""The model that rivals have too; the default model is measured as well."""
ADDED = 20
"""Articles that are stored one by one to measure how long an added article takes."""
SOURCES = tuple(f"bench{number}" for number in range(10))
_START = datetime(2020, 1, 1, tzinfo=UTC)
_BATCH = 5000
_PASSAGES = 4  # embeddings per article besides that of the whole
_MOST_WITH_EMBEDDINGS = 100_000
"""Up to so many articles each has embeddings; a larger collection is measured with its words alone."""


def word(number: int) -> str:
    """Word *number* of the corpus as text; the analyzer makes it one token, unchanged."""
    return f"t{number}"


def fill(database: Database[Document], corpus: Corpus) -> dict[str, Any]:
    """Store *corpus* in *database* as articles without texts and pack them: seconds, and bytes per article.

    The articles are written in bulk without ``articles.write``; ``measure`` times that on the full index.
    """
    preparation.prepare(database, Analyzer.version)
    terms = ({"_id": word(number), "id": number} for number in range(corpus.vocabulary))
    for batch in _batches(terms, _BATCH):
        database.terms.insert_many(batch, ordered=False)
    counters.reserve(database, counters.TERMS, corpus.vocabulary)
    size = 0
    embeddings = _embeddings() if corpus.documents <= _MOST_WITH_EMBEDDINGS else repeat({})
    rows = (_article(corpus, number) | next(embeddings) for number in range(corpus.documents))
    for batch in _batches(rows, _BATCH):
        revision = counters.reserve(database, counters.REVISIONS, 1)
        for row in batch:
            row["revision"] = revision
            size += len(row["vector"])
        database.articles.insert_many(batch, ordered=False)
    packing = seconds(lambda: compactor.compact(database))
    database.client.admin.command("fsync")
    segments = database.command("collStats", "segments")
    dictionary = database.command("collStats", "terms")
    return {
        "compact_s": packing,
        "vector_bytes": round(size / corpus.documents, 1),
        "segment_bytes": round((segments["storageSize"] + segments["totalIndexSize"]) / corpus.documents, 1),
        "dictionary_mib": round((dictionary["storageSize"] + dictionary["totalIndexSize"]) / 2**20, 1),
    }


def start(uri: str) -> dict[str, Any]:
    """Open the index once: how long it takes, and the memory it takes."""
    open_seconds = seconds(lambda: SimilarityIndex.open(uri, live=False).close())
    return {"open_s": open_seconds, **memory()}


def measure(uri: str, queries: Sequence[list[int]], long: Sequence[list[int]]) -> dict[str, Any]:
    """The times of queries of all kinds, with the index opened for it; memory after the plain queries alone.

    *queries* are queries of 30 words, *long* ones of whole articles.
    """
    with SimilarityIndex.open(uri, live=False) as index:
        texts = {tuple(words): " ".join(map(word, words)) for words in (*queries, *long)}

        def query(words: list[int]) -> object:
            return index.ranked([texts[tuple(words)]], K, MODEL)

        def with_articles(words: list[int]) -> object:
            return index.search(texts[tuple(words)], K, MODEL)

        def filtered(words: list[int]) -> object:
            return index.ranked([texts[tuple(words)]], K, MODEL, source=SOURCES[3])

        def default(words: list[int]) -> object:
            return index.search(texts[tuple(words)], K)

        def first(words: list[int]) -> object:
            index.forget_queries()
            return default(words)

        result: dict[str, Any] = {**times(query, queries), "memory": memory()}
        result["long"] = times(query, long)
        result["with_articles"] = times(with_articles, queries)
        result["with_filter"] = times(filtered, queries)
        result["default"] = times(default, queries)
        result["default_first"] = times(first, queries)
        result["default_times_bm25"] = {
            name: round(result["default"][name] / result["with_articles"][name], 2) for name in ("p50_ms", "p95_ms")
        }
        result["in_turn"] = in_turn(queries, bm25=with_articles, default=default)
        one_by_one = seconds(lambda: [query(words) for words in queries])
        together = seconds(lambda: index.ranked([texts[tuple(words)] for words in queries], K, MODEL))
        result["many"] = {"per_second": round(len(queries) / together), "speedup": round(one_by_one / together, 2)}
        result["models"] = {model: _model(index, model, queries, texts) for model in ("tfidf", "counts", "bm25_okapi")}
        result["adding"] = _adding(index, uri)
        return result


def _model(
    index: SimilarityIndex, model: str, queries: Sequence[list[int]], texts: dict[tuple[int, ...], str]
) -> dict[str, float]:
    first = seconds(lambda: index.ranked([texts[tuple(queries[0])]], K, model))
    return {"first_s": first, **times(lambda words: index.ranked([texts[tuple(words)]], K, model), queries)}


def _adding(index: SimilarityIndex, uri: str) -> dict[str, float]:
    """Store articles one by one, as a crawl does, and refresh the index after each: the medians, in ms."""
    with connect(uri).client as client:
        database = client.get_default_database()
        dictionary = SharedDictionary(database)
        writing, refreshing = [], []
        for number in range(ADDED):
            article = Article(
                SOURCES[0], f"http://bench.invalid/new/{number}", f"New {number}", datetime.now(UTC), "text"
            )
            bags = dictionary.bags_of_words([[word(place * (number + 3)) for place in range(300)]])
            entry = articles.VectorizedArticle(article, bags)
            writing.append(seconds(partial(articles.write, database, [entry])))
            refreshing.append(seconds(index.refresh))
            (best,) = index.ranked([word((number + 3) * 299)], 1, MODEL)
            assert len(index) and best, "the added article is not found"
        articles.delete(database, [article_id(f"http://bench.invalid/new/{number}") for number in range(ADDED)])
    return {
        "write_ms": round(1000 * sorted(writing)[ADDED // 2], 2),
        "refresh_ms": round(1000 * sorted(refreshing)[ADDED // 2], 2),
    }


def _article(corpus: Corpus, number: int) -> Document:
    """The stored form of document *number* of the corpus, before its revision is known."""
    bag = corpus.row(number)
    url = f"http://bench.invalid/{number}"
    moment = _START + timedelta(minutes=number)
    return {
        "_id": article_id(url), "source": SOURCES[number % len(SOURCES)], "url": url, "title": f"Article {number}",
        "body": "", "summary": "", "language": "en", "published": moment, "fetched": moment, "authors": [], "tags": [],
        "kind": "news", "files": [], "access": "abstract", "content": "", "page_vectors": [], "stored": moment,
        "vector": Binary(pack(bag)), "length": sum(count for _, count in bag), "pending": True, "revision": 0,
    }  # fmt: skip


def _embeddings() -> Iterator[Document]:
    """Fields of an article with random unit vectors in place of embeddings; no fields without an encoder."""
    encoder = find_encoder()
    random = np.random.default_rng(4)
    while encoder:
        drawn = random.normal(size=(1 + _PASSAGES, encoder.dimensions)).astype(np.float32)
        vectors = to_int8(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
        yield Embeddings(encoder.name, vectors[0], vectors[1:]).fields()
    yield from repeat({})


def _batches(rows: Iterator[Document], size: int) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
