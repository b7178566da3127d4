"""Shared by tests of the index: articles with given tokens, and the content of an index in a form to compare."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from store.article import Article
from store.documents import articles
from store.index import segment_format, segments, snapshot
from store.index.dictionary import SharedDictionary
from store.index.segment_format import id_strings

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)


def article(name: str, title: str = "Title") -> Article:
    return Article(source="sia", url=f"https://a.example/{name}", title=title, fetched=NOW, body="text", language="en")


def key(name: str) -> str:
    """The id of the article *name*."""
    return article(name).id


def store(database, tokens_of: dict[str, str]) -> None:
    """Store articles: name -> tokens, separated by spaces."""
    dictionary = SharedDictionary(database)
    bags = dictionary.bags_of_words([tokens.split() for tokens in tokens_of.values()])
    analyzed = [articles.VectorizedArticle(article(name), [bag]) for name, bag in zip(tokens_of, bags, strict=True)]
    articles.write(database, analyzed)


def delete(database, names: Iterable[str]) -> int:
    return articles.delete(database, [key(name) for name in names])


def facts_of(row: dict) -> tuple:
    """All that the index holds of an article, in a form to compare."""
    return (row["revision"], row["length"], row["published"], row["source"], row["language"], bytes(row["vector"]))


def content(database) -> dict[str, tuple]:
    """What a reader finds that follows ``FORMAT.md``, by article id. Fails if an article is found twice."""
    state = snapshot.read(database)
    pending, deleted = dict(state.pending), dict(state.deleted)
    found: dict[str, tuple] = {}
    for entry in state.manifest.segments:
        segment = segment_format.decode(segments.read(database, entry.sha256, entry.parts))
        dead = set(entry.deleted_rows.tolist())
        ids, start = id_strings(segment.ids), segment.vector_start["words"]
        for row, name in enumerate(ids):
            revision = int(segment.revisions[row])
            gone = revision <= deleted.get(name, -1) and pending.get(name) != revision
            if row in dead or gone or pending.get(name, revision) != revision:
                continue
            assert name not in found, f"{name} is found twice"
            found[name] = (
                revision,
                int(segment.lengths[row]),
                segment_format.NO_DATE
                if segment.published[row] == segment_format.NO_DATE
                else int(segment.published[row]),
                segment.source_names[segment.sources[row]],
                segment.language_names[segment.languages[row]],
                segment.vectors["words"][start[row] : start[row + 1]].tobytes(),
            )
    for row in snapshot.documents(database, set(pending) - set(found)):
        found[row["_id"]] = facts_of(row | {"published": segment_format.seconds(row["published"])})
    return found


def stored(database) -> dict[str, tuple]:
    """The same of the articles themselves: what a reader should find."""
    rows = database.articles.find({}, snapshot.PROJECTION)
    return {row["_id"]: facts_of(row | {"published": segment_format.seconds(row["published"])}) for row in rows}
