"""The run records of crawls that run in processes of their own, for the command that started them.

A crawl writes its own record (``pipelines.runs.record_run``). For a crawl that died before it could, a record with
the verdict "failed" is written here.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from crawler.runner.deadline import schedule_fields
from crawler.runner.processes import FinishedCrawl
from crawler.sources import SOURCES
from crawler.spider.link_ledger import OUTCOMES
from pipelines.runs.record_run import add_run
from pipelines.source_lease import lease_name
from store.connection import Document, StoreError, connect, database_address, store_errors
from store.documents import downloads
from store.index import preparation
from store.leases import done_of
from store.settings import settings
from text.analysis.analyzer import VERSION


class RunRecords:
    """The collection of run records, as a context that stays open while the crawls run.

    Its connection also keeps the embedded server from stopping between two crawls.
    """

    def __enter__(self) -> Self:
        try:
            self._address = database_address()
            self._database = connect(self._address)
            with store_errors(self._address):
                preparation.check(self._database, VERSION)  # else every crawl would end with the same error
        except (StoreError, preparation.IndexMismatch) as error:
            sys.stderr.write(f"error: {error}\n")
            raise SystemExit(1) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._database.client.close()

    def latest(self, until: Mapping[str, datetime], number: int) -> dict[str, list[Document]]:
        """By source the records of its latest crawls that began no later than *until*, at most *number*.

        The latest is the first. Raises SystemExit.
        """
        fields = {"started": 1, "ended": 1, "verdict": 1, "stopped": 1}
        try:
            with store_errors(self._address):
                return {
                    key: list(
                        self._database.runs.find(
                            {"source": key, "from_files": {"$ne": True}, "started": {"$lte": moment}},
                            fields,
                            sort=[("ended", -1)],
                        ).limit(number)
                    )
                    for key, moment in until.items()
                }
        except StoreError as error:
            sys.stderr.write(f"error: {error}\n")
            raise SystemExit(1) from None

    def downloaded(self, day: date) -> dict[str, int]:
        """Bytes that were downloaded on *day*, by source. Raises SystemExit."""
        try:
            with store_errors(self._address):
                return downloads.of_day(self._database, day)
        except StoreError as error:
            sys.stderr.write(f"error: {error}\n")
            raise SystemExit(1) from None

    def done(self, keys: Iterable[str]) -> dict[str, int]:
        """By source the number of the last lease of it that was given up. Raises SystemExit."""
        keys = list(keys)
        try:
            with store_errors(self._address):
                found = done_of(self._database, [lease_name(key) for key in keys])
        except StoreError as error:
            sys.stderr.write(f"error: {error}\n")
            raise SystemExit(1) from None
        return {key: found.get(lease_name(key), 0) for key in keys}

    def record(self, ended: FinishedCrawl) -> Document:
        """The record that the crawl wrote; a "failed" one, which is stored, where it wrote none."""
        try:
            with store_errors(self._address):
                return self._find(ended) or self._add(ended)
        except (StoreError, preparation.IndexMismatch) as error:  # of one that was retokenized meanwhile
            return failed_run(ended, str(error))

    def _find(self, ended: FinishedCrawl) -> Document | None:
        # MongoDB truncates times to milliseconds: without this margin a record could seem older than its crawl.
        since = ended.started - timedelta(milliseconds=1)
        # Of this very process: another one may have taken the source over.
        own = {"host": socket.gethostname(), "pid": ended.pid}
        return self._database.runs.find_one(
            {"source": ended.key, "started": {"$gte": since}} | own, sort=[("ended", -1)]
        )

    def _add(self, ended: FinishedCrawl) -> Document:
        day = ended.ended.astimezone(ZoneInfo(settings().zone)).date()
        downloaded = downloads.of_day(self._database, day)
        run = failed_run(ended, ended.fault or "it left no record of its run", downloaded)
        preparation.prepare(self._database, VERSION)
        add_run(self._database, run)
        return run


def failed_run(ended: FinishedCrawl, why: str, downloaded: Mapping[str, int] | None = None) -> Document:
    """The record of a crawl that wrote none; *why* is the reason of its verdict "failed".

    *downloaded*: the bytes of the day by source, where they are known.
    """
    return {
        "source": ended.key,
        "verdict": "failed",
        "why": why,
        "reason": "no record",
        "host": socket.gethostname(),
        "pid": ended.pid,
        "job": "",
        "ways": [],
        "failures": [],
        "found": 0,
        "dropped": {},
        "taken": 0,
        **dict.fromkeys(OUTCOMES, 0),
        "requests": {},
        "errors": [],
        "seconds": round((ended.ended - ended.started).total_seconds(), 3),
        "started": ended.started,
        "ended": ended.ended,
        **schedule_fields(SOURCES[ended.key], ended.started, ended.ended, "failed", downloaded or {}),
    }
