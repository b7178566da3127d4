"""Give articles vectors in which Chinese and English lie together, and a portrait by which their story is known."""

from __future__ import annotations

import asyncio
from typing import Self

import numpy as np
from scrapy.crawler import Crawler

from pipelines.tokenize import Tokenized
from store.article import Article
from store.meaning import Meaning
from text.encoder import Encoder, find_encoder
from text.passages import passages, with_mean
from text.portrait import Portrait, portray, sentences

# Of shorter texts nobody can tell which story they are: "Second quarter results" is many companies' news.
_LEAST = 40  # tokens


class Encode:
    """Fills ``meaning``, and ``portrait`` of what is long enough. In a thread: the encoder takes 30 ms and more.

    Without the encoder's package articles are stored without meaning, which a search says, and portraits have no
    vectors.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        # One article at a time: two that are encoded at once push each other's weights out of the processor's caches,
        # and both wait for the interpreter with the reactor.
        self._alone = asyncio.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Tokenized) -> Tokenized:
        async with self._alone:
            item.meaning, item.portrait = await asyncio.to_thread(_encode, item)
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"xinwen/encode/{'encoded' if item.meaning else 'without'}")
        return item


def _encode(item: Tokenized) -> tuple[Meaning | None, Portrait | None]:
    return encode(item.article, find_encoder(), portrayed=sum(map(len, item.pages)) >= _LEAST)


def encode(
    article: Article, encoder: Encoder | None, *, portrayed: bool = True
) -> tuple[Meaning | None, Portrait | None]:
    """The vectors of *article*, of its title and passages and of the whole, and its portrait, dated by its publication.

    By its fetching where that is not known. The encoder is called once and reads no text twice.
    """
    text = article.body or article.summary
    time = article.published or article.fetched
    parts = [article.title, *passages(text)] if encoder else []
    told = sentences(article.title, text) if encoder and portrayed else []
    texts = list(dict.fromkeys([*parts, *(sentence for _, sentence in told)]))
    rows = dict(zip(texts, encoder.encode(texts), strict=True)) if encoder else {}
    meaning = Meaning(encoder.name, *with_mean(np.stack([rows[part] for part in parts]))) if encoder else None
    if not portrayed:
        return meaning, None
    vectors = np.stack([rows[sentence] for _, sentence in told]) if told else None
    return meaning, portray(article.id, article.source, time, article.title, text, encoder, vectors)
