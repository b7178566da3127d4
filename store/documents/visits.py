"""What is remembered of addresses that were asked for: what came of them, and what to ask with next time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from pymongo import UpdateOne
from pymongo.database import Database

from store.article import article_id
from store.articles import known_addresses
from store.connection import Document


@dataclass(slots=True)
class Page:
    """One address: of a page or document that an entry led to, or of an entry itself (``outcome`` "entry").

    ``outcome`` is "stored" when article ``article`` stands for it, else what was wrong with it.
    """

    address: str
    source: str
    outcome: str
    seen: datetime
    due: datetime
    """When it is to be asked for again."""
    article: str = ""
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    """Of an entry's bytes, for sites that never say "not modified"."""
    title: str = ""
    """As the entry told it, like ``modified``; another one next time is a reason to look."""
    modified: datetime | None = None
    trusted: bool = True
    """The last time the entry said that the page had changed, it had."""
    listed_at: list[str] = field(default_factory=list)
    """The complete lists that showed it."""
    further: list[str] = field(default_factory=list)
    """The entries that this entry leads to."""
    gone: datetime | None = None
    first: datetime | None = None
    """When it was first written down; the database's to tell."""


def find(database: Database[Document], addresses: Iterable[str]) -> dict[str, Page]:
    """What is remembered of *addresses*; nothing of those whose article is not in the store any more.

    An article is also known by its own address where another one has led to it.
    """
    found = {page.address: page for page in map(_page, database.pages.find({"_id": {"$in": list(addresses)}}))}
    own = {article_id(address): address for address in addresses if address not in found}
    for page in map(_page, database.pages.find({"article": {"$in": list(own)}})):
        # What was told of the other address says nothing of this one.
        found[own[page.article]] = replace(page, title="", modified=None)
    present = known_addresses(database, {page.article for page in found.values() if page.article})
    return {address: page for address, page in found.items() if not page.article or page.article in present}


def write(database: Database[Document], pages: Sequence[Page]) -> None:
    """Remember *pages*, and mark their articles as gone from the site, or as back."""
    if not pages:
        return
    writes = []
    for page in pages:
        row = asdict(page)
        key, _ = row.pop("address"), row.pop("first")
        writes.append(UpdateOne({"_id": key}, {"$set": row, "$setOnInsert": {"first": page.seen}}, upsert=True))
    database.pages.bulk_write(writes, ordered=False)
    _mark(database, [page.article for page in pages if page.article and page.gone], pages[0].seen)
    back = [page.article for page in pages if page.article and not page.gone]
    database.articles.update_many({"_id": {"$in": back}, "gone": {"$exists": True}}, {"$unset": {"gone": ""}})


def mark_missing(database: Database[Document], entry: str, shown: Iterable[str], now: datetime) -> int:
    """Mark what the complete list at *entry* once showed and shows no more, with its articles; tell how many."""
    missing = {"listed_at": entry, "_id": {"$nin": list(shown)}, "gone": None, "outcome": "stored"}
    rows = list(database.pages.find(missing, {"article": 1}))
    database.pages.update_many({"_id": {"$in": [row["_id"] for row in rows]}}, {"$set": {"gone": now}})
    _mark(database, [row["article"] for row in rows], now)
    return len(rows)


def _mark(database: Database[Document], articles: list[str], now: datetime) -> None:
    """An article is kept when it has gone from every address that led to it; when that was seen stands beside it."""
    if articles:
        alive = database.pages.distinct("article", {"article": {"$in": articles}, "gone": None})
        gone = {"_id": {"$in": articles, "$nin": alive}, "gone": {"$exists": False}}
        database.articles.update_many(gone, {"$set": {"gone": now}})


def _page(row: Document) -> Page:
    return Page(address=row["_id"], **{name: row[name] for name in Page.__dataclass_fields__ if name in row})
