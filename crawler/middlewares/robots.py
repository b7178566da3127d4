"""robots.txt as the rules mean it: one that is refused or out of order bars the whole host."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from crawler.middlewares import FAILURES, Blocked, refusal, told

_FIRST = 1000  # before everything else that waits for the host


LONGEST_DELAY = 600.0
"""Seconds; with a longer crawl-delay a run would reach its end before it has an article."""

_MOST_BYTES = 2**20
"""Twice what the standard asks of every reader."""


class Barred(IgnoreRequest):
    """robots.txt asks programs not to fetch this address."""


class NoRules(IgnoreRequest):
    """Nobody can tell what robots.txt says, as the site is out of order: nothing is fetched."""


class RobotsMiddleware:
    """In place of Scrapy's, which takes a robots.txt that answers 403, 500 or nothing for leave to crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self.rules: dict[str, asyncio.Task[RobotParser]] = {}
        self.silent: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("xinwen") == "robots":
            return
        parts = urlsplit(request.url)
        # Requests for one new host come together; they wait for one and the same robots.txt.
        if parts.netloc not in self.rules:
            self.rules[parts.netloc] = asyncio.ensure_future(self._read(f"{parts.scheme}://{parts.netloc}/robots.txt"))
        rules = await self.rules[parts.netloc]
        if self.crawler.settings.getbool("XINWEN_POLITE"):
            self._slow_down(parts.hostname or "", rules.crawl_delay(self.agent) or 0)
        if request.meta.get("xinwen_leave") and parts.netloc in self.silent:
            raise Barred(f"not asked without leave: {parts.netloc} has no robots.txt")
        if not rules.allowed(request.url, self.agent):
            self.crawler.stats.inc_value("xinwen/robots/barred")
            raise Barred(f"barred by robots.txt of {parts.netloc}")

    def _slow_down(self, host: str, delay: float) -> None:
        """Keep to the crawl-delay. Before every request, as AutoThrottle knows nothing of it and goes below."""
        if not delay <= LONGEST_DELAY:  # also what is no number
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked(f"robots.txt of {host} asks for {delay:.0f} s between two requests")
        if delay <= self.crawler.settings.getfloat("DOWNLOAD_DELAY"):
            return
        downloader = self.crawler.engine.downloader
        downloader.per_slot_settings[host] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter = max(slot.delay, delay), 0

    async def _read(self, url: str) -> RobotParser:
        # Not to be held back by the spider's own delays in asking for pages.
        meta = {"xinwen": "robots", "download_maxsize": _MOST_BYTES}
        robots = Request(url, priority=_FIRST, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self.crawler.engine.download_async(robots)
        except Blocked as error:  # counted where it was raised
            raise Blocked(f"{url} cannot be read: {error}") from None
        except IgnoreRequest as error:
            raise NoRules(f"{url} cannot be read: {error}") from None
        except FAILURES as error:
            raise NoRules(f"{url} cannot be read: {told(error)}") from None
        if refused := refusal(response):
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked(f"{url} cannot be read: {refused}")
        # 4xx says that there is none. 429 says that now is not the time to ask, not that all is allowed.
        if response.status != 200 and (response.status == 429 or not 400 <= response.status < 500):
            raise NoRules(f"{url} cannot be read: HTTP {response.status}")
        body = response.body if response.status == 200 else b""
        # Many sites show their page for whatever they have not got.
        if not body.strip() or body.lstrip().startswith(b"<"):
            self.silent.add(urlsplit(url).netloc)
        return ProtegoRobotParser.from_crawler(self.crawler, body)
