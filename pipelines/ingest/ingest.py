"""Stores files that people already have, through the same pipelines as a crawl."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from crawler.exceptions import LOCAL_URL
from crawler.items import UnreadablePage
from crawler.spider.link_ledger import LinkLedger
from pipelines.ingest.files import InputFile, read_file
from pipelines.storage import FAILED
from pipelines.store import KEEP_FULLER
from pipelines.validate import Quarantined
from store.article import Article

_CHUNK = 20  # articles that are read in one call of a thread


@dataclass
class IngestReport:
    """Counts of what was read, by outcome.

    ``unchanged``: stored already like this or with more of it. ``duplicates``: the text is stored under another
    address, or the address came again shortly after. ``refused``: (address, reasons) in quarantine. ``failed``: why
    storage failed.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    failed: str = ""


class FileSpider(Spider):
    """Yields the articles of *files*; sends no request to any site."""

    name = "ingest"

    def __init__(self, files: list[InputFile], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.files = files

    async def start(self) -> AsyncIterator[Request]:
        yield Request(LOCAL_URL, callback=self.read_files)

    async def read_files(self, _: Response) -> AsyncIterator[Article | UnreadablePage]:
        """The articles, until the crawl ends or storage fails."""
        assert self.crawler.engine and self.crawler.stats
        ledger = LinkLedger.of(self.crawler)
        items = (item for file in self.files for item in read_file(file, datetime.now(UTC)))
        # In a thread: a report of 300 pages takes seconds to read, and the Store pipeline writes meanwhile.
        while chunk := await asyncio.to_thread(lambda: list(islice(items, _CHUNK))):
            for item in chunk:
                if not self.crawler.engine.running or self.crawler.stats.get_value(FAILED):
                    return
                ledger.count_found(1)
                ledger.taken += 1
                yield item


def ingest(files: list[InputFile]) -> IngestReport:
    """Read and store *files*. Call it once in a process: Twisted's reactor cannot be restarted."""
    settings = get_project_settings()
    settings.set("LOG_LEVEL", "ERROR")  # articles in quarantine are in the report
    settings.set(KEEP_FULLER, True)  # a list of headlines must not cost the texts that other files have brought
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(FileSpider)
    report = IngestReport()

    def note_refused(item: Article | UnreadablePage, exception: Exception) -> None:
        if isinstance(exception, Quarantined):
            report.refused.append((item.url, str(exception)))

    crawler.signals.connect(note_refused, signals.item_dropped)
    process.crawl(crawler, files=files)
    process.start()
    assert crawler.stats
    for outcome in ("new", "changed", "unchanged"):
        setattr(report, outcome, crawler.stats.get_value(f"xinwen/store/{outcome}", 0))
    for name in ("deduplicate/dropped", "store/repeated"):
        report.duplicates += crawler.stats.get_value(f"xinwen/{name}", 0)
    report.failed = crawler.stats.get_value(FAILED, "")
    return report
