"""Vectors of another analyzer beside the present ones, until the index is switched to them, then in their place.

Collection ``retokenized``: ``{_id, article, revision, digest, carried, words, pairs, fields?}``. ``words`` are the bags
of an article's pages as texts (see ``packed_words``), ``pairs`` its pairs of Han characters likewise; ``fields`` what
its document is to get. ``_id`` begins with a hash of the analyzer's version. Rows of the manifest's own analyzer are
what a switch has left to be done: ``finish`` does it, whoever comes first.
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

_AT_ONCE = 500  # rows in one question or write

Words = Mapping[str, int]


def key(analyzer: str, article: str) -> str:
    """The ``_id`` of *article* cut by *analyzer*."""
    return f"{hashlib.sha256(analyzer.encode()).hexdigest()[:16]}:{article}"


def row(
    analyzer: str,
    article: str,
    revision: int,
    pages: Iterable[Words],
    pairs: Words,
    digest: str | None,
    carried: bool,
) -> Document:
    """A row: the words of *pages*; *digest* None where the old one stays; *carried* from the old vectors."""
    facts = {"article": article, "revision": revision, "digest": digest, "carried": carried}
    counts = {"words": [Binary(packed_words(page)) for page in pages], "pairs": Binary(packed_words(pairs))}
    return {"_id": key(analyzer, article)} | facts | counts


def packed_words(words: Words) -> bytes:
    """*words* and how often each occurs, compressed: a line each, after a tab the number."""
    return zlib.compress("\n".join(f"{word}\t{words[word]}" for word in sorted(words)).encode())


def unpacked_words(data: bytes) -> Counter[str]:
    """What ``packed_words`` packed."""
    lines = zlib.decompress(data).decode().split("\n")
    return Counter({word: int(number) for word, _, number in (line.partition("\t") for line in lines if line)})


def write(database: Database[Document], rows: Iterable[Document]) -> None:
    """Store *rows*, in place of older ones of the same articles."""
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        database.retokenized.bulk_write([ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in some], False)


def fill(database: Database[Document], fields: Mapping[str, Document]) -> None:
    """Add to rows, by ``_id``, what the articles' documents are to get."""
    if fields:
        writes = [UpdateOne({"_id": one}, {"$set": {"fields": found}}) for one, found in fields.items()]
        database.retokenized.bulk_write(writes, ordered=False)


def read(database: Database[Document], analyzer: str, articles: Iterable[str]) -> Iterator[Document]:
    """The rows of those of *articles* that are done, in ascending order of id."""
    left = iter(articles)
    while some := [key(analyzer, article) for article in islice(left, _AT_ONCE)]:
        yield from database.retokenized.find({"_id": {"$in": some}}).sort("_id", 1)


def carried(database: Database[Document], analyzer: str) -> int:
    """How many articles keep words that another analyzer had cut."""
    return database.retokenized.count_documents(_of(analyzer) | {"carried": True})


def finish(database: Database[Document], analyzer: str) -> int:
    """Put what is there of *analyzer*, to which the index was switched, in place; how many rows.

    An article that was written again since has newer words. Killed anywhere, it goes on the next time.
    """
    done = 0
    while some := list(database.retokenized.find(_of(analyzer), {"words": 0, "pairs": 0}).limit(_AT_ONCE)):
        writes = [
            UpdateOne({"_id": one["article"], "revision": one["revision"]}, _change(one["fields"]))
            for one in some
            if "fields" in one
        ]
        if writes:
            database.articles.bulk_write(writes, ordered=False)
        database.retokenized.delete_many({"_id": {"$in": [one["_id"] for one in some]}})
        done += len(some)
    return done


def _change(fields: Document) -> Document:
    # A text may have become too short for a digest.
    return {"$set": fields} | ({} if "digest" in fields else {"$unset": {"digest": ""}})


def _of(analyzer: str) -> Document:
    prefix = key(analyzer, "")
    return {"_id": {"$gte": prefix, "$lt": prefix[:-1] + ";"}}  # the character after the colon
