"""Honours the Retry-After header (RFC 9110, 10.2.3), unless it asks for too long a wait."""

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

from crawler.exceptions import Blocked

logger = logging.getLogger(__name__)

MAX_WAIT = 90.0
"""Seconds that a run waits for a site; a site that asks for more is not requested again in this run."""

MAX_CONSECUTIVE_CUTS = 5
"""After more consecutive cut connections than this, a host counts as broken and gets no extra retries."""


class RetryAfterMiddleware:
    """Honours Retry-After of replies 429 and 503; Scrapy's retry middleware handles such replies without the header.

    It also gives requests whose connection was cut more retries than Scrapy does.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.busy_hosts: dict[str, str] = {}
        self.consecutive_cuts: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryAfterMiddleware:
        return cls(crawler)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Doubles the retries after a cut connection: unlike a timeout, a cut costs hardly any time."""
        if isinstance(exception, DownloadFailedError | ResponseDataLossError):
            host = urlsplit(request.url).hostname or ""
            self.consecutive_cuts[host] += 1
            if self.consecutive_cuts[host] <= MAX_CONSECUTIVE_CUTS:
                request.meta["max_retry_times"] = 2 * self.crawler.settings.getint("RETRY_TIMES")

    def process_request(self, request: Request) -> None:
        """Raises Blocked for a host that has asked for too long a wait."""
        host = urlsplit(request.url).hostname or ""
        if host in self.busy_hosts:
            raise Blocked(f"not asked: {host} has answered with {self.busy_hosts[host]}")

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Waits as the reply asks and returns the request to repeat. Raises Blocked when the wait is too long."""
        self.consecutive_cuts.pop(urlsplit(request.url).hostname or "", None)
        if response.status not in (429, 503):
            return response
        seconds = seconds_to_wait((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        if seconds is None:
            return response
        host = urlsplit(request.url).hostname or ""
        reason = f"HTTP {response.status}, to be asked again in {seconds:.0f} s"
        if seconds > MAX_WAIT:
            self.busy_hosts[host] = reason
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked(reason)
        assert self.crawler.spider
        retry = get_retry_request(request, spider=self.crawler.spider, reason="Retry-After")
        if retry is None:
            return response
        logger.info("%s: %s", host, reason)
        self.crawler.stats.inc_value("xinwen/waited", math.ceil(seconds))
        await asyncio.sleep(seconds)
        return retry


def seconds_to_wait(value: str, now: datetime) -> float | None:
    """The wait in seconds from *now* that the Retry-After header *value* asks for; None when it is no valid value.

    The header holds either a number of seconds or an HTTP date.
    """
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp())
