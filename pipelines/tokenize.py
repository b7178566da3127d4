"""Cut text into tokens, page by page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from store.article import Article
from store.meaning import Meaning
from store.settings import settings
from text.analyzer import Analyzer
from text.cutting import cut, pairs_of
from text.portrait import Portrait

# A page of news is cut in a millisecond or two, less than it costs to hand it to a thread and back.
_SHORT = 10_000  # characters


@dataclass(slots=True)
class Tokenized:
    """An article with the tokens of its pages, the title with the first.

    ``digest`` stands for the text ("": short); ``bigrams`` are the pairs of Han characters in title and text;
    ``portrait``: what its story is known again by, none of a short text.
    """

    article: Article
    pages: list[list[str]]
    digest: str
    bigrams: list[str] = field(default_factory=list)
    meaning: Meaning | None = None
    portrait: Portrait | None = None


class Tokenize:
    """Articles in, ``Tokenized`` out. Long ones in a thread: a report of 300 pages takes seconds."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(settings().data / "cache")

    async def process_item(self, article: Article) -> Tokenized:
        if sum(map(len, article.texts)) <= _SHORT:
            return tokenize(article, self._analyzer)
        return await asyncio.to_thread(tokenize, article, self._analyzer)


def tokenize(article: Article, analyzer: Analyzer) -> Tokenized:
    """The tokens of *article*; of its title and summary alone where there is no body."""
    title, texts = article.title, article.texts
    return Tokenized(article, *cut(title, texts, analyzer), pairs_of(title, texts))
