"""Downloader middleware: ends a run that has met its budget, and counts what was downloaded for all processes.

A run that has met its budget asks for no more lists and pages. What it has begun it ends: redirects and retries of a
page, and the document that has the date of an article. The links that are left have the outcome ``left_over``, so their
lists are read whole by the next run, which goes on there. Pages that failed in a run that stopped come last in the next
one: at the head of a list they would take its whole budget again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Self
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from pymongo.database import Database
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.budgets import budgets, bytes_text
from crawler.exceptions import BudgetMet
from pipelines.storage import Storage, storage_of
from store.connection import Document, StoreError
from store.documents import downloads
from store.documents.runs import not_ahead
from store.settings import settings

logger = logging.getLogger(__name__)

STOPPED = "xinwen/stopped"
"""Scrapy stat: the budget that has ended the run, as ``pages (200 a run)``."""

_SECONDS, _SHARE = 1.0, 100
"""What was downloaded is counted each second, and whenever it is this part of the budget: a run may be killed."""


class RunBudget:
    """What one run has taken of the budget of its source."""

    def __init__(self, crawler: Crawler, storage: Storage, key: str) -> None:
        self.pages = 0
        self._crawler, self._storage, self._key = crawler, storage, key
        self._budgets, self._zone = budgets(), ZoneInfo(settings().zone)
        self._budget, self._window = self._budgets.of(key), self._budgets.window_of(key)
        self._begun = self._last = time.monotonic()
        self._counting = asyncio.Lock()
        self._counted = 0
        self._today: dict[str, int] | None = None
        """Bytes of this day by source, as last counted."""
        self._timer: asyncio.TimerHandle | None = None
        self._failed_last: asyncio.Task[set[str]] | None = None

    async def met(self, page: bool) -> str:
        """The budget that is met; "" while another list, or with *page* another page, may be asked for.

        Raises StoreError.
        """
        assert self._crawler.stats
        stopped: str = self._crawler.stats.get_value(STOPPED, "")
        if not stopped and (stopped := await self._met_now(page)):
            self._crawler.stats.set_value(STOPPED, stopped)
            logger.info("%s: stopped: %s", self._key, stopped)
        return stopped

    async def count_bytes(self, *, all_of_it: bool = False) -> None:
        """Count in the database what was downloaded, if that is much or the last time long ago. Raises StoreError."""
        assert self._crawler.stats
        async with self._counting:
            received = self._crawler.stats.get_value("downloader/response_bytes", 0)
            step = min(self._budget.bytes_a_day, self._budgets.all.bytes_a_day) // _SHARE
            is_due = time.monotonic() - self._last >= _SECONDS or received - self._counted > step
            if self._today is None or is_due or all_of_it:
                day = datetime.now(self._zone).date()
                self._today = await self._storage.call(downloads.add, self._key, day, received - self._counted)
                self._counted, self._last = received, time.monotonic()

    async def failed_last(self, url: str) -> bool:
        """Whether the page at *url* failed in the last run, and that one stopped before its end. Raises StoreError."""
        if self._failed_last is None:
            self._failed_last = asyncio.ensure_future(self._storage.call(_failures_of_last_run, self._key))
        return url in await self._failed_last

    def count_soon(self) -> None:
        """Count within a second what was downloaded: the next request may hang until the run is killed."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SECONDS, self._count_now)

    @property
    def today(self) -> dict[str, int]:
        """Bytes of this day by source, as last counted."""
        return self._today or {}

    async def close(self) -> None:
        """Count the rest. Raises StoreError."""
        if self._timer:
            self._timer.cancel()
        await self.count_bytes(all_of_it=True)

    def _count_now(self) -> None:
        async def count() -> None:
            try:
                await self.count_bytes(all_of_it=True)
            except StoreError as error:
                self._storage.fail(str(error))

        self._timer = None
        self._task = asyncio.ensure_future(count())

    async def _met_now(self, page: bool) -> str:
        budget, of_all = self._budget, self._budgets.all
        if not self._window.is_open(datetime.now(UTC), self._zone):
            return f"window ({self._budgets.window_text(self._key)})"
        if time.monotonic() - self._begun >= budget.seconds_a_run:
            return f"seconds ({budget.seconds_a_run} a run)"
        await self.count_bytes()
        assert self._today is not None
        if self._today.get(self._key, 0) >= budget.bytes_a_day:
            return f"bytes ({bytes_text(budget.bytes_a_day)} a day)"
        if sum(self._today.values()) >= of_all.bytes_a_day:
            return f"bytes ({bytes_text(of_all.bytes_a_day)} a day of all sources)"
        return f"pages ({budget.pages_a_run} a run)" if page and self.pages >= budget.pages_a_run else ""


def _failures_of_last_run(database: Database[Document], source: str) -> set[str]:
    crawled = {"source": source, "from_files": {"$ne": True}, **not_ahead(datetime.now(UTC))}
    last = database.runs.find_one(crawled, {"tried": 1}, sort=[("ended", -1)])
    return set((last or {}).get("tried", ()))


_run_budgets: WeakKeyDictionary[Crawler, RunBudget] = WeakKeyDictionary()


def run_budget_of(crawler: Crawler) -> RunBudget | None:
    """The one ``RunBudget`` of *crawler*; None where it crawls no source, but reads files."""
    source = getattr(crawler.spider, "source", None)
    if source and crawler not in _run_budgets:
        _run_budgets[crawler] = RunBudget(crawler, storage_of(crawler), source.key)
    return _run_budgets.get(crawler)


class BudgetMiddleware:
    """Refuses the requests of a run that has met its budget.

    It stands after the middleware that knows which pages need no request, and before the one for robots.txt.
    """

    def __init__(self, crawler: Crawler, storage: Storage) -> None:
        self._crawler, self._storage = crawler, storage

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler, storage_of(crawler))
        crawler.signals.connect(middleware.request_sent, signals.request_reached_downloader)
        return middleware

    async def process_request(self, request: Request) -> Request | None:
        """Puts off what failed last time. Raises BudgetMet once the budget is met, IgnoreRequest without a database."""
        budget = run_budget_of(self._crawler)
        page = "link" in request.cb_kwargs
        begun = "redirect_urls" in request.meta or request.meta.get("retry_times")
        if budget is None or begun or not (page or "entry" in request.meta):
            return None
        try:
            met = await budget.met(page)
            if page and not met and request.priority == 0 and await budget.failed_last(request.cb_kwargs["link"].url):
                return request.replace(priority=-1)
        except StoreError as error:
            self._storage.fail(str(error))
            raise IgnoreRequest("not asked: the database has failed") from None
        if met:
            raise BudgetMet(f"not asked: stopped: {met}")
        budget.pages += page
        request.meta["xinwen_budget"] = page
        return None

    def request_sent(self, request: Request) -> None:
        """Note that the request was sent."""
        request.meta.pop("xinwen_budget", None)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A page that was not asked for after all, as robots.txt bars it, costs nothing of the budget."""
        if request.meta.pop("xinwen_budget", False) and (budget := run_budget_of(self._crawler)):
            budget.pages -= 1

    async def process_response(self, request: Request, response: Response) -> Response:
        """Count the bytes of the response. Raises IgnoreRequest once the database has failed."""
        if budget := run_budget_of(self._crawler):
            try:
                await budget.count_bytes()
                budget.count_soon()
            except StoreError as error:
                self._storage.fail(str(error))
                raise IgnoreRequest("not stored: the database has failed") from None
        return response
