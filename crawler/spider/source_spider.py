"""The spider of all sources: discovers links, requests their pages, and yields an article for each."""

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
from scrapy.utils.log import failure_to_exc_info
from twisted.python.failure import Failure

from crawler.budgets import HANGING, budgets
from crawler.discovery.methods import Link
from crawler.discovery.select import newest_first, page_key, published_before
from crawler.exceptions import (
    DOWNLOAD_FAILURES,
    LOCAL_URL,
    AlreadyKnown,
    Blocked,
    BudgetMet,
    LoginRequired,
    OtherHost,
    RefusedAddress,
    describe_failure,
)
from crawler.extraction import read_document
from crawler.extraction.blocked_pages import LoginPage
from crawler.extraction.months import day_of_file, start_of_month
from crawler.extraction.unreadable import Unreadable, one_reply
from crawler.items import UnreadablePage
from crawler.middlewares.robots import RobotsDisallowed
from crawler.source import Source
from crawler.spider.arguments import arguments
from crawler.spider.article_builder import article_from_entry, article_from_page, is_document, is_pdf, is_workbook
from crawler.spider.link_discovery import LinkDiscovery
from crawler.spider.link_ledger import LinkLedger
from store.article import Article, article_id, canonical_address

_OUTCOME_OF_EXCEPTION = {
    AlreadyKnown: "known",
    BudgetMet: "left_over",
    Blocked: "blocked",
    RobotsDisallowed: "barred",
    OtherHost: "ignored",
    RefusedAddress: "ignored",
    LoginRequired: "ignored",
}
"""Outcome of a link by what a middleware raised. Any other exception counts as ``failed`` and may be temporary:
endless redirects, an unreachable robots.txt, a reply that decompresses to too much."""

_OUTCOME_OF_STATUS = {304: "not_modified", 404: "gone", 410: "gone"}


class SourceSpider(scrapy.Spider):
    """Crawls its ``source``; ``crawler.spider.loader`` makes a subclass for each source.

    The ``meta["xinwen"]`` of a request says what it is for: ``entry`` (an entry page), ``page`` (an article or its
    document) or ``robots`` (robots.txt).
    """

    source: Source

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        for name in ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN"):
            settings.set(name, cls.source.at_once, priority="spider")
        if budget := budgets().sources.get(cls.source.key):
            settings.set("DOWNLOAD_TIMEOUT", budget.seconds_a_download, priority="spider")
            settings.set("CLOSESPIDER_TIMEOUT", budget.seconds_a_run + HANGING, priority="spider")
        settings.set("DOWNLOAD_VERIFY_CERTIFICATES", not cls.source.unverified, priority="spider")
        if settings.getbool("XINWEN_POLITE"):
            settings.set("DOWNLOAD_DELAY", cls.source.delay, priority="spider")
            settings.set("AUTOTHROTTLE_START_DELAY", cls.source.delay, priority="spider")

    def __init__(self, name: str | None = None, **given: str) -> None:
        super().__init__(name)
        self.arguments = arguments(given)
        self.since = self.arguments.start(self.source.timezone)
        self.limit = self.arguments.limit or self.source.limit
        self.hosts, self.ports = self.source.allowed, self.source.ports
        self.article_ids: set[str] = set()
        # One thread only: PDFium is not thread-safe.
        self.reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")

    async def start(self) -> AsyncIterator[Request]:
        """Yields one local request, whose callback ``crawl`` does the work; see ``LOCAL_URL``."""
        yield Request(LOCAL_URL, callback=self.crawl)

    @property
    def ledger(self) -> LinkLedger:
        return LinkLedger.of(self.crawler)

    async def crawl(self, _: Response) -> AsyncIterator[Article | UnreadablePage | Request]:
        """Discovers the links and yields a request for each page, or the article where its page is not to be read."""
        discovery = LinkDiscovery(self.source, self.crawler, self.limit, self.since)
        for link in self._wanted(await discovery.links()):
            if self._needs_page(link):
                self.count("pages/asked")
                yield Request(
                    link.url,
                    callback=self.read_page,
                    errback=partial(self.page_failed, link),
                    cb_kwargs={"link": link},
                    meta={"xinwen": "page"},
                    dont_filter=True,
                )
            elif item := self._from_entry(link):
                yield item

    def _from_entry(self, link: Link) -> Article | UnreadablePage | Request | None:
        now = datetime.now(UTC)
        try:
            with one_reply(link.url):
                article = article_from_entry(link, self.source, now)
        except Unreadable as error:
            return self._unreadable(link.url, link, error, now)
        return self._with_date(article, link)

    def _wanted(self, links: list[Link]) -> list[Link]:
        """The links that the run follows, newest first, at most ``limit`` and none older than ``since``."""
        fresh = [link for link in newest_first(links) if not published_before(link, self.since)]
        taken = fresh[: self.limit or None]
        self.ledger.drop("older", len(links) - len(fresh))
        self.ledger.drop("limit", len(fresh) - len(taken))
        self.ledger.take((page_key(link, self.source), link) for link in taken)
        return taken

    def _needs_page(self, link: Link) -> bool:
        """Whether to fetch the page: not when only the headline may be kept, nor when the entry page had the text."""
        headline_only = self.source.access(link.access) == "headline"
        linked_only = is_workbook(link.url) and self.source.workbook_of is None
        return self.source.read == "page" and not (headline_only or link.body or linked_only)

    async def read_page(self, response: Response, link: Link) -> AsyncIterator[Article | UnreadablePage | Request]:
        """Callback of an article's page."""
        now = datetime.now(UTC)
        charset = (response.headers.get("Content-Type") or b"").decode("latin-1")
        arguments = (response.body, response.url, link, self.source, now, charset)
        try:
            if is_pdf(response.body) or is_workbook(link.url):
                # In a thread: a long report takes seconds, which would block the reactor.
                loop = asyncio.get_running_loop()
                reading = loop.run_in_executor(self.reader, article_from_page, *arguments)
                with one_reply(response.url):
                    article = await reading
            else:
                with one_reply(response.url):
                    article = article_from_page(*arguments)
        except Unreadable as error:
            yield self._unreadable(response.url, link, error, now)
            return
        self.count("pages/read")
        if item := self._with_date(article, link):
            yield item

    def _with_date(self, article: Article, link: Link) -> Article | Request | None:
        """*article*, or a request for the document that has its date; None for a duplicate or when it is too old."""
        documents = [file.url for file in article.files if urlsplit(file.url).path.lower().endswith(".pdf")]
        if article.published is None and self.source.dated_by_files and documents:
            article.published = day_of_file(documents[0], self.source.timezone, article.fetched)
            if article.published is None:
                return self._date_request(article, documents[0]) if self._unique(article, link) else None
        return self._unique(article, link)

    def _date_request(self, article: Article, document: str) -> Request:
        self.count("dates/asked")
        return Request(
            document,
            callback=self.read_date,
            errback=partial(self.date_failed, article, document),
            cb_kwargs={"article": article},
            meta={"xinwen": "page", "dated_by": document},
            priority=1,  # the article waits for it
            dont_filter=True,
        )

    async def read_date(self, response: Response, article: Article) -> AsyncIterator[Article]:
        """Callback of a document of *article*: takes the date from its first pages and nothing else."""
        loop = asyncio.get_running_loop()
        try:
            read = partial(read_document, response.body, response.url, captured=article.fetched, source=self.source)
            document = await loop.run_in_executor(self.reader, read)
            article.published = document.published if is_pdf(response.body) else None
        except Unreadable as error:
            self.logger.warning("%s: %s: %s", self.source.key, response.url, error)
        self.ledger.set_dated_by(article.id, response.meta["dated_by"])
        if dated := self._with_month(article, response.url):
            yield dated

    def date_failed(self, article: Article, document: str, failure: Failure) -> Iterator[Article]:
        """Errback of ``read_date``: without the document the article is stored without its day.

        The middleware that raises AlreadyKnown has set the date.
        """
        if not failure.check(AlreadyKnown):
            self.ledger.errors.append((document, *self._outcome_of(document, failure)))
        if dated := self._with_month(article, document):
            yield dated

    def _with_month(self, article: Article, document: str) -> Article | None:
        """*article*, dated by the month in the name of *document* when it has no date; None when it is too old."""
        if article.published is None:
            self.count("dates/missing")
            name = unquote(urlsplit(document).path.rsplit("/", 1)[-1])
            article.published = start_of_month(name, self.source.timezone, article.fetched)
        self.ledger.set_published(article.id, article.published)
        if self._is_new_enough(article):
            return article
        self.ledger.settle(article.id, "older")
        return None

    def _is_new_enough(self, article: Article) -> bool:
        too_old = bool(self.since and article.published and article.published < self.since)
        self.count("articles/older", too_old)
        return not too_old

    def page_failed(self, link: Link, failure: Failure) -> Iterator[Article]:
        """Errback of ``read_page``: records the outcome. A fault that nobody foresaw costs this page, not the run."""
        outcome, reason = self._outcome_of(link.url, failure)
        if outcome in ("blocked", "barred") and (article := self._from_refused_page(link)):
            self.ledger.errors.append((link.url, outcome, reason))
            yield article
        else:
            self.ledger.end(link, outcome, reason)

    def _from_refused_page(self, link: Link) -> Article | None:
        """The article as the entry page describes it, where the source allows it and the store has no fuller one.

        Without a date only a document, whose title has its period.
        """
        result = self.ledger.result(link)
        is_described = link.title and (link.published or is_document(link.url))
        if not (self.source.entry_stands_in and is_described) or (result and result.stored):
            return None
        article = article_from_entry(
            replace(link, access="abstract" if link.summary else "headline"), self.source, datetime.now(UTC)
        )
        unique = self._unique(article, link)
        if unique:
            self.count("pages/stood_in")
        return unique

    def _outcome_of(self, url: str, failure: Failure) -> tuple[str, str]:
        """Outcome and reason of a request that failed; no reason for pages that have not changed or are known."""
        error = failure.value
        if isinstance(error, HttpError):
            status = error.response.status
            outcome, reason = _OUTCOME_OF_STATUS.get(status, "failed"), f"HTTP {status}"
        elif isinstance(error, IgnoreRequest):
            outcome = next((name for kind, name in _OUTCOME_OF_EXCEPTION.items() if isinstance(error, kind)), "failed")
            reason = str(error)
        else:
            if not isinstance(error, DOWNLOAD_FAILURES):
                self.logger.error("a fault of the downloader at %s", url, exc_info=failure_to_exc_info(failure))
            outcome, reason = "failed", describe_failure(error)
        self.count(f"pages/{outcome}")
        self.count("pages/login", isinstance(error, LoginRequired))
        quiet = outcome in ("not_modified", "known", "left_over")
        if not quiet and outcome != "ignored":
            self.logger.warning("%s: %s: %s", self.source.key, url, reason)
        return outcome, "" if quiet else reason

    def _unique(self, article: Article, link: Link) -> Article | None:
        """*article*; None when another link of this run has led to it already, or when it is too old."""
        if not self._is_new_enough(article):
            self.ledger.end(link, "older")
            return None
        self.ledger.leads_to(link, article.id, article.published, article.kind)
        new = article.id not in self.article_ids
        self.article_ids.add(article.id)
        self.count("articles/found" if new else "articles/duplicate")
        return article if new else None

    def _unreadable(self, url: str, link: Link, error: Unreadable, now: datetime) -> UnreadablePage:
        self.count("pages/unreadable")
        self.count("pages/login", isinstance(error, LoginPage))
        self.ledger.leads_to(link, article_id(canonical_address(url)))
        return UnreadablePage(self.source.key, url, [str(error)], now)

    def count(self, name: str, number: int = 1) -> None:
        """Adds *number* to the stat ``xinwen/`` *name*."""
        if number:
            self.crawler.stats.inc_value(f"xinwen/{name}", number)

    def closed(self, reason: str) -> None:
        self.reader.shutdown(wait=False)
