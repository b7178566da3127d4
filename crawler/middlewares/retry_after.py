"""Waiting as a site asks to: Retry-After, and not at all where that would take too long."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import DownloadFailedError, ResponseDataLossError
from scrapy.http import Response

from crawler.middlewares import Blocked

logger = logging.getLogger(__name__)

LONGEST = 90.0
"""Seconds that a run waits for a site; one that asks for more is left alone until the next run."""

IN_A_ROW = 5
"""So many connections of a site cut one after another mean that it is out of order."""


class PatienceMiddleware:
    """Obeys Retry-After of 429 and 503; without it, such replies are Scrapy's to try again."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.busy: dict[str, str] = {}
        self.cut: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PatienceMiddleware:
        return cls(crawler)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A connection that was cut is tried more often than a site that hangs: it takes no more than a moment."""
        if isinstance(exception, DownloadFailedError | ResponseDataLossError):
            host = urlsplit(request.url).hostname or ""
            self.cut[host] += 1
            if self.cut[host] <= IN_A_ROW:
                request.meta["max_retry_times"] = 2 * self.crawler.settings.getint("RETRY_TIMES")

    def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if host in self.busy:
            raise Blocked(f"not asked: {host} has answered with {self.busy[host]}")

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        self.cut.pop(urlsplit(request.url).hostname or "", None)
        if response.status not in (429, 503):
            return response
        seconds = seconds_to_wait((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        if seconds is None:
            return response
        host = urlsplit(request.url).hostname or ""
        reason = f"HTTP {response.status}, to be asked again in {seconds:.0f} s"
        if seconds > LONGEST:
            self.busy[host] = reason
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked(reason)
        assert self.crawler.spider
        again = get_retry_request(request, spider=self.crawler.spider, reason="Retry-After")
        if again is None:
            return response
        logger.info("%s: %s", host, reason)
        self.crawler.stats.inc_value("xinwen/waited", math.ceil(seconds))
        await asyncio.sleep(seconds)
        return again


def seconds_to_wait(value: str, now: datetime) -> float | None:
    """What a Retry-After header says, in seconds from *now*; None when it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp())
