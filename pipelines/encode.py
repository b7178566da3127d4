"""Item pipeline: computes the embeddings of an article and the fingerprint that groups it into a story."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Self

import numpy as np
from pymongo.database import Database
from scrapy.crawler import Crawler

from crawler.spider.link_ledger import LinkLedger
from pipelines.storage import Storage, storage_of
from pipelines.tokenize import Tokenized
from store.article import Article
from store.connection import Document, StoreError
from store.documents import fingerprints
from store.documents.embeddings import Embeddings, stored_embeddings
from store.failover import repeated
from store.settings import settings
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import Encoder, find_encoder
from text.embedding.passages import passages, with_mean
from text.stories.fingerprint import VERSION, Fingerprint, make_fingerprint, sentences, tells_a_story

Encoded = tuple[Embeddings | None, Fingerprint | None]


class Encode:
    """Fills ``embeddings``, and ``fingerprint`` where the text is long enough.

    The encoder runs in a thread: it takes 15 ms and more. An article whose stored embeddings were made of the same text
    is not encoded again. Where the encoder's package is not installed, articles are stored without embeddings (search
    reports it) and fingerprints have no vectors.
    """

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        # One article at a time: two at once evict each other's weights from the processor's caches, and both compete
        # with the reactor for Python's interpreter lock.
        self._lock = asyncio.Lock()
        self._analyzer = Analyzer(settings().data / "cache")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def process_item(self, item: Tokenized) -> Tokenized:
        if encoded := await self._find_stored(item.article):
            outcome = "kept"
        else:
            async with self._lock:
                encoded = await asyncio.to_thread(
                    encode, item.article, self._analyzer, find_encoder(settings().data / "cache")
                )
            outcome = "encoded" if encoded[0] else "without"
        item.embeddings, item.fingerprint = encoded
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"xinwen/encode/{outcome}")
        return item

    async def _find_stored(self, article: Article) -> Encoded | None:
        """The stored embeddings and fingerprint of *article*, if the same encoder made them of the same text."""
        encoder = find_encoder(settings().data / "cache")
        if encoder is None or not LinkLedger.of(self._crawler).may_be_stored(article.id):
            return None
        digest = input_digest(article, encoder)
        try:
            return await self._storage.call(_stored, article, digest, encoder.dimensions)
        except StoreError as error:
            self._storage.fail(str(error))  # the Store pipeline reports the outcome of the article
            return None


@repeated
def _stored(database: Database[Document], article: Article, digest: str, dimensions: int) -> Encoded | None:
    embeddings = stored_embeddings(database, article.id, digest, dimensions)
    if embeddings is None or not tells_a_story(article.title, article.body or article.summary):
        return (embeddings, None) if embeddings else None
    fingerprint = fingerprints.data_of(database, [article.id]).get(article.id)
    return (embeddings, Fingerprint.from_bytes(fingerprint[1])) if fingerprint else None


def input_digest(article: Article, encoder: Encoder) -> str:
    """A digest of everything that embeddings and fingerprint depend on, with the time of publication where it is known.

    It does not depend on the time of fetching: otherwise every crawl would encode undated articles again.
    """
    text = article.body or article.summary
    facts = [encoder.name, VERSION, article.source, article.title, text, str(article.published or "")]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def encode(article: Article, analyzer: Analyzer, encoder: Encoder | None) -> Encoded:
    """The embeddings of *article* (title, passages and the whole; None without *encoder*) and its fingerprint.

    The fingerprint has the time of publication, or that of fetching where it is unknown; None for a text too short to
    tell a story. The encoder is called once, with each different text once.
    """
    text = article.body or article.summary
    time = article.published or article.fetched
    with_fingerprint = tells_a_story(article.title, text)
    parts = [article.title, *passages(text)] if encoder else []
    leading = sentences(article.title, text) if encoder and with_fingerprint else []
    texts = list(dict.fromkeys([*parts, *(sentence for _, sentence in leading)]))
    vector_of = dict(zip(texts, encoder.encode(texts), strict=True)) if encoder else {}
    embeddings = None
    if encoder:
        whole, each = with_mean(np.stack([vector_of[part] for part in parts]))
        embeddings = Embeddings(encoder.name, whole, each, input_digest(article, encoder))
    if not with_fingerprint:
        return embeddings, None
    vectors = np.stack([vector_of[sentence] for _, sentence in leading]) if leading else None
    facts = article.id, article.source, time, article.title, text
    dated = article.published is not None
    return embeddings, make_fingerprint(*facts, analyzer, encoder, vectors, dated=dated)
