"""Fetches a few pages through the project's downloader: with its robots.txt rules, user agent, hosts and sample web."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.project import get_project_settings

from crawler.exceptions import DOWNLOAD_FAILURES, LOCAL_URL, describe_failure
from crawler.source import Source

_DELAY = 2.0  # seconds between two requests to a live site


class FetchFailed(RuntimeError):
    """A page could not be fetched; the message says why."""


@dataclass(frozen=True)
class Fetched:
    """A page that a site sent with status 200; ``asked`` is the address before redirects, ``url`` the one after."""

    asked: str
    url: str
    body: bytes
    headers: dict[str, str]
    time: datetime


class SiteVisit(scrapy.Spider, ABC):
    """A spider that runs ``visit`` once; its requests go through the downloader of the project."""

    name = "visit"

    def __init__(self, hosts: frozenset[str] | None, ports: frozenset[int] = frozenset(), **arguments: Any) -> None:
        super().__init__(**arguments)
        self.hosts, self.ports = hosts, ports
        self.fetched: list[Fetched] = []
        self.failure: Exception | None = None

    async def start(self) -> AsyncIterator[Request]:
        yield Request(LOCAL_URL, callback=self.begin)

    async def begin(self, _: Response) -> AsyncIterator[Request]:
        try:
            await self.visit()
        except FetchFailed as failure:
            self.failure = failure
        return
        yield  # a callback is a generator, and this one has nothing to yield

    @abstractmethod
    async def visit(self) -> None:
        """Fetches all pages. May raise FetchFailed."""

    async def get(self, url: str, kind: str = "page") -> Fetched:
        """The page at *url*. Raises FetchFailed."""
        request = Request(url, meta={"xinwen": kind}, callback=NO_CALLBACK)
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(request)
        except IgnoreRequest as error:
            raise FetchFailed(str(error)) from None
        except DOWNLOAD_FAILURES as error:
            raise FetchFailed(describe_failure(error)) from None
        except Exception as error:
            # Decompressors have exceptions of their own, and a site chooses what they get.
            self.logger.debug("a fault of the downloader at %s", url, exc_info=True)
            raise FetchFailed(describe_failure(error)) from error
        if response.status != 200:
            raise FetchFailed(f"HTTP {response.status}")
        headers = {
            name.decode("latin-1"): b", ".join(values).decode("latin-1") for name, values in response.headers.items()
        }
        return Fetched(url, response.url, response.body, headers, datetime.now(UTC))


class _Pages(SiteVisit):
    def __init__(self, urls: Sequence[str], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.urls = urls

    async def visit(self) -> None:
        for url in self.urls:
            self.fetched.append(await self.get(url))


def fetch(urls: Sequence[str], source: Source) -> list[Fetched]:
    """The pages at *urls*, in order; only hosts of *source* get requests. Once per process. Raises FetchFailed."""
    return run(_Pages, urls=urls, hosts=source.allowed, ports=source.ports).fetched


def run(spider: type[SiteVisit], **arguments: Any) -> Any:
    """Runs *spider* with the project's settings, but without storage, and returns it. Raises FetchFailed."""
    settings = get_project_settings()
    settings.set("ADDONS", {}, "cmdline")
    settings.set("LOG_LEVEL", "ERROR", "cmdline")
    if settings.getbool("XINWEN_POLITE"):
        settings.set("DOWNLOAD_DELAY", _DELAY, "cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider)
    process.crawl(crawler, **arguments)
    process.start()
    visit = crawler.spider
    assert isinstance(visit, SiteVisit)
    if visit.failure:
        raise visit.failure
    return visit
