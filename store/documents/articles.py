"""Articles with their vectors in MongoDB: one document each, one upsert, nothing changed when nothing changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from bson import Binary
from pymongo import UpdateOne
from pymongo.database import Database

from store import archive, counters, stories
from store.article import Article, File
from store.connection import Document
from store.meaning import Meaning
from store.vectors import pack

BagOfWords = list[tuple[int, int]]
Outcome = Literal["new", "changed", "unchanged"]

_NOT_CONTENT = ("fetched",)
_READ = dict.fromkeys((*(name for name in Article.__dataclass_fields__ if name != "id"), "page_vectors"), 1)
_OF_WORDS = ("content", "length", "vector", "page_vectors", "bigrams")


@dataclass
class Entry:
    """An article as it is to be stored, with a bag of words for each page (one page for what has no pages).

    ``digest`` stands for the text, to know it again under another address; "" for texts too short to tell. ``raw`` is
    what it was read from, where that may be kept. ``bigrams`` are counts of pairs of Han characters.
    """

    article: Article
    bags: list[BagOfWords]
    digest: str = ""
    raw: archive.Raw | None = None
    bigrams: BagOfWords = field(default_factory=list)
    meaning: Meaning | None = None

    @cached_property
    def document(self) -> Document:
        """What is stored, but for what the database sets; made by who asks first, in whatever thread."""
        return _document(self)


def write(database: Database[Document], entries: Sequence[Entry]) -> dict[str, Outcome]:
    """Store *entries* and tell, by article id, what that did.

    An entry whose content is stored already is not written again, so a repeated crawl changes nothing. The
    time ``stored`` is the database's own clock, the one that all writers share. What is written is ``pending`` until
    the compactor has packed it into a segment, and has a revision that no other writing of this article ever has.
    """
    documents = {entry.article.id: entry.document for entry in entries}
    present = {
        row["_id"]: row["content"] for row in database.articles.find({"_id": {"$in": list(documents)}}, {"content": 1})
    }
    outcomes: dict[str, Outcome] = {}
    changes: dict[str, Document] = {}
    for key, document in documents.items():
        if present.get(key) == document["content"]:
            outcomes[key] = "unchanged"
            continue
        outcomes[key] = "changed" if key in present else "new"
        changes[key] = document
    written = [entry for entry in entries if outcomes[entry.article.id] != "unchanged"]
    archive.keep(database, (entry.raw for entry in written if entry.raw))
    if changes:
        revision = counters.reserve(database, counters.REVISIONS, 1)
        database.articles.bulk_write([_upsert(changes[key], revision) for key in changes], ordered=False)
    return outcomes


def delete(database: Database[Document], ids: Iterable[str]) -> int:
    """Remove articles and their portraits; how many there were.

    Readers learn of it from ``deleted``, until the compactor has settled it. A process that is killed in the middle has
    deleted or not; the compactor finishes what is in ``deleted``.
    """
    gone, left = set[str](), set(ids)
    while left:
        rows = list(database.articles.find({"_id": {"$in": sorted(left)}}, {"revision": 1}))
        if not rows:
            break
        # The note comes first: an article gone without one would be found until somebody counts.
        notes = [UpdateOne({"_id": row["_id"]}, {"$max": {"revision": row["revision"]}}, upsert=True) for row in rows]
        database.deleted.bulk_write(notes, ordered=False)
        for row in rows:
            # Of another revision by now: written since, and looked at again.
            if database.articles.delete_one({"_id": row["_id"], "revision": row["revision"]}).deleted_count:
                gone.add(row["_id"])
        left &= {row["_id"] for row in rows} - gone
    stories.leave(database, gone)
    return len(gone)


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it is read back; ``page_vectors`` are packed, one for each page of a report, none for others."""

    article: Article
    page_vectors: list[bytes]


def read(database: Database[Document], ids: Iterable[str]) -> dict[str, Stored]:
    """The stored articles among *ids*, by id."""
    rows = database.articles.find({"_id": {"$in": list(ids)}}, _READ)
    return {row["_id"]: Stored(_article(row), row["page_vectors"]) for row in rows}


def known_addresses(database: Database[Document], ids: Iterable[str]) -> set[str]:
    """Which of the article *ids* are stored."""
    return {row["_id"] for row in database.articles.find({"_id": {"$in": list(ids)}}, {"_id": 1})}


def find_digests(database: Database[Document], digests: Iterable[str]) -> dict[str, str]:
    """By text digest, the id of the article that was stored first with it; only of *digests* that are stored."""
    found: dict[str, str] = {}
    for row in database.articles.find({"digest": {"$in": list(digests)}}, {"digest": 1}).sort("first_stored", 1):
        found.setdefault(row["digest"], row["_id"])
    return found


def made_of_words(row: Document, bags: list[BagOfWords], pairs: BagOfWords, digest: str) -> Document:
    """The fields of the stored article *row* that follow from the words of its pages (*bags*) and its *pairs*."""
    document = _document(Entry(_article(row), bags, digest, bigrams=pairs), row.get("encoder", ""))
    return {name: document[name] for name in (*_OF_WORDS, "digest") if name in document}


def add_address(database: Database[Document], article_id: str, url: str) -> None:
    """Note that the text of a stored article also stands at *url*."""
    database.articles.update_one({"_id": article_id}, {"$addToSet": {"also_at": url}})


def quarantine(
    database: Database[Document],
    source: str,
    url: str,
    reasons: list[str],
    seen: datetime,
    key: str,
    raw: archive.Raw | None = None,
) -> None:
    """Keep what was refused: where it is and why, once per address (*key*), and what it was read from."""
    refused: Document = {"source": source, "url": url, "reasons": reasons, "seen": seen}
    if raw:
        archive.keep(database, [raw])
        refused["raw"] = raw.reference()
    database.quarantine.replace_one({"_id": key}, refused, upsert=True)


def release(database: Database[Document], keys: Iterable[str]) -> None:
    """Take addresses out of quarantine: they have been stored since."""
    database.quarantine.delete_many({"_id": {"$in": list(keys)}})


def _upsert(document: Document, revision: int) -> UpdateOne:
    moving = {
        "stored": "$$NOW",
        "first_stored": {"$ifNull": ["$first_stored", "$$NOW"]},
        "revision": revision,
        "pending": True,
        "also_at": {"$ifNull": ["$also_at", []]},
        "story": {"$ifNull": ["$story", document["_id"]]},
    }
    # $literal: a title that begins with "$" is a title, not an expression.
    replacement = {"$mergeObjects": [{"$literal": document}, moving]}
    # Of two that write one article at once the higher revision stays, so that a revision never goes back.
    later = {"$gt": [{"$ifNull": ["$revision", 0]}, revision]}
    return UpdateOne(
        {"_id": document["_id"]}, [{"$replaceWith": {"$cond": [later, "$$ROOT", replacement]}}], upsert=True
    )


def _document(entry: Entry, encoder: str = "") -> Document:
    """*encoder*: whose meaning the stored article has, where *entry* brings none of its own."""
    fields = {name: getattr(entry.article, name) for name in Article.__dataclass_fields__}
    fields["files"] = [asdict(file) for file in entry.article.files]
    vector = Counter[int]()
    for bag in entry.bags:
        vector.update(dict(bag))
    document = {"_id": fields.pop("id"), **fields}
    document["content"] = _content_hash(fields, entry.bags, entry.meaning.encoder if entry.meaning else encoder)
    document["length"] = vector.total()
    document["vector"] = Binary(pack(vector.items()))
    document["page_vectors"] = [Binary(pack(bag)) for bag in entry.bags] if len(entry.bags) > 1 else []
    document["bigrams"] = Binary(pack(entry.bigrams))
    if entry.meaning:
        document |= entry.meaning.fields()
    if entry.digest:
        document["digest"] = entry.digest
    if entry.raw:
        document["raw"] = entry.raw.reference()
    return document


def _content_hash(fields: Document, bags: list[BagOfWords], encoder: str) -> str:
    content = {name: value for name, value in fields.items() if name not in _NOT_CONTENT}
    # With another encoder it is written again, so that reading the archive again replaces all vectors.
    text = json.dumps([content, bags, *([encoder] if encoder else [])], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _article(row: Document) -> Article:
    names = [name for name in Article.__dataclass_fields__ if name != "id"]
    fields = {name: row[name] for name in names} | {"files": [File(**file) for file in row["files"]]}
    article = Article(**fields)
    article.id = row["_id"]
    return article
