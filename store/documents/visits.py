"""Visits: for each address that a crawl requested the last result, when to request it again, and with which validators.

The collection is called ``pages``, which is older than the term visit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from pymongo import UpdateOne
from pymongo.database import Database

from store.article import article_id, canonical_address
from store.connection import Document
from store.documents.articles import existing_ids
from store.failover import repeated


@dataclass(slots=True)
class Visit:
    """One address: a page or document that an entry page links to, or an entry page itself (``outcome`` "entry").

    ``outcome`` is "stored" if the article ``article`` was made of it, else the reason why none was. Field names are
    those of the collection.
    """

    address: str
    source: str
    outcome: str
    seen: datetime
    due: datetime
    """When to request it again."""
    article: str = ""
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    """Of an entry page's bytes, for sites that never answer "not modified"."""
    title: str = ""
    """As the entry page gives it, like ``modified``; if it changes, the page is visited again."""
    modified: datetime | None = None
    trusted: bool = True
    """The page really had changed when its entry page last said so."""
    dated_by: str = ""
    """The document that was read for the date of the article; "" where none was."""
    listed_at: list[str] = field(default_factory=list)
    """The complete lists (entry pages) that showed it."""
    further: list[str] = field(default_factory=list)
    """The entry pages that this entry page links to."""
    gone: datetime | None = None
    """When it was first missing from the site."""
    first: datetime | None = None
    """When it was first visited. ``write`` sets it in the database at the first visit and ignores it here."""


@repeated
def find(database: Database[Document], addresses: Collection[str]) -> dict[str, Visit]:
    """The visits of *addresses*, without those whose article is not stored any more.

    An address that was never visited has the visit of another address if that one's article has its address.
    """
    last_visits = {
        visit.address: visit for visit in map(_visit, database.pages.find({"_id": {"$in": list(addresses)}}))
    }
    own = {article_id(address): address for address in addresses if address not in last_visits}
    for visit in map(_visit, database.pages.find({"article": {"$in": list(own)}})):
        # The entry page's title and date were of the other address.
        last_visits[own[visit.article]] = replace(visit, title="", modified=None)
    stored = existing_ids(database, {visit.article for visit in last_visits.values() if visit.article})
    return {address: visit for address, visit in last_visits.items() if not visit.article or visit.article in stored}


@repeated
def was_dated_by(database: Database[Document], article: str, document: str, since: datetime) -> bool:
    """Whether *document* was read for the date of *article* after *since*, at whichever address the article was."""
    visit = {"article": article, "dated_by": document, "seen": {"$gt": since}}
    return database.pages.find_one(visit, {"_id": 1}) is not None


def article_at(database: Database[Document], address: str) -> str:
    """The id of the stored article that is at *address*, or was made of the page there; "" for none."""
    canonical = canonical_address(address)
    row = database.pages.find_one({"_id": canonical}, {"article": 1}) or {}
    wanted = [article_id(canonical), *filter(None, [row.get("article")])]
    stored = existing_ids(database, wanted)
    return next((key for key in wanted if key in stored), "")


@repeated
def write(database: Database[Document], visits: Sequence[Visit]) -> None:
    """Store *visits*, and set or remove ``gone`` in the articles of pages that have gone or come back."""
    if not visits:
        return
    writes = []
    for visit in visits:
        row = asdict(visit)
        key, _ = row.pop("address"), row.pop("first")
        writes.append(UpdateOne({"_id": key}, {"$set": row, "$setOnInsert": {"first": visit.seen}}, upsert=True))
    database.pages.bulk_write(writes, ordered=False)
    _set_gone(database, [visit.article for visit in visits if visit.article and visit.gone], visits[0].seen)
    back = [visit.article for visit in visits if visit.article and not visit.gone]
    database.articles.update_many({"_id": {"$in": back}, "gone": {"$exists": True}}, {"$unset": {"gone": ""}})


@repeated
def mark_missing(database: Database[Document], entry: str, shown: Collection[str], now: datetime) -> int:
    """Set ``gone`` for pages that the complete list at *entry* once showed and shows no more; how many.

    *shown*: all addresses that it shows now. Articles are marked like their pages.
    """
    missing = {"listed_at": entry, "_id": {"$nin": list(shown)}, "gone": None, "outcome": "stored"}
    rows = list(database.pages.find(missing, {"article": 1}))
    database.pages.update_many({"_id": {"$in": [row["_id"] for row in rows]}}, {"$set": {"gone": now}})
    _set_gone(database, [row["article"] for row in rows], now)
    return len(rows)


def _set_gone(database: Database[Document], articles: list[str], now: datetime) -> None:
    """Set ``gone`` in those of *articles* that no address leads to any more; the articles are kept."""
    if articles:
        reachable = database.pages.distinct("article", {"article": {"$in": articles}, "gone": None})
        gone = {"_id": {"$in": articles, "$nin": reachable}, "gone": {"$exists": False}}
        database.articles.update_many(gone, {"$set": {"gone": now}})


def _visit(row: Document) -> Visit:
    return Visit(address=row["_id"], **{name: row[name] for name in Visit.__dataclass_fields__ if name in row})
