"""Articles with their token vectors in MongoDB: one document each, written by one upsert, unchanged content not at all.

``_document`` decides which fields a stored article has.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from bson import Binary
from pymongo import UpdateOne
from pymongo.database import Database

from store import counters
from store.article import Access, Article, File
from store.connection import Document, committed
from store.documents import archive, stories
from store.documents.embeddings import Embeddings
from store.failover import repeat, repeated
from store.vectors import pack

BagOfWords = list[tuple[int, int]]
"""(token id, count) of each token of a text, as gensim's ``doc2bow`` gives it."""

Outcome = Literal["new", "changed", "unchanged"]

READY, UNGROUPED = "ready", "ungrouped"
"""Values of the field ``unmatched``: no watch has seen the article yet; nor is it in its story."""

_NOT_CONTENT = ("fetched",)
_READ = dict.fromkeys((*(name for name in Article.__dataclass_fields__ if name != "id"), "page_vectors"), 1)
_TOKEN_FIELDS = ("content", "length", "vector", "page_vectors", "bigrams")


@dataclass
class VectorizedArticle:
    """An article with its token vectors and embeddings, ready to be stored.

    ``bags``: the tokens of each page; one page for an article without pages. ``digest``: digest of the text, by which
    it is found again under another address; "" for texts too short to tell. ``raw``: the bytes it was read from, where
    they may be kept. ``bigrams``: counts of the bigrams of Han characters.
    """

    article: Article
    bags: list[BagOfWords]
    digest: str = ""
    raw: archive.Raw | None = None
    bigrams: BagOfWords = field(default_factory=list)
    embeddings: Embeddings | None = None

    @cached_property
    def document(self) -> Document:
        """The stored document except for the fields that the database sets; made at first use, in that thread."""
        return _document(self)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as it is read back. ``page_vectors``: the packed vector of each page of a report, else empty."""

    article: Article
    page_vectors: list[bytes]


def write(
    database: Database[Document],
    articles: Sequence[VectorizedArticle],
    grouped_later: bool = False,
    confirm: Callable[[], None] = lambda: None,
) -> dict[str, Outcome]:
    """Store *articles* and say for each article id what that did.

    An article whose content is stored already is not written, so a repeated crawl changes nothing. What is written is
    ``pending`` until the compactor has packed it into a segment, and gets a revision that no other version of the
    article ever has. ``stored`` is the time of the database server, which all writers share. It is ``unmatched`` until
    the matcher of the watches has seen this revision; *grouped_later*: the caller assigns the stories next, and calls
    ``note_grouped`` then. *confirm* is called immediately before the articles are written, and may raise.
    """
    documents = {analyzed.article.id: analyzed.document for analyzed in articles}
    present = _contents(database, list(documents))
    outcomes: dict[str, Outcome] = {}
    changes: dict[str, Document] = {}
    for key, document in documents.items():
        if present.get(key) == document["content"]:
            outcomes[key] = "unchanged"
            continue
        outcomes[key] = "changed" if key in present else "new"
        changes[key] = document
    written = [analyzed for analyzed in articles if outcomes[analyzed.article.id] != "unchanged"]
    archive.keep(database, (_of_source(analyzed.raw, analyzed.article.source) for analyzed in written if analyzed.raw))
    if changes:
        revision = counters.reserve(database, counters.REVISIONS, 1)
        state = UNGROUPED if grouped_later else READY
        writes = [_upsert(changes[key], revision, state) for key in changes]

        def attempt() -> None:
            # After the revision is reserved: whoever is paused here writes later, but never over what another process
            # has written under a lease that it took since, as that one's revision is higher.
            confirm()
            database.articles.bulk_write(writes, ordered=False)

        repeat(database, attempt)
    return outcomes


@repeated
def _contents(database: Database[Document], ids: list[str]) -> dict[str, str]:
    """The content hashes of those of *ids* that are stored, also if the primary dies now."""
    rows = committed(database).articles.find({"_id": {"$in": ids}}, {"content": 1})
    return {row["_id"]: row["content"] for row in rows}


def note_grouped(database: Database[Document], ids: Iterable[str]) -> None:
    """Note that the articles *ids* are in their stories, for the matcher of the watches, which waits for that."""
    waiting = {"_id": {"$in": list(ids)}, "unmatched": UNGROUPED}
    repeat(database, lambda: database.articles.update_many(waiting, {"$set": {"unmatched": READY}}))


def delete(database: Database[Document], ids: Iterable[str]) -> int:
    """Delete the articles *ids* and their fingerprints; how many there were. The next crawl asks for their pages again.

    Each deletion is noted in ``deleted`` for readers until the compactor has applied it. A process that is killed in
    between has deleted an article or only noted it; the compactor then deletes what is noted.
    """
    gone, left = set[str](), set(ids)
    while left:
        rows = list(database.articles.find({"_id": {"$in": sorted(left)}}, {"revision": 1, "source": 1}))
        if not rows:
            break
        # The next crawl reads the lists of these sources whole: a 304 would hide the pages to be fetched again.
        sources = sorted({row["source"] for row in rows})
        database.pages.delete_many({"source": {"$in": sources}, "outcome": "entry"})
        # The note comes first: an article deleted without one would be found until a compaction counts all articles.
        notes = [UpdateOne({"_id": row["_id"]}, {"$max": {"revision": row["revision"]}}, upsert=True) for row in rows]
        database.deleted.bulk_write(notes, ordered=False)
        for row in rows:
            # Not deleted if it has another revision by now: it was written since, and is tried again.
            if database.articles.delete_one({"_id": row["_id"], "revision": row["revision"]}).deleted_count:
                gone.add(row["_id"])
        left &= {row["_id"] for row in rows} - gone
    stories.remove_articles(database, gone)
    return len(gone)


def read(database: Database[Document], ids: Iterable[str]) -> dict[str, StoredArticle]:
    """The stored articles among *ids*, by id."""
    rows = database.articles.find({"_id": {"$in": list(ids)}}, _READ)
    return {row["_id"]: StoredArticle(_article(row), row["page_vectors"]) for row in rows}


def existing_ids(database: Database[Document], ids: Iterable[str]) -> set[str]:
    """Those of the article *ids* that are stored."""
    return {row["_id"] for row in database.articles.find({"_id": {"$in": list(ids)}}, {"_id": 1})}


def write_times(database: Database[Document], ids: Iterable[str]) -> dict[str, datetime]:
    """When the present content of each of the articles *ids* was written; without those that are not stored."""
    rows = database.articles.find({"_id": {"$in": list(ids)}}, {"stored": 1})
    return {row["_id"]: row["stored"] for row in rows}


def newest_write(database: Database[Document]) -> datetime | None:
    """When an article was last written; None without any."""
    row = database.articles.find_one({}, {"stored": 1}, sort=[("stored", -1)])
    return row["stored"] if row else None


@repeated
def access_of(database: Database[Document], ids: Collection[str]) -> dict[str, Access]:
    """How much is kept of those of the article *ids* that are stored."""
    return {row["_id"]: row["access"] for row in database.articles.find({"_id": {"$in": list(ids)}}, {"access": 1})}


@repeated
def dates_of(database: Database[Document], ids: Collection[str]) -> dict[str, datetime | None]:
    """The dates of those of the article *ids* that are stored."""
    rows = database.articles.find({"_id": {"$in": list(ids)}}, {"published": 1})
    return {row["_id"]: row["published"] for row in rows}


@repeated
def find_digests(database: Database[Document], digests: Collection[str]) -> dict[str, str]:
    """For each of the text *digests* that is stored, the id of the article that was stored with it first."""
    # Committed: the copy of an article is dropped because of it.
    stored = committed(database).articles
    found: dict[str, str] = {}
    for row in stored.find({"digest": {"$in": list(digests)}}, {"digest": 1}).sort("first_stored", 1):
        found.setdefault(row["digest"], row["_id"])
    return found


def token_fields(row: Document, bags: list[BagOfWords], bigrams: BagOfWords, digest: str) -> Document:
    """The fields of the stored article *row* that depend on its tokens, for the new *bags*, *bigrams* and *digest*."""
    analyzed = VectorizedArticle(_article(row), bags, digest, bigrams=bigrams)
    document = _document(analyzed, row.get("encoder", ""))
    return {name: document[name] for name in (*_TOKEN_FIELDS, "digest") if name in document}


def add_address(database: Database[Document], article_id: str, url: str) -> None:
    """Record that the text of a stored article is also at *url*."""
    change = {"$addToSet": {"also_at": url}}
    repeat(database, lambda: database.articles.update_one({"_id": article_id}, change))


def quarantine(
    database: Database[Document],
    source: str,
    url: str,
    reasons: list[str],
    seen: datetime,
    key: str,
    raw: archive.Raw | None = None,
) -> None:
    """Record a refused page, once an address (*key*), with the reasons and the bytes that it was read from."""
    refused: Document = {"source": source, "url": url, "reasons": reasons, "seen": seen}
    if raw:
        archive.keep(database, [_of_source(raw, source)])
        refused["raw"] = raw.reference()
    repeat(database, lambda: database.quarantine.replace_one({"_id": key}, refused, upsert=True))


def release(database: Database[Document], keys: Iterable[str]) -> None:
    """Remove addresses from quarantine whose articles have been stored since."""
    stored = {"_id": {"$in": list(keys)}}
    repeat(database, lambda: database.quarantine.delete_many(stored))


def _of_source(raw: archive.Raw, source: str) -> archive.Raw:
    raw.source = source
    return raw


def _upsert(document: Document, revision: int, unmatched: str) -> UpdateOne:
    set_by_database = {
        "stored": "$$NOW",
        "first_stored": {"$ifNull": ["$first_stored", "$$NOW"]},
        "revision": revision,
        "pending": True,
        "unmatched": unmatched,
        "also_at": {"$ifNull": ["$also_at", []]},
        "story": {"$ifNull": ["$story", document["_id"]]},
    }
    # $literal: a title that begins with "$" is a title, not an expression.
    replacement = {"$mergeObjects": [{"$literal": document}, set_by_database]}
    # Of two processes that write one article at once the higher revision wins, so that a revision never decreases.
    is_newer = {"$gt": [{"$ifNull": ["$revision", 0]}, revision]}
    return UpdateOne(
        {"_id": document["_id"]}, [{"$replaceWith": {"$cond": [is_newer, "$$ROOT", replacement]}}], upsert=True
    )


def _document(analyzed: VectorizedArticle, encoder: str = "") -> Document:
    """The stored document. *encoder*: that of the embeddings stored before, where *analyzed* brings none."""
    fields = {name: getattr(analyzed.article, name) for name in Article.__dataclass_fields__}
    fields["files"] = [asdict(file) for file in analyzed.article.files]
    vector = Counter[int]()
    for bag in analyzed.bags:
        vector.update(dict(bag))
    encoder = analyzed.embeddings.encoder if analyzed.embeddings else encoder
    document = {"_id": fields.pop("id"), **fields}
    document["content"] = _content_hash(fields, analyzed.bags, encoder)
    document["length"] = vector.total()
    document["vector"] = Binary(pack(vector.items()))
    document["page_vectors"] = [Binary(pack(bag)) for bag in analyzed.bags] if len(analyzed.bags) > 1 else []
    document["bigrams"] = Binary(pack(analyzed.bigrams))
    if analyzed.embeddings:
        document |= analyzed.embeddings.fields()
    if analyzed.digest:
        document["digest"] = analyzed.digest
    if analyzed.raw:
        document["raw"] = analyzed.raw.reference()
    return document


def _content_hash(fields: Document, bags: list[BagOfWords], encoder: str) -> str:
    """SHA-256 of all that makes a new version of an article: its fields, its tokens and the encoder."""
    content = {name: value for name, value in fields.items() if name not in _NOT_CONTENT}
    # With the encoder, so that re-reading the archive after a change of encoder replaces all embeddings.
    text = json.dumps([content, bags, *([encoder] if encoder else [])], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _article(row: Document) -> Article:
    names = [name for name in Article.__dataclass_fields__ if name != "id"]
    fields = {name: row[name] for name in names} | {"files": [File(**file) for file in row["files"]]}
    article = Article(**fields)
    article.id = row["_id"]
    return article
