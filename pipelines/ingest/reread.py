"""``scrapy reread``: extracts and stores the pages of the raw archive again, with the present extraction and tokenizer.

The articles pass the same pipelines as in a crawl. No site gets a request.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pymongo.database import Database
from rich.markup import escape
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from crawler.discovery.methods import Link
from crawler.exceptions import LOCAL_URL
from crawler.extraction import Unreadable
from crawler.sources import SOURCES
from crawler.spider.article_builder import article_from_page
from crawler.spider.link_ledger import LinkLedger
from pipelines.raw_middleware import pending_raw
from pipelines.storage import FAILED, storage_of
from store.article import Article
from store.connection import Document, StoreError, connect, database_address, store_errors
from store.documents import archive
from store.documents.articles import existing_ids, release
from store.errors import shown_in_one_line
from store.failover import repeated
from store.index.preparation import IndexMismatch
from store.settings import SettingsError
from store.terminal import Terminal

FIELDS = ("title", "published", "authors", "tags", "summary", "language", "kind", "access", "files", "body")


@dataclass
class RereadReport:
    """Counts, what changed, and what could not be read."""

    reread: int = 0
    changed: dict[str, list[str]] = field(default_factory=dict)
    """Names of the fields that changed, by address."""
    released: int = 0
    """Pages that left quarantine because they are articles now."""
    without: int = 0
    """Articles without bytes in the archive."""
    dropped: int = 0
    """Archived bytes that nothing refers to any more and that were removed."""
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """(article id, reason)."""
    failed: str = ""
    """Why storage failed; "" where it did not."""


class RereadSpider(Spider):
    """Yields the articles extracted from the archive; *keys*: (collection, id) of the documents that refer to it."""

    name = "reread"

    def __init__(self, keys: list[tuple[str, str]], report: RereadReport, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.keys, self.report = keys, report
        self.quarantined: dict[str, str] = {}

    async def start(self) -> AsyncIterator[Request]:
        yield Request(LOCAL_URL, callback=self.read_archive)

    async def read_archive(self, _: Response) -> AsyncIterator[Article]:
        """The articles, until the crawl ends or storage fails."""
        assert self.crawler.engine and self.crawler.stats
        storage, pending, ledger = storage_of(self.crawler), pending_raw(self.crawler), LinkLedger.of(self.crawler)
        for collection, key in self.keys:
            if not self.crawler.engine.running or self.crawler.stats.get_value(FAILED):
                return
            ledger.count_found(1)
            try:
                row, raw = await storage.call(_archived, collection, key)
                # In a thread: extracting a long report takes seconds.
                article = await asyncio.to_thread(_read_again, row, raw)
            except (Unreadable, archive.NotArchived) as error:
                self.report.unreadable.append((key, str(error)))
                ledger.drop("unreadable", 1)
                continue
            except StoreError as error:
                storage.fail(str(error))
                return
            if collection == "articles":
                # The id is a hash of the address: another address would make a second article of it.
                article = replace(article, url=row["url"])
            if article.access == "full":
                pending[article.id] = raw
            self.report.reread += 1
            ledger.taken += 1
            if collection == "quarantine":
                self.quarantined[key] = article.id
            yield article


@repeated
def _archived(database: Database[Document], collection: str, key: str) -> tuple[Document, archive.Raw]:
    """The document *key* of *collection*, and the bytes that it refers to. Raises NotArchived."""
    row = database[collection].find_one({"_id": key}, {"source": 1, "url": 1, "raw": 1})
    if row is None:
        raise archive.NotArchived("deleted while the archive was read")
    return row, archive.read(database, row["raw"])


def _read_again(row: Document, raw: archive.Raw) -> Article:
    """The article that the present extraction makes of *raw*. Raises Unreadable."""
    facts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in raw.link.items()
        if name in Link.__dataclass_fields__  # older versions stored other fields, too
    }
    source = SOURCES[row["source"]]
    return article_from_page(raw.data, raw.url, Link(**facts), source, raw.captured, raw.type)


def reread(sources: list[str]) -> RereadReport:
    """Extract the archive of *sources* (empty: all) again. Call it once in a process: a reactor cannot be restarted."""
    report = RereadReport()
    address = database_address()
    with connect(address).client as client, store_errors(address):
        database = client.get_default_database()
        chosen: Document = {"source": {"$in": sources or list(SOURCES)}}
        archived = chosen | {"raw": {"$exists": True}}
        keys = [(name, row["_id"]) for name in ("articles", "quarantine") for row in _ids(database, name, archived)]
        report.without = database.articles.count_documents(chosen | {"raw": {"$exists": False}})
        before = _facts(database, keys)
        crawler = _crawl(keys, report)
        assert crawler.stats
        report.failed = crawler.stats.get_value(FAILED, "")
        after = _facts(database, keys)
        report.changed = _changes(before, after)
        report.released = _release(database, crawler)
        report.dropped = archive.drop_unused(database, {facts["raw"] for facts in before.values() if facts["raw"]})
    return report


def _ids(database: Database[Document], name: str, query: Document) -> list[Document]:
    return list(database[name].find(query, {"_id": 1}).sort("_id", 1))


def _crawl(keys: list[tuple[str, str]], report: RereadReport) -> Crawler:
    settings = get_project_settings()
    settings.set("LOG_LEVEL", "ERROR")  # what changed is in the report
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(RereadSpider)
    process.crawl(crawler, keys=keys, report=report)
    process.start()
    return crawler


def _release(database: Database[Document], crawler: Crawler) -> int:
    """Remove from quarantine the pages that are stored as articles now, maybe under another address; their number."""
    assert isinstance(crawler.spider, RereadSpider)
    quarantined = crawler.spider.quarantined
    stored = existing_ids(database, quarantined.values())
    released = [key for key, article in quarantined.items() if article in stored]
    release(database, released)
    return len(released)


def _facts(database: Database[Document], keys: list[tuple[str, str]]) -> dict[str, Document]:
    """The fields to compare, by article id. The body is (length, SHA-256): all texts may not fit into memory."""
    facts_by_id = {}
    ids = [key for name, key in keys if name == "articles"]
    for row in database.articles.find({"_id": {"$in": ids}}, {"vector": 0, "page_vectors": 0}):
        facts: Document = {name: row[name] for name in FIELDS if name != "body"}
        facts["body"] = (len(row["body"]), hashlib.sha256(row["body"].encode()).hexdigest())
        facts_by_id[row["_id"]] = facts | {
            "url": row["url"],
            "content": row["content"],
            "raw": row.get("raw", {}).get("sha256", ""),
        }
    return facts_by_id


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


def main(keys: list[str], as_json: bool = False) -> int:
    """The command ``scrapy reread``: reread the sources *keys*, print the report, return the exit status."""
    console = Terminal()
    with shown_in_one_line(StoreError, IndexMismatch, SettingsError):
        report = reread(keys)
        if as_json:
            sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
            return 1 if report.unreadable or report.failed else 0
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
