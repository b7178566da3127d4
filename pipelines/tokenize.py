"""Item pipeline: analyzes the text of an article: tokens of each page, bigrams and a digest."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from store.article import Article
from store.documents.embeddings import Embeddings
from store.settings import settings
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_article
from text.stories.fingerprint import Fingerprint

# A news page is analyzed in a millisecond or two, which is less than switching to a thread and back costs.
_MAX_IN_REACTOR = 10_000  # characters


@dataclass(slots=True)
class Tokenized:
    """An article with its analyzed text; the item of the pipelines after ``Tokenize``.

    ``pages``: the tokens of each page, those of the title with the first. ``digest``: equal for equal texts, "" for
    short ones. ``bigrams``: the bigrams of Han characters in title and text. ``embeddings`` and ``fingerprint`` are
    filled by ``Encode``; the fingerprint of a short text stays None.
    """

    article: Article
    pages: list[list[str]]
    digest: str
    bigrams: list[str] = field(default_factory=list)
    embeddings: Embeddings | None = None
    fingerprint: Fingerprint | None = None


class Tokenize:
    """Turns an ``Article`` into ``Tokenized``; a long one in a thread, as a report of 300 pages takes seconds."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(settings().data / "cache")

    async def process_item(self, article: Article) -> Tokenized:
        if sum(map(len, article.texts)) <= _MAX_IN_REACTOR:
            return tokenize(article, self._analyzer)
        return await asyncio.to_thread(tokenize, article, self._analyzer)


def tokenize(article: Article, analyzer: Analyzer) -> Tokenized:
    """Analyze title and body of *article*; title and summary where there is no body."""
    return Tokenized(article, *analyzed_article(article.title, article.texts, analyzer))
