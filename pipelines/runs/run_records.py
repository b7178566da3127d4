"""The records of runs, for who started them: those that a crawl did not live to write are written here."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Self

from crawler.ledger import OUTCOMES
from crawler.side_by_side import Ended
from pipelines.record_run import add_run
from store import schema
from store.connection import Document, StoreError, connect, database_address, store_errors
from text.analyzer import VERSION


class Runs:
    """Open while the crawls last, which also keeps the embedded server from stopping between two of them."""

    def __enter__(self) -> Self:
        try:
            self._address = database_address()
            self._database = connect(self._address)
        except StoreError as error:
            sys.stderr.write(f"error: {error}\n")
            raise SystemExit(1) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._database.client.close()

    def record(self, ended: Ended) -> Document:
        """The record that the crawl wrote; a "failed" one where it wrote none."""
        try:
            with store_errors(self._address):
                return self._find(ended) or self._add(ended)
        except StoreError as error:
            return failed_run(ended, str(error))

    def _find(self, ended: Ended) -> Document | None:
        # MongoDB keeps milliseconds, cut off.
        since = ended.started - timedelta(milliseconds=1)
        return self._database.runs.find_one({"source": ended.key, "started": {"$gte": since}}, sort=[("ended", -1)])

    def _add(self, ended: Ended) -> Document:
        run = failed_run(ended, ended.fault or "it left no record of its run")
        schema.prepare(self._database, VERSION)
        add_run(self._database, run)
        return run


def failed_run(ended: Ended, why: str) -> Document:
    """The record of a crawl that could write none."""
    return {
        "source": ended.key,
        "verdict": "failed",
        "why": why,
        "reason": "no record",
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
    }
