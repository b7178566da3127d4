"""End every run in one stored record with a verdict."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Self

from pymongo.database import Database
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler

from crawler.ledger import OUTCOMES, Ledger
from pipelines.coverage import shortcomings
from pipelines.memory import Memory, memory_of
from pipelines.storage import Storage, storage_of
from pipelines.verdict import Facts, judge
from store.connection import Document, StoreError

logger = logging.getLogger(__name__)

_MOST_MISHAPS = 10  # in a record
_MISHAP = 300  # characters


class RecordRun:
    """Writes the record when the spider has closed, after the last batch of articles."""

    def __init__(self, crawler: Crawler, storage: Storage, memory: Memory) -> None:
        self._crawler, self._storage, self._memory = crawler, storage, memory

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        recorder = cls(crawler, storage_of(crawler), memory_of(crawler))
        crawler.signals.connect(recorder.spider_closed, signals.spider_closed)
        crawler.signals.connect(recorder.request_sent, signals.request_reached_downloader)
        crawler.signals.connect(recorder.item_error, signals.item_error)
        return recorder

    def request_sent(self, request: Request) -> None:
        if kind := request.meta.get("xinwen"):
            self._count(f"requests/{kind}")

    def item_error(self) -> None:
        self._count("item_errors")

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        try:
            if not self._storage.failed:
                await self._memory.close(whole=reason == "finished")
        except StoreError as error:
            self._storage.fail(str(error))
        record = run_record(self._crawler, self._memory, reason)
        logger.info("%s: %s, %s", spider.name, record["verdict"], summary(record))
        try:
            if not self._storage.failed:  # else there is nowhere to write it; the exit status tells
                await self._storage.call(add_run, record)
        except StoreError as error:
            self._storage.fail(str(error))
        finally:
            self._storage.close()

    def _count(self, name: str) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"xinwen/{name}")


def add_run(database: Database[Document], record: Document) -> None:
    """Store the record of a run, with the number of ``articles`` that there are of its source by now."""
    record["articles"] = database.articles.count_documents({"source": record["source"]})
    database.runs.insert_one(record)


def run_record(crawler: Crawler, memory: Memory, reason: str) -> Document:
    """What is stored of a run: verdict, counts, ways in used, times, and what went wrong.

    Of the links ``found``, those not ``taken`` are ``dropped``, by reason; every one taken is counted under its
    outcome, one of ``crawler.ledger.OUTCOMES``.
    """
    assert crawler.spider and crawler.stats
    stats = crawler.stats.get_stats()
    ledger = memory.ledger
    outcomes = {name: ledger.outcomes()[name] for name in OUTCOMES}
    coverage = memory.coverage.figures()
    row = getattr(crawler.spider, "row", None)
    verdict, why = judge(_facts(stats, reason, ledger, shortcomings(coverage, row.thresholds) if row else [], not row))
    started = stats.get("start_time") or datetime.now(UTC)
    ended = datetime.now(UTC)
    return {
        "source": crawler.spider.name,
        "verdict": verdict,
        "why": why,
        "reason": reason,
        "ways": stats.get("xinwen/ways", []),
        "failures": [value for name, value in sorted(stats.items()) if name.startswith("xinwen/way/failed/")],
        "found": ledger.found,
        "dropped": dict(ledger.dropped),
        "taken": ledger.taken,
        **outcomes,
        "missing": memory.missing,
        "unchanged_entries": stats.get("xinwen/entries/unchanged", 0),
        "refusals": stats.get("xinwen/blocked", 0),
        "coverage": coverage,
        "requests": {kind: stats.get(f"xinwen/requests/{kind}", 0) for kind in ("robots", "entry", "page")},
        "bytes": stats.get("downloader/response_bytes", 0),
        "errors": _errors(ledger),
        "seconds": round((ended - started).total_seconds(), 3),
        "from_files": not row,
        "started": started,
        "ended": ended,
    }


def _facts(stats: Document, reason: str, ledger: Ledger, short: list[str], files: bool) -> Facts:
    wrong = ("quarantined", "failed", "blocked", "ignored")
    return Facts(
        reason=reason,
        outcomes=ledger.outcomes(),
        short_ways=stats.get("xinwen/ways/short", 0),
        failed_parts=stats.get("xinwen/parts/failed", 0),
        failure=stats.get("xinwen/way/failed/1", ""),
        ways=len(stats.get("xinwen/ways", [])),
        quiet=stats.get("xinwen/entries/quiet", 0),
        refusals=stats.get("xinwen/blocked", 0) + stats.get("xinwen/robots/barred", 0),
        wrong_again=sum(fate.why == "due" and fate.outcome in wrong for fate in ledger.fates.values()),
        known_wrong=sum(fate.outcome == "known" and not fate.article for fate in ledger.fates.values()),
        login_pages=stats.get("xinwen/pages/login", 0),
        stood_in=stats.get("xinwen/pages/stood_in", 0),
        login_needed=bool(stats.get("xinwen/login_needed")),
        storage_failed=bool(stats.get("xinwen/storage/failed")),
        faults=stats.get("spider_exceptions/count", 0) + stats.get("xinwen/item_errors", 0),
        shortcomings=short,
        files=files,
    )


def _errors(ledger: Ledger) -> list[Document]:
    """The first mishaps, at most a few of one outcome, so that many of one kind do not hide another."""
    chosen: list[Document] = []
    for url, outcome, reason in ledger.mishaps:
        alike = sum(error["outcome"] == outcome for error in chosen)
        if len(chosen) < _MOST_MISHAPS and alike < _MOST_MISHAPS // 2:
            chosen.append({"url": url, "outcome": outcome, "reason": reason[:_MISHAP]})
    return chosen


def summary(record: Document) -> str:
    """The counts of a run in one line."""
    counted = ", ".join(f"{record[name]} {name.replace('_', ' ')}" for name in OUTCOMES if record.get(name))
    return f"{counted or 'nothing'} by {way_in(record)}{': ' if record['why'] else ''}{record['why']}"


def way_in(record: Document) -> str:
    """The first way in that a run used, and how many more."""
    ways = record["ways"]
    if not ways:
        return "no way in"
    return ways[0] if len(ways) == 1 else f"{ways[0]} and {len(ways) - 1} more"
