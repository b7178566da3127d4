"""robots.txt as the rules mean it: one that is refused or out of order bars the whole host."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from crawler.middlewares import FAILURES, Blocked, refusal

_FIRST = 1000  # before everything else that waits for the host


class Barred(IgnoreRequest):
    """robots.txt asks programs not to fetch this address."""


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
            self._slow_down(parts.hostname or "", rules)
        if request.meta.get("xinwen_leave") and parts.netloc in self.silent:
            raise Barred(f"not asked without leave: {parts.netloc} has no robots.txt")
        if not rules.allowed(request.url, self.agent):
            self.crawler.stats.inc_value("xinwen/robots/barred")
            raise Barred(f"barred by robots.txt of {parts.netloc}")

    def _slow_down(self, host: str, rules: RobotParser) -> None:
        """Keep to the crawl-delay. Before every request, as AutoThrottle knows nothing of it and goes below."""
        delay = rules.crawl_delay(self.agent)
        if not delay or delay <= self.crawler.settings.getfloat("DOWNLOAD_DELAY"):
            return
        downloader = self.crawler.engine.downloader
        downloader.per_slot_settings[host] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter = max(slot.delay, delay), 0

    async def _read(self, url: str) -> RobotParser:
        # Not to be held back by the spider's own delays in asking for pages.
        robots = Request(url, priority=_FIRST, meta={"xinwen": "robots"}, callback=NO_CALLBACK)
        try:
            response = await self.crawler.engine.download_async(robots)
        except IgnoreRequest as error:
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked(f"{url} cannot be read: {error}") from None
        except FAILURES as error:
            raise type(error)(f"{url} cannot be read: {error}") from None
        refused = refusal(response)
        if refused:
            self.crawler.stats.inc_value("xinwen/blocked")
        if reason := refused or (f"HTTP {response.status}" if response.status >= 500 else ""):
            raise Blocked(f"{url} cannot be read: {reason}")
        body = response.body if response.status == 200 else b""
        if not body.strip():
            self.silent.add(urlsplit(url).netloc)
        return ProtegoRobotParser.from_crawler(self.crawler, body)
