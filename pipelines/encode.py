"""Give articles the vectors of an encoder, in which Chinese and English lie together."""

from __future__ import annotations

import asyncio
from typing import Self

from scrapy.crawler import Crawler

from pipelines.tokenize import Tokenized
from store.article import Article
from store.meaning import Meaning
from text.encoder import Encoder, find_encoder
from text.passages import vectors_of


class Encode:
    """Fills ``meaning``, in a thread. Without the encoder's package articles are stored without; a search says so."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Tokenized) -> Tokenized:
        encoder = await asyncio.to_thread(find_encoder)
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"xinwen/encode/{'encoded' if encoder else 'without'}")
        if encoder:
            item.meaning = await asyncio.to_thread(encode, item.article, encoder)
        return item


def encode(article: Article, encoder: Encoder) -> Meaning:
    """The vectors of title and passages of *article*, and of the whole."""
    ((whole, passages),) = vectors_of(encoder, [(article.title, article.body or article.summary)])
    return Meaning(encoder.name, whole, passages)
