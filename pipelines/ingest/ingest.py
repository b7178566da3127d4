"""Files that people already have, through the same pipelines as a crawl."""

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

from crawler.ledger import Ledger
from crawler.middlewares import NOBODY
from crawler.refused import Refused
from pipelines.files import Found, read_file
from pipelines.storage import FAILED
from pipelines.validate import Quarantined
from store.article import Article

_AT_ONCE = 20  # articles read in one go


@dataclass
class Report:
    """What became of the files: counts by outcome, and what was refused as (address, reasons)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    failed: str = ""


class FileSpider(Spider):
    """Yields the articles of files; asks no site for anything."""

    name = "ingest"

    def __init__(self, files: list[Found], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.files = files

    async def start(self) -> AsyncIterator[Request]:
        yield Request(NOBODY, callback=self.read_files)

    async def read_files(self, _: Response) -> AsyncIterator[Article | Refused]:
        assert self.crawler.engine and self.crawler.stats
        ledger = Ledger.of(self.crawler)
        items = (item for found in self.files for item in read_file(found, datetime.now(UTC)))
        # In a thread: a report of 300 pages takes seconds to read, and the store writes meanwhile.
        while some := await asyncio.to_thread(lambda: list(islice(items, _AT_ONCE))):
            for item in some:
                if not self.crawler.engine.running or self.crawler.stats.get_value(FAILED):
                    return
                ledger.find(1)
                ledger.taken += 1
                yield item


def ingest(files: list[Found]) -> Report:
    """Read and store *files*; the report says what became of them. Once per process, as Scrapy's reactor runs once."""
    settings = get_project_settings()
    settings.set("LOG_LEVEL", "ERROR")  # what was refused is in the report
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(FileSpider)
    report = Report()

    def note_refused(item: Article | Refused, exception: Exception) -> None:
        if isinstance(exception, Quarantined):
            report.refused.append((item.url, str(exception)))

    crawler.signals.connect(note_refused, signals.item_dropped)
    process.crawl(crawler, files=files)
    process.start()
    assert crawler.stats
    for outcome in ("new", "changed", "unchanged"):
        setattr(report, outcome, crawler.stats.get_value(f"xinwen/store/{outcome}", 0))
    report.duplicates = crawler.stats.get_value("xinwen/deduplicate/dropped", 0)
    report.failed = crawler.stats.get_value(FAILED, "")
    return report
