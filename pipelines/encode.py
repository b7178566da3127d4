"""Give articles vectors in which Chinese and English lie together, and a portrait by which their story is known."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Self

import numpy as np
from pymongo.database import Database
from scrapy.crawler import Crawler

from crawler.ledger import Ledger
from pipelines.storage import Storage, storage_of
from pipelines.tokenize import Tokenized
from store import portraits
from store.article import Article
from store.connection import Document, StoreError
from store.meaning import Meaning, stored_meaning
from text.encoder import Encoder, find_encoder
from text.passages import passages, with_mean
from text.portrait import VERSION, Portrait, portray, sentences
from text.portrait_bytes import unpack

Made = tuple[Meaning | None, Portrait | None]

# Of shorter texts nobody can tell which story they are: "Second quarter results" is many companies' news.
_LEAST = 40  # tokens


class Encode:
    """Fills ``meaning``, and ``portrait`` of what is long enough. In a thread: the encoder takes 15 ms and more.

    Without the encoder's package articles are stored without meaning, which a search says, and portraits have no
    vectors. What a feed shows again is not encoded again.
    """

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage
        # One article at a time: two that are encoded at once push each other's weights out of the processor's caches,
        # and both wait for the interpreter with the reactor.
        self._alone = asyncio.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler))

    async def process_item(self, item: Tokenized) -> Tokenized:
        portrayed = sum(map(len, item.pages)) >= _LEAST
        if made := await self._made_before(item.article, portrayed):
            outcome = "kept"
        else:
            async with self._alone:
                made = await asyncio.to_thread(_encode, item.article, portrayed)
            outcome = "encoded" if made[0] else "without"
        item.meaning, item.portrait = made
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"xinwen/encode/{outcome}")
        return item

    async def _made_before(self, article: Article, portrayed: bool) -> Made | None:
        """What is stored of the same words, made by the same encoder."""
        encoder = find_encoder()
        if encoder is None or not Ledger.of(self._crawler).may_be_stored(article.id):
            return None
        told = told_of(article, encoder, portrayed)
        try:
            return await self._storage.call(_stored, article.id, told, encoder.dimensions, portrayed)
        except StoreError as error:
            self._storage.fail(str(error))  # the store reports what becomes of the article
            return None


def _stored(database: Database[Document], key: str, told: str, dimensions: int, portrayed: bool) -> Made | None:
    meaning = stored_meaning(database, key, told, dimensions)
    if meaning is None or not portrayed:
        return (meaning, None) if meaning else None
    found = portraits.data_of(database, [key]).get(key)
    return (meaning, unpack(found[1])) if found else None


def _encode(article: Article, portrayed: bool) -> Made:
    return encode(article, find_encoder(), portrayed=portrayed)


def told_of(article: Article, encoder: Encoder, portrayed: bool) -> str:
    """What stands for all that vectors and portrait are made of, by whom; the time only where it is the article's."""
    text = article.body or article.summary
    facts = [encoder.name, VERSION, portrayed, article.source, article.title, text, str(article.published or "")]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def encode(article: Article, encoder: Encoder | None, *, portrayed: bool = True) -> Made:
    """The vectors of *article*, of its title and passages and of the whole, and its portrait, dated by its publication.

    By its fetching where that is not known. The encoder is called once and reads no text twice.
    """
    text = article.body or article.summary
    time = article.published or article.fetched
    parts = [article.title, *passages(text)] if encoder else []
    told = sentences(article.title, text) if encoder and portrayed else []
    texts = list(dict.fromkeys([*parts, *(sentence for _, sentence in told)]))
    rows = dict(zip(texts, encoder.encode(texts), strict=True)) if encoder else {}
    meaning = None
    if encoder:
        whole, each = with_mean(np.stack([rows[part] for part in parts]))
        meaning = Meaning(encoder.name, whole, each, told_of(article, encoder, portrayed))
    if not portrayed:
        return meaning, None
    vectors = np.stack([rows[sentence] for _, sentence in told]) if told else None
    return meaning, portray(article.id, article.source, time, article.title, text, encoder, vectors)
