"""Words and pairs of a stored article by the present analyzer: what a crawl would store of it now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from pymongo.database import Database

from store import retokenized, terms
from store.connection import Document
from store.settings import settings
from store.vectors import unpack
from text.analyzer import Analyzer
from text.bigrams import bigrams
from text.cutting import cut, pairs_of

TEXTS = ("revision", "title", "summary", "body", "access", "vector", "page_vectors", "bigrams")
"""The fields of an article's document that ``row_of`` reads."""


@lru_cache(maxsize=1)
def present_analyzer() -> Analyzer:
    """This program's analyzer."""
    return Analyzer(settings().data / "cache")


def row_of(database: Database[Document], analyzer: str, article: Document) -> Document:
    """The row of *article* in ``retokenized``.

    Where its text may not be kept its old words are cut once more, one by one, so that no word of its text is lost.
    """
    body, summary = article["body"], article["summary"]
    texts = body.split("\f") if body else [summary]
    pages, digest = cut(article["title"], texts, present_analyzer())
    bags, pairs = [Counter(page) for page in pages], Counter(pairs_of(article["title"], texts))
    if not body and article["access"] != "full":
        vectors = [bytes(data) for data in article["page_vectors"] or [article["vector"]]]
        old = _cut_again(database, vectors, _tokens_again)
        # No more words than title and summary have: there was no text.
        if sum(page.total() for page in old) > bags[0].total():
            old[0] |= bags[0]
            (old_pairs,) = _cut_again(database, [bytes(article.get("bigrams", b"\x00"))], bigrams)
            kept = article["_id"], article["revision"]
            return retokenized.row(analyzer, *kept, old, old_pairs | pairs, None, True)
    return retokenized.row(analyzer, article["_id"], article["revision"], bags, pairs, digest, False)


def _cut_again(
    database: Database[Document], vectors: Sequence[bytes], tokens_of: Callable[[str], Sequence[str]]
) -> list[Counter[str]]:
    """The tokens of packed *vectors*, each cut again by itself."""
    bags = [unpack(data) for data in vectors]
    names = terms.tokens_of(database, {token for bag in bags for token, _ in bag})
    found: list[Counter[str]] = []
    for bag in bags:
        counts = Counter[str]()
        for token, count in bag:
            for name in tokens_of(names.get(token, "")):
                counts[name] += count
        found.append(counts)
    return found


@lru_cache(maxsize=200_000)
def _tokens_again(word: str) -> tuple[str, ...]:
    return tuple(present_analyzer().tokens(word))
