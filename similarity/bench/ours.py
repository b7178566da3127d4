"""The same collection in MongoDB, packed by the compactor and read by ``SimilarityIndex``."""

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
from store import articles, compactor, counters, schema
from store.article import Article, article_id
from store.connection import Document
from store.meaning import Meaning
from store.terms import SharedDictionary
from store.vectors import pack
from text.analyzer import Analyzer
from text.encoder import find_encoder, to_int8

K = 10
MODEL = "bm25"
"""What rivals have too; the default model is measured beside it."""
ADDED = 20
SOURCES = tuple(f"bench{number}" for number in range(10))
_START = datetime(2020, 1, 1, tzinfo=UTC)
_AT_ONCE = 5000
_PASSAGES = 4
_MOST_WITH_MEANING = 100_000
"""Articles up to which each has vectors of the encoder; beyond, the index is measured by its words alone."""


def word(number: int) -> str:
    """Word *number* of the corpus as a text; the analyzer leaves it as it is."""
    return f"t{number}"


def fill(database: Database[Document], corpus: Corpus) -> dict[str, Any]:
    """Put *corpus* into *database* as articles without texts, pack them, and tell what that took.

    Written in bulk, past ``articles.write``: what is measured of adding is measured on the full index.
    """
    schema.prepare(database, Analyzer.version)
    terms = ({"_id": word(number), "id": number} for number in range(corpus.vocabulary))
    for batch in _batches(terms, _AT_ONCE):
        database.terms.insert_many(batch, ordered=False)
    counters.reserve(database, counters.TERMS, corpus.vocabulary)
    size = 0
    meanings = _meanings() if corpus.documents <= _MOST_WITH_MEANING else repeat({})
    rows = (_article(corpus, place) | next(meanings) for place in range(corpus.documents))
    for batch in _batches(rows, _AT_ONCE):
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
    """Open the index once: how long it takes and what it holds."""
    begun = seconds(lambda: SimilarityIndex.open(uri, live=False).close())
    return {"open_s": begun, **memory()}


def measure(uri: str, asked: Sequence[list[int]], long: Sequence[list[int]]) -> dict[str, Any]:
    """Times of queries of all kinds, with the index opened anew; memory is taken before anything else is tried."""
    with SimilarityIndex.open(uri, live=False) as index:
        texts = {tuple(words): " ".join(map(word, words)) for words in (*asked, *long)}

        def query(words: list[int]) -> object:
            return index.ranked([texts[tuple(words)]], K, MODEL)

        def found(words: list[int]) -> object:
            return index.search(texts[tuple(words)], K, MODEL)

        def filtered(words: list[int]) -> object:
            return index.ranked([texts[tuple(words)]], K, MODEL, source=SOURCES[3])

        def default(words: list[int]) -> object:
            return index.search(texts[tuple(words)], K)

        def first(words: list[int]) -> object:
            index._asker.forget()  # what is remembered of questions: their vectors, and those of passages
            return default(words)

        result: dict[str, Any] = {**times(query, asked), "memory": memory()}
        result["long"] = times(query, long)
        result["with_articles"] = times(found, asked)
        result["with_filter"] = times(filtered, asked)
        result["default"] = times(default, asked)
        result["default_first"] = times(first, asked)
        result["default_times_bm25"] = {
            name: round(result["default"][name] / result["with_articles"][name], 2) for name in ("p50_ms", "p95_ms")
        }
        result["in_turn"] = in_turn(asked, bm25=found, default=default)
        one_by_one = seconds(lambda: [query(words) for words in asked])
        together = seconds(lambda: index.ranked([texts[tuple(words)] for words in asked], K, MODEL))
        result["many"] = {"per_second": round(len(asked) / together), "speedup": round(one_by_one / together, 2)}
        result["models"] = {model: _model(index, model, asked, texts) for model in ("tfidf", "counts", "bm25_okapi")}
        result["adding"] = _adding(index)
        return result


def _model(
    index: SimilarityIndex, model: str, asked: Sequence[list[int]], texts: dict[tuple[int, ...], str]
) -> dict[str, float]:
    first = seconds(lambda: index.ranked([texts[tuple(asked[0])]], K, model))
    return {"first_s": first, **times(lambda words: index.ranked([texts[tuple(words)]], K, model), asked)}


def _adding(index: SimilarityIndex) -> dict[str, float]:
    """Store articles one by one, as a crawl does, and bring each in: the median of each, in ms."""
    database = index._database
    dictionary = SharedDictionary(database)
    writing, seeing = [], []
    for number in range(ADDED):
        article = Article(SOURCES[0], f"http://bench.invalid/new/{number}", f"New {number}", datetime.now(UTC), "text")
        bags = dictionary.bags_of_words([[word(place * (number + 3)) for place in range(300)]])
        entry = articles.Entry(article, bags)
        writing.append(seconds(partial(articles.write, database, [entry])))
        seeing.append(seconds(index.refresh))
        (best,) = index.ranked([word((number + 3) * 299)], 1, MODEL)
        assert len(index) and best, "what was added is not found"
    articles.delete(database, [article_id(f"http://bench.invalid/new/{number}") for number in range(ADDED)])
    return {
        "write_ms": round(1000 * sorted(writing)[ADDED // 2], 2),
        "refresh_ms": round(1000 * sorted(seeing)[ADDED // 2], 2),
    }


def _article(corpus: Corpus, place: int) -> Document:
    bag = corpus.row(place)
    url = f"http://bench.invalid/{place}"
    moment = _START + timedelta(minutes=place)
    return {
        "_id": article_id(url), "source": SOURCES[place % len(SOURCES)], "url": url, "title": f"Article {place}",
        "body": "", "summary": "", "language": "en", "published": moment, "fetched": moment, "authors": [], "tags": [],
        "kind": "news", "files": [], "access": "abstract", "content": "", "page_vectors": [], "stored": moment,
        "vector": Binary(pack(bag)), "length": sum(count for _, count in bag), "pending": True, "revision": 0,
    }  # fmt: skip


def _meanings() -> Iterator[Document]:
    """Fields of vectors that point anywhere, as of the encoder in use; empty ones without it."""
    encoder = find_encoder()
    chance = np.random.default_rng(4)
    while encoder:
        drawn = chance.normal(size=(1 + _PASSAGES, encoder.dimensions)).astype(np.float32)
        vectors = to_int8(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
        yield Meaning(encoder.name, vectors[0], vectors[1:]).fields()
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
