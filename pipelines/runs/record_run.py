"""Scrapy extension: stores one record of every run, with its verdict."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from datetime import UTC, datetime
from itertools import islice
from typing import Self

from bson import ObjectId
from pymongo.database import Database
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler

from crawler.runner.deadline import schedule_fields
from crawler.runner.run_line import log_run
from crawler.spider.link_ledger import OUTCOMES, LinkLedger
from crawler.spider.source_spider import SourceSpider
from pipelines.runs.budget import STOPPED, run_budget_of
from pipelines.runs.memory import Memory, memory_of
from pipelines.runs.verdict import RunFacts, judge, shortcomings
from pipelines.storage import FAILED, LOST, Storage, storage_of
from store import logs
from store.connection import DISK_FULL, Document, StoreError
from store.documents.sources import note_source
from store.failover import repeated

logger = logging.getLogger(__name__)

_MAX_ERRORS = 10  # in a record
_MAX_TRIED = 1000
_MAX_REASON = 300  # characters


class RecordRun:
    """Counts requests and faults; stores the record when the spider has closed, after the last batch of articles."""

    def __init__(self, crawler: Crawler, storage: Storage, memory: Memory) -> None:
        self._crawler, self._storage, self._memory = crawler, storage, memory
        self._id = ObjectId()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        recorder = cls(crawler, storage_of(crawler), memory_of(crawler))
        logs.begin_run(crawler, crawler.spider.name if crawler.spider else "", str(recorder._id))
        crawler.signals.connect(recorder.spider_closed, signals.spider_closed)
        crawler.signals.connect(recorder.request_sent, signals.request_reached_downloader)
        crawler.signals.connect(recorder.item_error, signals.item_error)
        return recorder

    def request_sent(self, request: Request) -> None:
        """Count the request by its kind: robots, entry or page."""
        if kind := request.meta.get("xinwen"):
            self._count(f"requests/{kind}")

    def item_error(self) -> None:
        """Count an exception of a pipeline."""
        self._count("item_errors")

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """Write the visits, then the record, and close the connection. Without the lease nothing but the record."""
        try:
            if not self._storage.failed:
                if budget := run_budget_of(self._crawler):
                    await budget.close()
                await self._memory.close(finished=reason == "finished")
        except StoreError as error:
            self._storage.fail(str(error))
        record = {"_id": self._id} | run_record(self._crawler, self._memory, reason)
        try:
            if not self._storage.failed:  # else there is nowhere to write it; the exit status shows the failure
                if source := getattr(spider, "source", None):
                    await self._storage.write(note_source, source.row)
                await self._storage.write(add_run, record)
        except StoreError as error:
            self._storage.fail(str(error))
        if lost := self._storage.lost:
            record = {"_id": self._id} | run_record(self._crawler, self._memory, reason, lost)
        try:
            if lost:
                await self._storage.note(add_run, record)
        except StoreError as error:
            logger.error("the run has no record: %s", error)
        finally:
            await asyncio.to_thread(self._storage.close)
            log_run(record, summary(record))
            logs.end_run(self._crawler)

    def _count(self, name: str) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"xinwen/{name}")


@repeated
def add_run(database: Database[Document], record: Document) -> None:
    """Store the record of a run; its field ``articles`` is the number of stored articles of the source."""
    record["articles"] = database.articles.count_documents({"source": record["source"]})
    key = record.setdefault("_id", ObjectId())
    database.runs.replace_one({"_id": key}, record, upsert=True)


def run_record(crawler: Crawler, memory: Memory, reason: str, lost: datetime | None = None) -> Document:
    """The record of a run: verdict, counts, discovery methods used, times and errors.

    ``found`` links are either ``taken`` or ``dropped``, by reason. Every link that was taken is counted under its
    outcome, one of ``crawler.spider.link_ledger.OUTCOMES``. ``stopped`` is the budget that has ended the run:
    ``bytes``, ``pages``, ``seconds``, ``window`` or "", and ``tried`` then has the pages that failed.
    ``ways`` has the discovery methods that gave links; its stored name is older. ``job`` is what
    scrapyd calls the run, "" where another has started it.
    *lost*: when the source was last leased to this process, if it is no more. The run has ended then, so that the
    record of the run that took over is the later one.
    """
    assert crawler.spider and crawler.stats
    stats = crawler.stats.get_stats()
    ledger = memory.ledger
    outcomes = {name: ledger.outcomes()[name] for name in OUTCOMES}
    coverage = memory.coverage.figures()
    source = getattr(crawler.spider, "source", None)
    budget = run_budget_of(crawler)
    below = shortcomings(coverage, source.thresholds) if source else []
    verdict, why = judge(_facts(stats, reason, ledger, below, files=not source))
    ended = lost or datetime.now(UTC)
    started = min(stats.get("start_time") or ended, ended)  # the lease may be lost before the spider opens
    return {
        "source": crawler.spider.name,
        "verdict": verdict,
        "why": why,
        "reason": reason,
        "stopped": stats.get(STOPPED, "").partition(" ")[0],
        "tried": _tried(ledger) if STOPPED in stats else [],
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "job": crawler.spider.arguments.job if isinstance(crawler.spider, SourceSpider) else "",
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
        "from_files": not source,
        **(schedule_fields(source, started, ended, verdict, budget.today if budget else {}) if source else {}),
        "started": started,
        "ended": ended,
    }


def _facts(stats: Document, reason: str, ledger: LinkLedger, below: list[str], *, files: bool) -> RunFacts:
    failed = ("quarantined", "failed", "blocked", "ignored")
    return RunFacts(
        reason=reason,
        outcomes=ledger.outcomes(),
        short_methods=stats.get("xinwen/ways/short", 0),
        failed_parts=stats.get("xinwen/parts/failed", 0),
        failure=stats.get("xinwen/way/failed/1", ""),
        methods=len(stats.get("xinwen/ways", [])),
        quiet_methods=stats.get("xinwen/entries/quiet", 0),
        refusals=stats.get("xinwen/blocked", 0) + stats.get("xinwen/robots/barred", 0),
        failed_again=sum(result.why == "due" and result.outcome in failed for result in ledger.results.values()),
        known_failed=sum(result.outcome == "known" and not result.article for result in ledger.results.values()),
        login_pages=stats.get("xinwen/pages/login", 0),
        fallbacks=stats.get("xinwen/pages/stood_in", 0),
        login_needed=bool(stats.get("xinwen/login_needed")),
        lease_lost=bool(stats.get(LOST)),
        storage_failed=bool(stats.get(FAILED)),
        disk_full=str(stats.get(FAILED, "")).startswith(DISK_FULL),
        faults=stats.get("spider_exceptions/count", 0) + stats.get("xinwen/item_errors", 0),
        shortcomings=below,
        stopped=stats.get(STOPPED, ""),
        lists_unread=bool(stats.get("xinwen/entries/left_over")),
        files=files,
    )


def _tried(ledger: LinkLedger) -> list[str]:
    """The addresses of pages that failed, the first of them."""
    failed = (result.link.url for result in ledger.results.values() if result.outcome in ("failed", "blocked"))
    return [*islice(failed, _MAX_TRIED)]


def _errors(ledger: LinkLedger) -> list[Document]:
    """The first errors of the run, few of each outcome: many of one outcome must not hide another."""
    errors: list[Document] = []
    for url, outcome, reason in ledger.errors:
        same_outcome = sum(error["outcome"] == outcome for error in errors)
        if len(errors) < _MAX_ERRORS and same_outcome < _MAX_ERRORS // 2:
            errors.append({"url": url, "outcome": outcome, "reason": reason[:_MAX_REASON]})
    return errors


def summary(record: Document) -> str:
    """The counts of a run in one line."""
    counted = ", ".join(f"{record[name]} {name.replace('_', ' ')}" for name in OUTCOMES if record.get(name))
    return f"{counted or 'nothing'} by {methods_of(record)}{': ' if record['why'] else ''}{record['why']}"


def methods_of(record: Document) -> str:
    """The first discovery method that gave links in a run, and how many more did."""
    methods = record["ways"]
    if not methods:
        return "no discovery method"
    return methods[0] if len(methods) == 1 else f"{methods[0]} and {len(methods) - 1} more"
