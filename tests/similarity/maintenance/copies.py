"""What tests of bulk jobs share: copies of a database, and all of an index in a form to compare to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store.connection import another_database, connect
from store.index import manifest, preparation, projections, segments

OF_WORDS = ("revision", "content", "digest", "length", "vector", "page_vectors", "bigrams", "pending")


@contextmanager
def copied(database, server: str, name: str = "copy") -> Iterator[tuple[object, str]]:
    """A database of its own with all that *database* has, and its address."""
    address = another_database(server, f"{database.name}_{name}")
    copy = connect(address)
    try:
        preparation.prepare(copy, manifest.read(database).analyzer)
        for name in database.list_collection_names():
            rows = list(database[name].find())
            copy[name].delete_many({})
            if rows:
                copy[name].insert_many(rows)
        yield copy, address
    finally:
        copy.client.drop_database(copy.name)
        copy.client.close()


def everything(database) -> dict[str, object]:
    """All that bulk jobs write, byte for byte."""
    named = manifest.read(database)
    topics = projections.current(database)
    return {
        "analyzer": named.analyzer,
        "segments": {
            entry.sha256: segments.read(database, entry.sha256, entry.parts)
            for entry in named.segments
            if not len(entry.deleted_rows)
        },
        "terms": {row["_id"]: row["id"] for row in database.terms.find()},
        "articles": {
            row["_id"]: {name: row.get(name) for name in OF_WORDS} for row in database.articles.find(sort=[("_id", 1)])
        },
        "topics": topics,
        "arrays": projections.read(database, topics.name) if topics else b"",
    }
