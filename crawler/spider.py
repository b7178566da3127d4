"""The one spider: a source's ways in, its pages, and an article of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import scrapy
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.arguments import arguments
from crawler.compose import article_from_entry, article_from_page, is_pdf, is_workbook
from crawler.entrance import Entrance
from crawler.middlewares import FAILURES, NOBODY, Blocked
from crawler.read.unreadable import Unreadable
from crawler.refused import Refused
from crawler.robots import Barred
from crawler.source import Link, Source
from crawler.ways.select import newest_first, older
from store.article import Article

_STATUSES = {304: "unchanged", 404: "gone", 410: "gone"}


class SourceSpider(scrapy.Spider):
    """Crawls the source of its ``row``; ``crawler.spiderloader`` makes one such class a row.

    Requests carry ``meta["xinwen"]``: ``entry`` (a way in), ``page`` (an article) or ``robots``.
    """

    row: Source

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        if settings.getbool("XINWEN_POLITE"):
            settings.set("DOWNLOAD_DELAY", cls.row.delay, priority="spider")
            settings.set("AUTOTHROTTLE_START_DELAY", cls.row.delay, priority="spider")

    def __init__(self, name: str | None = None, **given: str) -> None:
        super().__init__(name)
        self.arguments = arguments(given)
        self.since = self.arguments.start(self.row.timezone)
        self.hosts = self.row.allowed
        self.found: set[str] = set()
        # PDFium must not be entered by two threads at once.
        self.reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")

    async def start(self) -> AsyncIterator[Request]:
        yield Request(NOBODY, callback=self.crawl)

    async def crawl(self, _: Response) -> AsyncIterator[Article | Refused | Request]:
        entrance = Entrance(self.row, self.crawler, self.arguments.limit, self.since)
        for link in self._wanted(await entrance.links()):
            if self._is_read(link):
                self.count("pages/asked")
                yield Request(
                    link.url,
                    callback=self.read_page,
                    errback=partial(self.not_read, link),
                    cb_kwargs={"link": link},
                    meta={"xinwen": "page"},
                    dont_filter=True,
                )
            elif item := self._from_entry(link):
                yield item

    def _from_entry(self, link: Link) -> Article | Refused | None:
        now = datetime.now(UTC)
        try:
            article = article_from_entry(link, self.row, now)
        except Unreadable as error:
            return self._refused(link.url, error, now)
        return self._once(article)

    def _wanted(self, links: list[Link]) -> list[Link]:
        fresh = [link for link in newest_first(links) if not older(link, self.since)]
        self.count("links/dropped/older", len(links) - len(fresh))
        taken = fresh[: self.arguments.limit or None]
        self.count("links/taken", len(taken))
        return taken

    def _is_read(self, link: Link) -> bool:
        """Is the page fetched? Not where only the headline may be kept, nor where the entry has brought the text."""
        headline_only = (link.access or self.row.keep) == "headline"
        return self.row.read == "page" and not (headline_only or link.body or is_workbook(link.url))

    async def read_page(self, response: Response, link: Link) -> AsyncIterator[Article | Refused]:
        now = datetime.now(UTC)
        charset = (response.headers.get("Content-Type") or b"").decode("latin-1")
        given = (response.body, response.url, link, self.row, now, charset)
        try:
            if is_pdf(response.body):
                # A long report takes seconds, which other requests must not wait for.
                loop = asyncio.get_running_loop()
                article = await loop.run_in_executor(self.reader, article_from_page, *given)
            else:
                article = article_from_page(*given)
        except Unreadable as error:
            yield self._refused(response.url, error, now)
            return
        self.count("pages/read")
        if self.since and article.published and article.published < self.since:
            self.count("articles/older")
            return
        if once := self._once(article):
            yield once

    def not_read(self, link: Link, failure: Failure) -> None:
        """Counts why a page was not read; everything that is no fault of ours ends here."""
        error = failure.value
        if isinstance(error, HttpError):
            status = error.response.status
            outcome, reason = _STATUSES.get(status, "failed"), f"HTTP {status}"
        elif isinstance(error, IgnoreRequest):
            outcome = "blocked" if isinstance(error, Blocked) else "barred" if isinstance(error, Barred) else "ignored"
            reason = str(error)
        elif isinstance(error, FAILURES):
            outcome, reason = "failed", f"{type(error).__name__}: {error}"
        else:
            failure.raiseException()
        self.count(f"pages/{outcome}")
        if outcome not in ("unchanged", "ignored"):
            self.logger.warning("%s: %s: %s", self.row.key, link.url, reason)

    def _once(self, article: Article) -> Article | None:
        """*article*, or None when another address has led to it before."""
        new = article.id not in self.found
        self.found.add(article.id)
        self.count("articles/found" if new else "articles/duplicate")
        return article if new else None

    def _refused(self, url: str, error: Unreadable, now: datetime) -> Refused:
        self.count("pages/unreadable")
        return Refused(self.row.key, url, [str(error)], now)

    def count(self, name: str, number: int = 1) -> None:
        if number:
            self.crawler.stats.inc_value(f"xinwen/{name}", number)

    def closed(self, reason: str) -> None:
        self.reader.shutdown(wait=False)
