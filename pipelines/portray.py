"""Portray articles, so that their story is known again under another title, at another site, in another language."""

from __future__ import annotations

import asyncio

from pipelines.tokenize import Tokenized
from store.article import Article
from text.encoder import Encoder, find_encoder
from text.portrait import Portrait, portray

# Of shorter texts nobody can tell which story they are: "Second quarter results" is many companies' news.
_LEAST = 40  # tokens


class Portray:
    """``Tokenized`` in and out, with a portrait of what is long enough. In a thread: the encoder takes 30 ms."""

    async def process_item(self, item: Tokenized) -> Tokenized:
        if sum(map(len, item.pages)) >= _LEAST:
            item.portrait = await asyncio.to_thread(_portrait, item.article)
        return item


def _portrait(article: Article) -> Portrait:
    return portrait_of(article, find_encoder())


def portrait_of(article: Article, encoder: Encoder | None) -> Portrait:
    """The portrait of *article*, dated by its publication, or by its fetching where that is not known."""
    time = article.published or article.fetched
    text = article.body or article.summary
    return portray(article.id, article.source, time, article.title, text, encoder)
