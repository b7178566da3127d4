"""What tests of the index share: articles of given words, and the index's whole content in a form to compare."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from store import articles, segments, snapshot
from store.article import Article
from store.segments import id_strings
from store.terms import SharedDictionary

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)


def article(name: str, title: str = "Title") -> Article:
    return Article(source="sia", url=f"https://a.example/{name}", title=title, fetched=NOW, body="text", language="en")


def key(name: str) -> str:
    """The id of the article *name*."""
    return article(name).id


def store(database, words_of: dict[str, str]) -> None:
    """Write articles: name -> their words."""
    dictionary = SharedDictionary(database)
    bags = dictionary.bags_of_words([words.split() for words in words_of.values()])
    entries = [articles.Entry(article(name), [bag]) for name, bag in zip(words_of, bags, strict=True)]
    articles.write(database, entries)


def delete(database, names: Iterable[str]) -> int:
    return articles.delete(database, [key(name) for name in names])


def facts_of(row: dict) -> tuple:
    """All that the index knows of an article, in a form to compare."""
    return (row["revision"], row["length"], row["published"], row["source"], row["language"], bytes(row["vector"]))


def content(database) -> dict[str, tuple]:
    """What a reader finds, read as FORMAT.md says. Fails where an article is found twice."""
    state = snapshot.read(database)
    pending, deleted = dict(state.pending), dict(state.deleted)
    found: dict[str, tuple] = {}
    for entry in state.manifest.segments:
        segment = segments.decode(segments.read(database, entry.sha256, entry.parts))
        dead = set(entry.dead_rows.tolist())
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
                segments.NEVER if segment.published[row] == segments.NEVER else int(segment.published[row]),
                segment.source_names[segment.sources[row]],
                segment.language_names[segment.languages[row]],
                segment.vectors["words"][start[row] : start[row + 1]].tobytes(),
            )
    for row in snapshot.documents(database, set(pending) - set(found)):
        found[row["_id"]] = facts_of(row | {"published": segments.seconds(row["published"])})
    return found


def stored(database) -> dict[str, tuple]:
    """The same of the articles themselves: what a reader ought to find."""
    rows = database.articles.find({}, snapshot.PROJECTION)
    return {row["_id"]: facts_of(row | {"published": segments.seconds(row["published"])}) for row in rows}
