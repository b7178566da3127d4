"""Read the archive again, with today's reader and tokenizer, through the same pipelines, asking no site."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from pymongo.database import Database
from rich.console import Console
from rich.markup import escape
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from crawler.compose import article_from_page
from crawler.ledger import Ledger
from crawler.middlewares import NOBODY
from crawler.read import Unreadable
from crawler.sources import SOURCES
from crawler.way import Link
from pipelines.archive import shelf_of
from pipelines.storage import FAILED, storage_of
from store import archive
from store.article import Article
from store.articles import known_addresses, release
from store.connection import Document, StoreError, connect, database_address, store_errors
from store.errors import shown_in_one_line
from store.schema import IndexMismatch
from store.settings import SettingsError

FIELDS = ("title", "published", "authors", "tags", "summary", "language", "kind", "access", "files", "body")


@dataclass
class Report:
    """What reading again has done: the ``changed`` by address with what changed, counts, and what could not be read."""

    reread: int = 0
    changed: dict[str, list[str]] = field(default_factory=dict)
    released: int = 0
    without: int = 0
    dropped: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    failed: str = ""


class RereadSpider(Spider):
    """Yields the articles of the archive."""

    name = "reread"

    def __init__(self, places: list[tuple[str, str]], report: Report, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.places, self.report = places, report
        self.quarantined: dict[str, str] = {}

    async def start(self) -> AsyncIterator[Request]:
        yield Request(NOBODY, callback=self.read_archive)

    async def read_archive(self, _: Response) -> AsyncIterator[Article]:
        assert self.crawler.engine and self.crawler.stats
        storage, shelf, ledger = storage_of(self.crawler), shelf_of(self.crawler), Ledger.of(self.crawler)
        for collection, key in self.places:
            if not self.crawler.engine.running or self.crawler.stats.get_value(FAILED):
                return
            ledger.find(1)
            try:
                row, raw = await storage.call(_archived, collection, key)
                # In a thread: a long report takes seconds.
                article = await asyncio.to_thread(_read_again, row, raw)
            except (Unreadable, archive.NotArchived) as error:
                self.report.unreadable.append((key, str(error)))
                ledger.drop("unreadable", 1)
                continue
            except StoreError as error:
                storage.fail(str(error))
                return
            if collection == "articles":
                # Another address would make a second article of it.
                article = replace(article, url=row["url"])
            if article.access == "full":
                shelf[article.id] = raw
            self.report.reread += 1
            ledger.taken += 1
            if collection == "quarantine":
                self.quarantined[key] = article.id
            yield article


def _archived(database: Database[Document], collection: str, key: str) -> tuple[Document, archive.Raw]:
    """The document *key*, and the bytes that it refers to."""
    row = database[collection].find_one({"_id": key}, {"source": 1, "url": 1, "raw": 1})
    if row is None:
        raise archive.NotArchived("gone while the archive was read")
    return row, archive.read(database, row["raw"])


def _read_again(row: Document, raw: archive.Raw) -> Article:
    """The article that is made today of *raw*."""
    facts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in raw.link.items()
        if name in Link.__dataclass_fields__  # an older version may have known others
    }
    source = SOURCES[row["source"]]
    return article_from_page(raw.data, raw.url, Link(**facts), source, raw.captured, raw.type)


def reread(keys: list[str]) -> Report:
    """Read the archive of the sources *keys* again, of all without. Once per process, as the reactor runs once."""
    report = Report()
    address = database_address()
    with connect(address).client as client, store_errors(address):
        database = client.get_default_database()
        chosen: Document = {"source": {"$in": keys or list(SOURCES)}}
        archived = chosen | {"raw": {"$exists": True}}
        places = [(name, row["_id"]) for name in ("articles", "quarantine") for row in _ids(database, name, archived)]
        report.without = database.articles.count_documents(chosen | {"raw": {"$exists": False}})
        before = _facts(database, places)
        crawler = _crawl(places, report)
        assert crawler.stats
        report.failed = crawler.stats.get_value(FAILED, "")
        after = _facts(database, places)
        report.changed = _changes(before, after)
        report.released = _release(database, crawler)
        report.dropped = archive.drop_unused(database, {facts["raw"] for facts in before.values() if facts["raw"]})
    return report


def _ids(database: Database[Document], name: str, query: Document) -> list[Document]:
    return list(database[name].find(query, {"_id": 1}).sort("_id", 1))


def _crawl(places: list[tuple[str, str]], report: Report) -> Crawler:
    settings = get_project_settings()
    settings.set("LOG_LEVEL", "ERROR")  # what changed is in the report
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(RereadSpider)
    process.crawl(crawler, places=places, report=report)
    process.start()
    return crawler


def _release(database: Database[Document], crawler: Crawler) -> int:
    """Take out of quarantine what has become an article, maybe under another address; how many."""
    assert isinstance(crawler.spider, RereadSpider)
    quarantined = crawler.spider.quarantined
    stored = known_addresses(database, quarantined.values())
    released = [key for key, article in quarantined.items() if article in stored]
    release(database, released)
    return len(released)


def _facts(database: Database[Document], places: list[tuple[str, str]]) -> dict[str, Document]:
    """What can be compared of each article, its text as length and hash: all texts together may be too large."""
    found = {}
    ids = [key for name, key in places if name == "articles"]
    for row in database.articles.find({"_id": {"$in": ids}}, {"vector": 0, "page_vectors": 0}):
        facts: Document = {name: row[name] for name in FIELDS if name != "body"}
        facts["body"] = (len(row["body"]), hashlib.sha256(row["body"].encode()).hexdigest())
        found[row["_id"]] = facts | {
            "url": row["url"],
            "content": row["content"],
            "raw": row.get("raw", {}).get("sha256", ""),
        }
    return found


def _changes(before: dict[str, Document], after: dict[str, Document]) -> dict[str, list[str]]:
    changes = {}
    for key, old in before.items():
        new = after.get(key)
        if new is None or new["content"] == old["content"]:
            continue
        changes[old["url"]] = [_change(name, old, new) for name in FIELDS if old[name] != new[name]] or ["words"]
    return changes


def _change(name: str, old: Document, new: Document) -> str:
    if name == "body":
        return f"body ({old[name][0]} to {new[name][0]} characters)"
    return name


def main(keys: list[str]) -> int:
    """What ``scrapy reread`` prints and returns."""
    console = Console(highlight=False, soft_wrap=True)
    with shown_in_one_line(StoreError, IndexMismatch, SettingsError):
        report = reread(keys)
        for url, fields in report.changed.items():
            console.print(f"[yellow]changed[/yellow] {escape(', '.join(fields))}  [dim]{escape(url)}[/dim]")
        for key, reason in report.unreadable:
            console.print(f"[red]not read[/red] {escape(reason)}  [dim]{key}[/dim]")
        console.print(
            f"{report.reread} read again: {len(report.changed)} changed, {report.released} out of quarantine, "
            f"{len(report.unreadable)} not read; {report.without} articles have nothing in the archive"
            f"{f'; bytes of {report.dropped} removed' if report.dropped else ''}"
        )
        if report.failed:
            raise StoreError(report.failed)
    return 1 if report.unreadable else 0
