"""Obeys robots.txt as RFC 9309 means it: a robots.txt that is blocked or unreachable disallows the whole host."""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from crawler.exceptions import DOWNLOAD_FAILURES, Blocked, RefusedAddress, describe_failure
from crawler.middlewares.blocked import block_reason

logger = logging.getLogger(__name__)

_VERSION = re.compile(rb"(?im)^([ \t]*user-agent[ \t]*:[ \t]*[A-Za-z_-]+)/[^\r\n#]*")
"""A version behind a name, which RFC 9309, 2.2.1, does not have; the name alone says who is meant."""

_FIRST = 1000  # priority of a request for robots.txt: higher than all others to the host

MAX_CRAWL_DELAY = 600.0
"""Seconds; with a longer crawl-delay a run would reach its time limit before it has an article."""

_MAX_BYTES = 2**20
"""Twice the 500 KiB that RFC 9309, 2.5, requires every crawler to parse."""


class RobotsDisallowed(IgnoreRequest):
    """robots.txt disallows this address."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt cannot be read because of a server or network error: nothing is fetched (RFC 9309, 2.3.1.4)."""


class RobotsMiddleware:
    """Replaces Scrapy's middleware, which allows everything when robots.txt answers 403, 500 or not at all."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self.rules: dict[str, asyncio.Task[RobotParser]] = {}
        self.without_robots: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises RobotsDisallowed, RobotsUnreachable, or Blocked when robots.txt is blocked or its delay too long."""
        if request.meta.get("xinwen") == "robots":
            return
        parts = urlsplit(request.url)
        # Several requests for a new host may come at once; all wait for the same download of robots.txt.
        if parts.netloc not in self.rules:
            self.rules[parts.netloc] = asyncio.ensure_future(self._read(f"{parts.scheme}://{parts.netloc}/robots.txt"))
        rules = await self.rules[parts.netloc]
        if self.crawler.settings.getbool("XINWEN_POLITE"):
            self._slow_down(parts.hostname or "", rules.crawl_delay(self.agent) or 0)
        if request.meta.get("xinwen_requires_robots") and parts.netloc in self.without_robots:
            raise RobotsDisallowed(
                f"not asked: {parts.netloc} has no robots.txt that allows it, as the source requires"
            )
        if not rules.allowed(request.url, self.agent):
            self.crawler.stats.inc_value("xinwen/robots/barred")
            raise RobotsDisallowed(f"barred by robots.txt of {parts.netloc}")

    def _slow_down(self, host: str, delay: float) -> None:
        """Applies the crawl-delay, before every request: AutoThrottle ignores it and would lower the delay again."""
        if not delay <= MAX_CRAWL_DELAY:  # written this way to be true for NaN as well
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked(f"robots.txt of {host} asks for {delay:.0f} s between two requests")
        if delay <= self.crawler.settings.getfloat("DOWNLOAD_DELAY"):
            return
        downloader = self.crawler.engine.downloader
        downloader.per_slot_settings[host] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter = max(slot.delay, delay), 0

    async def _read(self, url: str) -> RobotParser:
        """Downloads and parses the robots.txt at *url*. Raises RobotsUnreachable or Blocked."""
        meta = {"xinwen": "robots", "download_maxsize": _MAX_BYTES}
        robots = Request(url, priority=_FIRST, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self.crawler.engine.download_async(robots)
        except Blocked as error:  # counted where it was raised
            raise Blocked(f"{url} cannot be read: {error}") from None
        except RefusedAddress:
            raise
        except IgnoreRequest as error:
            raise RobotsUnreachable(f"{url} cannot be read: {error}") from None
        except DOWNLOAD_FAILURES as error:
            raise RobotsUnreachable(f"{url} cannot be read: {describe_failure(error)}") from None
        except Exception as error:  # one that nobody foresaw bars this host, and does not end the run
            logger.exception("a fault of the downloader at %s", url)
            raise RobotsUnreachable(f"{url} cannot be read: {describe_failure(error)}") from error
        if blocked := block_reason(response):
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked(f"{url} cannot be read: {blocked}")
        # RFC 9309, 2.3.1.3: 4xx means that there is no robots.txt. 429 is no such answer: it asks to come back later.
        if response.status != 200 and (response.status == 429 or not 400 <= response.status < 500):
            raise RobotsUnreachable(f"{url} cannot be read: HTTP {response.status}")
        body = response.body if response.status == 200 else b""
        # Many sites answer a missing file with an HTML page and status 200.
        if not body.strip() or body.lstrip().startswith(b"<"):
            self.without_robots.add(urlsplit(url).netloc)
        return ProtegoRobotParser.from_crawler(self.crawler, _VERSION.sub(rb"\1", body))
