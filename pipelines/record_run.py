"""End every run in one stored record with a verdict."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Self

from pymongo.database import Database
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.storage import FAILED, Storage, storage_of
from store.connection import Document, StoreError

logger = logging.getLogger(__name__)

_GOOD_ENDS = ("finished", "closespider_itemcount", "limit")


class RecordRun:
    """Writes the record when the spider has closed, after the last batch of articles."""

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        recorder = cls(crawler, storage_of(crawler))
        crawler.signals.connect(recorder.spider_closed, signals.spider_closed)
        return recorder

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        assert self._crawler.stats
        record = run_record(spider.name, reason, self._crawler.stats)
        logger.info("%s: %s, %s", spider.name, record["verdict"], summary(record))
        try:
            if not self._storage.failed:  # else there is nowhere to write it; the exit status tells
                await self._storage.call(add_run, record)
        except StoreError as error:
            self._storage.fail(str(error))
        finally:
            self._storage.close()


def add_run(database: Database[Document], record: Document) -> None:
    """Store the record of a run."""
    database.runs.insert_one(record)


def run_record(source: str, reason: str, stats: StatsCollector) -> Document:
    """What is stored of a run: verdict, counts, way in used, times, and what went wrong."""
    counts = {name: stats.get_value(f"xinwen/{stat}", 0) for name, stat in _COUNTS.items()}
    return {
        "source": source,
        "verdict": verdict(reason, counts, bool(stats.get_value(FAILED))),
        "reason": reason,
        "ways": stats.get_value("xinwen/ways", []),
        "failures": [
            value for name, value in sorted(stats.get_stats().items()) if name.startswith("xinwen/way/failed/")
        ],
        **counts,
        "requests": stats.get_value("downloader/request_count", 0),
        "errors": stats.get_value("log_count/ERROR", 0),
        "started": stats.get_value("start_time") or datetime.now(UTC),
        "ended": datetime.now(UTC),
    }


_COUNTS = {
    "found": "links/found",
    "taken": "links/taken",
    "new": "store/new",
    "changed": "store/changed",
    "unchanged": "store/unchanged",
    "quarantined": "validate/quarantined",
    "duplicates": "deduplicate/dropped",
    "lost": "store/lost",
    "blocked": "blocked",
    "unchanged_entries": "entries/unchanged",
}


def verdict(reason: str, counts: dict[str, int], storage_failed: bool) -> str:
    """``ok | nothing_new | degraded | empty | blocked | failed`` for a run that ended with *reason* and *counts*."""
    stored = counts["new"] + counts["changed"] + counts["unchanged"]
    if storage_failed or counts["lost"] or reason not in _GOOD_ENDS:
        return "failed"
    if counts["blocked"] and not stored:
        return "blocked"
    if not counts["found"] and not stored:
        return "nothing_new" if counts["unchanged_entries"] else "empty"
    if counts["taken"] and not stored and not counts["duplicates"]:
        return "failed"
    if counts["quarantined"] > stored:
        return "degraded"
    return "ok" if counts["new"] + counts["changed"] else "nothing_new"


def summary(record: Document) -> str:
    """The counts of a run in one line."""
    counted = ", ".join(f"{record[name]} {name.replace('_', ' ')}" for name in _COUNTS if record[name])
    return f"{counted or 'nothing'} by {way_in(record)}"


def way_in(record: Document) -> str:
    """The first way in that a run used, and how many more."""
    ways = record["ways"]
    if not ways:
        return "no way in"
    return ways[0] if len(ways) == 1 else f"{ways[0]} and {len(ways) - 1} more"
