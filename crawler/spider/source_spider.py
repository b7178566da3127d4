"""The one spider: a source's ways in, its pages, and an article of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import unquote, urlsplit

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
from crawler.ledger import Ledger
from crawler.middlewares import FAILURES, NOBODY, Blocked, Known, Locked, OtherHost, told
from crawler.read import read_document
from crawler.read.months import day_of_file, start_of_month
from crawler.read.unreadable import Unreadable
from crawler.refused import Refused
from crawler.robots import Barred
from crawler.source import Source
from crawler.walls import LoginWall
from crawler.way import Link
from crawler.ways.select import key_of, newest_first, older
from store.article import Article, article_id, canonical_address

_IGNORED = {Known: "known", Blocked: "blocked", Barred: "barred", OtherHost: "ignored", Locked: "ignored"}
"""All others are failures that may pass: redirects without end, a robots.txt that is out of order, a bomb."""

_STATUSES = {304: "not_modified", 404: "gone", 410: "gone"}


class SourceSpider(scrapy.Spider):
    """Crawls the source of its ``row``; ``crawler.spiderloader`` makes one such class a row.

    Requests carry ``meta["xinwen"]``: ``entry`` (a way in), ``page`` (an article) or ``robots``.
    """

    row: Source

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        for name in ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN"):
            settings.set(name, cls.row.at_once, priority="spider")
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

    @property
    def ledger(self) -> Ledger:
        return Ledger.of(self.crawler)

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

    def _from_entry(self, link: Link) -> Article | Refused | Request | None:
        now = datetime.now(UTC)
        try:
            article = article_from_entry(link, self.row, now)
        except Unreadable as error:
            return self._refused(link.url, link, error, now)
        return self._dated(article, link)

    def _wanted(self, links: list[Link]) -> list[Link]:
        fresh = [link for link in newest_first(links) if not older(link, self.since)]
        taken = fresh[: self.arguments.limit or None]
        self.ledger.drop("older", len(links) - len(fresh))
        self.ledger.drop("limit", len(fresh) - len(taken))
        self.ledger.take((key_of(link, self.row), link) for link in taken)
        return taken

    def _is_read(self, link: Link) -> bool:
        """Is the page fetched? Not where only the headline may be kept, nor where the entry has brought the text."""
        headline_only = (link.access or self.row.keep) == "headline"
        linked_only = is_workbook(link.url) and self.row.workbook_of is None
        return self.row.read == "page" and not (headline_only or link.body or linked_only)

    async def read_page(self, response: Response, link: Link) -> AsyncIterator[Article | Refused | Request]:
        now = datetime.now(UTC)
        charset = (response.headers.get("Content-Type") or b"").decode("latin-1")
        given = (response.body, response.url, link, self.row, now, charset)
        try:
            if is_pdf(response.body) or is_workbook(link.url):
                # A long report takes seconds, which other requests must not wait for.
                loop = asyncio.get_running_loop()
                article = await loop.run_in_executor(self.reader, article_from_page, *given)
            else:
                article = article_from_page(*given)
        except Unreadable as error:
            yield self._refused(response.url, link, error, now)
            return
        self.count("pages/read")
        if item := self._dated(article, link):
            yield item

    def _dated(self, article: Article, link: Link) -> Article | Request | None:
        """*article*, or the request for the document that tells its date; None when it is known or too old."""
        documents = [file.url for file in article.files if urlsplit(file.url).path.lower().endswith(".pdf")]
        if article.published is None and self.row.dated_by_files and documents:
            article.published = day_of_file(documents[0], self.row.timezone, article.fetched)
            if article.published is None:
                return self._date_request(article, documents[0]) if self._once(article, link) else None
        return self._once(article, link)

    def _date_request(self, article: Article, document: str) -> Request:
        self.count("dates/asked")
        return Request(
            document,
            callback=self.read_date,
            errback=partial(self.no_date, article, document),
            cb_kwargs={"article": article},
            meta={"xinwen": "page"},
            priority=1,  # the article waits for it
            dont_filter=True,
        )

    async def read_date(self, response: Response, article: Article) -> AsyncIterator[Article]:
        """The date on the first pages of a document that belongs to *article*; nothing else is kept of it."""
        loop = asyncio.get_running_loop()
        try:
            read = partial(read_document, response.body, response.url, captured=article.fetched, source=self.row)
            report = await loop.run_in_executor(self.reader, read)
            article.published = report.published if is_pdf(response.body) else None
        except Unreadable as error:
            self.logger.warning("%s: %s: %s", self.row.key, response.url, error)
        if young := self._without_day(article, response.url):
            yield young

    def no_date(self, article: Article, document: str, failure: Failure) -> Iterator[Article]:
        """A document that is not to be had costs the date, not the article."""
        self.ledger.mishaps.append((document, *self._not_read(document, failure)))
        if young := self._without_day(article, document):
            yield young

    def _without_day(self, article: Article, document: str) -> Article | None:
        """*article*, of the month that the name of the *document* tells where nothing told the day."""
        if article.published is None:
            self.count("dates/missing")
            name = unquote(urlsplit(document).path.rsplit("/", 1)[-1])
            article.published = start_of_month(name, self.row.timezone, article.fetched)
        self.ledger.date(article.id, article.published)
        if self._is_young(article):
            return article
        self.ledger.settle(article.id, "older")
        return None

    def _is_young(self, article: Article) -> bool:
        old = bool(self.since and article.published and article.published < self.since)
        self.count("articles/older", old)
        return not old

    def not_read(self, link: Link, failure: Failure) -> Iterator[Article]:
        """Notes why a page was not read; everything that is no fault of ours ends here."""
        outcome, reason = self._not_read(link.url, failure)
        if outcome == "blocked" and (article := self._stand_in(link)):
            self.ledger.mishaps.append((link.url, outcome, reason))
            yield article
        else:
            self.ledger.end(link, outcome, reason)

    def _stand_in(self, link: Link) -> Article | None:
        """What the entry says of the article, unless there is more in the store already or the row wants none."""
        fate = self.ledger.fate(link)
        if not (self.row.entry_stands_in and link.title and link.published) or (fate and fate.stored):
            return None
        article = article_from_entry(
            replace(link, access="abstract" if link.summary else "headline"), self.row, datetime.now(UTC)
        )
        if found := self._once(article, link):
            self.count("pages/stood_in")
        return found

    def _not_read(self, url: str, failure: Failure) -> tuple[str, str]:
        """Outcome, and the reason where it is worth telling."""
        error = failure.value
        if isinstance(error, HttpError):
            status = error.response.status
            outcome, reason = _STATUSES.get(status, "failed"), f"HTTP {status}"
        elif isinstance(error, IgnoreRequest):
            outcome = next((name for kind, name in _IGNORED.items() if isinstance(error, kind)), "failed")
            reason = str(error)
        elif isinstance(error, FAILURES):
            outcome, reason = "failed", told(error)
        else:
            failure.raiseException()
        self.count(f"pages/{outcome}")
        self.count("pages/login", isinstance(error, Locked))
        quiet = outcome in ("not_modified", "known")
        if not quiet and outcome != "ignored":
            self.logger.warning("%s: %s: %s", self.row.key, url, reason)
        return outcome, "" if quiet else reason

    def _once(self, article: Article, link: Link) -> Article | None:
        """*article*, or None when another address has led to it before, or when it is too old."""
        if not self._is_young(article):
            self.ledger.end(link, "older")
            return None
        self.ledger.led(link, article.id, article.published, article.kind)
        new = article.id not in self.found
        self.found.add(article.id)
        self.count("articles/found" if new else "articles/duplicate")
        return article if new else None

    def _refused(self, url: str, link: Link, error: Unreadable, now: datetime) -> Refused:
        self.count("pages/unreadable")
        self.count("pages/login", isinstance(error, LoginWall))
        self.ledger.led(link, article_id(canonical_address(url)))
        return Refused(self.row.key, url, [str(error)], now)

    def count(self, name: str, number: int = 1) -> None:
        if number:
            self.crawler.stats.inc_value(f"xinwen/{name}", number)

    def closed(self, reason: str) -> None:
        self.reader.shutdown(wait=False)
