"""Cut text into tokens, page by page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from store.article import Article
from store.settings import settings
from text.analyzer import Analyzer
from text.cutting import cut

# A page of news is cut in a millisecond or two, less than it costs to hand it to a thread and back.
_SHORT = 10_000  # characters


@dataclass(slots=True)
class Tokenized:
    """An article with the tokens of its pages, the title with the first; ``digest`` stands for the text ("": short)."""

    article: Article
    pages: list[list[str]]
    digest: str


class Tokenize:
    """Articles in, ``Tokenized`` out. Long ones in a thread: a report of 300 pages takes seconds."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(settings().data / "cache")

    async def process_item(self, article: Article) -> Tokenized:
        if len(article.body) <= _SHORT:
            return tokenize(article, self._analyzer)
        return await asyncio.to_thread(tokenize, article, self._analyzer)


def tokenize(article: Article, analyzer: Analyzer) -> Tokenized:
    """The tokens of *article*; of its title and summary alone where there is no body."""
    return Tokenized(article, *cut(article.title, article.texts, analyzer))
