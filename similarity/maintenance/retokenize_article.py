"""Tokens and bigrams of a stored article by the current analyzer: what a crawl would store of it now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from pymongo.database import Database

from store.connection import Document
from store.index import dictionary, retokenized
from store.settings import settings
from store.vectors import unpack
from text.analysis.analyzer import Analyzer
from text.analysis.bigrams import bigrams
from text.analysis.document import analyzed_article, concept_of, concept_token, is_concept_token

TEXTS = ("revision", "title", "summary", "body", "access", "vector", "page_vectors", "bigrams")
"""The fields of an article's document that ``row_of`` reads."""


@lru_cache(maxsize=1)
def current_analyzer() -> Analyzer:
    """This program's analyzer."""
    return Analyzer(settings().data / "cache")


def row_of(database: Database[Document], analyzer: str, article: Document) -> Document:
    """The row of *article* in ``retokenized``.

    Where its text may not be kept, its old tokens are re-tokenized one by one, so that no token of the text is lost.
    """
    body, summary = article["body"], article["summary"]
    texts = body.split("\f") if body else [summary]
    pages, digest, article_bigrams = analyzed_article(article["title"], texts, current_analyzer())
    bags, pairs = [Counter(page) for page in pages], Counter(article_bigrams)
    if not body and article["access"] != "full":
        vectors = [bytes(data) for data in article["page_vectors"] or [article["vector"]]]
        old = _retokenized_bags(database, vectors, _retokenized)
        # With no more tokens than title and summary have, there was no text.
        if sum(page.total() for page in old) > bags[0].total():
            old[0] |= bags[0]
            (old_pairs,) = _retokenized_bags(database, [bytes(article.get("bigrams", b"\x00"))], _retokenized_pair)
            for concepts in _retokenized_bags(database, vectors, _concepts):
                old_pairs |= concepts  # those of several words cannot be found again, and stay if they were known
            kept = article["_id"], article["revision"]
            return retokenized.row(analyzer, *kept, old, old_pairs | pairs, None, True)
    return retokenized.row(analyzer, article["_id"], article["revision"], bags, pairs, digest, False)


def _retokenized_bags(
    database: Database[Document], vectors: Sequence[bytes], tokens_of: Callable[[str], Sequence[str]]
) -> list[Counter[str]]:
    """The bags of words in packed *vectors*, each token re-tokenized by itself with *tokens_of*."""
    bags = [unpack(data) for data in vectors]
    texts = dictionary.tokens_of(database, {token for bag in bags for token, _ in bag})
    retokenized_bags: list[Counter[str]] = []
    for bag in bags:
        counts = Counter[str]()
        for token, count in bag:
            for new_token in tokens_of(texts.get(token, "")):
                counts[new_token] += count
        retokenized_bags.append(counts)
    return retokenized_bags


@lru_cache(maxsize=200_000)
def _retokenized(token: str) -> tuple[str, ...]:
    return tuple(current_analyzer().tokens(token))


def _retokenized_pair(token: str) -> Sequence[str]:
    """What is indexed for a bigram or the token of a concept: nothing for a concept that is no more."""
    return ([token] if concept_of(token) else []) if is_concept_token(token) else bigrams(token)


@lru_cache(maxsize=200_000)
def _concepts(token: str) -> tuple[str, ...]:
    return tuple(concept_token(match.term) for match in current_analyzer().terms_of_trade(token))
