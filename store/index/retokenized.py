"""Tokens of articles by another analyzer, kept until the index is switched to it and then moved into the articles.

Collection ``retokenized``: ``{_id, article, revision, digest, carried, words, pairs, fields?}``. ``words``: the tokens
of each page (see ``pack_tokens``); ``pairs``: the bigrams, likewise; ``carried``: the tokens were made from the old
tokens, as the text is not kept; ``fields``: what the article's document is to get. (Some of these stored names are
older than the words used here.) ``_id`` begins with a hash of the analyzer's version. Rows of the analyzer that the
manifest names are what a killed process has left to do: the next process to open the index does it (``finish``).
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from bson import Binary
from pymongo import ReplaceOne, UpdateOne
from pymongo.database import Database

from store.connection import Document

TokenCounts = Mapping[str, int]

_BATCH = 500  # rows in one query or write


def key(analyzer: str, article: str) -> str:
    """The ``_id`` of the row of *article*, tokenized by *analyzer*."""
    return f"{hashlib.sha256(analyzer.encode()).hexdigest()[:16]}:{article}"


def row(
    analyzer: str,
    article: str,
    revision: int,
    pages: Iterable[TokenCounts],
    bigrams: TokenCounts,
    digest: str | None,
    reused: bool,
) -> Document:
    """The row of an article. *digest* None: the old digest stays. *reused*: the tokens are made from the old tokens."""
    metadata = {"article": article, "revision": revision, "digest": digest, "carried": reused}
    counts = {"words": [Binary(pack_tokens(page)) for page in pages], "pairs": Binary(pack_tokens(bigrams))}
    return {"_id": key(analyzer, article)} | metadata | counts


def pack_tokens(tokens: TokenCounts) -> bytes:
    """*tokens* with their counts, compressed by zlib: a line each, token, tab, count."""
    return zlib.compress("\n".join(f"{token}\t{tokens[token]}" for token in sorted(tokens)).encode())


def unpack_tokens(data: bytes) -> Counter[str]:
    """The tokens and counts that ``pack_tokens`` packed."""
    lines = zlib.decompress(data).decode().split("\n")
    return Counter({token: int(count) for token, _, count in (line.partition("\t") for line in lines if line)})


def write(database: Database[Document], rows: Iterable[Document]) -> None:
    """Store *rows*, in place of older rows of the same articles and analyzer."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in batch]
        database.retokenized.bulk_write(writes, ordered=False)


def fill(database: Database[Document], fields: Mapping[str, Document]) -> None:
    """Set in the rows, by ``_id``, the *fields* that the articles' documents are to get."""
    if fields:
        writes = [UpdateOne({"_id": row_id}, {"$set": {"fields": values}}) for row_id, values in fields.items()]
        database.retokenized.bulk_write(writes, ordered=False)


def read(database: Database[Document], analyzer: str, articles: Iterable[str]) -> Iterator[Document]:
    """The rows of those of *articles* that *analyzer* has tokenized; each batch in ascending order of id."""
    remaining = iter(articles)
    while batch := [key(analyzer, article) for article in islice(remaining, _BATCH)]:
        yield from database.retokenized.find({"_id": {"$in": batch}}).sort("_id", 1)


def count_reused(database: Database[Document], analyzer: str) -> int:
    """How many articles have tokens made from tokens of the old analyzer."""
    return database.retokenized.count_documents(_by(analyzer) | {"carried": True})


def finish(database: Database[Document], analyzer: str) -> int:
    """Move the rows of *analyzer*, to which the index was switched, into the articles' documents; how many rows.

    An article that was written again since has newer tokens and is left alone. A killed process goes on where it was.
    """
    done = 0
    while batch := list(database.retokenized.find(_by(analyzer), {"words": 0, "pairs": 0}).limit(_BATCH)):
        writes = [
            UpdateOne({"_id": document["article"], "revision": document["revision"]}, _change(document["fields"]))
            for document in batch
            if "fields" in document
        ]
        if writes:
            database.articles.bulk_write(writes, ordered=False)
        database.retokenized.delete_many({"_id": {"$in": [document["_id"] for document in batch]}})
        done += len(batch)
    return done


def _change(fields: Document) -> Document:
    # A text may now be too short for a digest.
    return {"$set": fields} | ({} if "digest" in fields else {"$unset": {"digest": ""}})


def _by(analyzer: str) -> Document:
    """Condition for the rows of *analyzer*."""
    prefix = key(analyzer, "")
    return {"_id": {"$gte": prefix, "$lt": prefix[:-1] + ";"}}  # ";" follows ":" in ASCII
