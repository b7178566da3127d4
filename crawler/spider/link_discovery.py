"""Link discovery of one run: tries the source's feeds, sitemaps, lists and interfaces until each part yields links.

Discovery methods of one ``part`` are alternatives. Of each part the first method that yields links is used, and every
part is tried.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.discovery.entry_page import EmptyReply, EntryPage, EntryPageError, LoginNeeded
from crawler.discovery.methods import DiscoveryMethod, Feed, FixedLinks, JsonApi, Link, Listing
from crawler.discovery.reader import max_further_pages, method_label, methods_by_part, read_entry_page, start_urls
from crawler.discovery.select import merge_links, on_topic, page_key, published_before
from crawler.exceptions import DOWNLOAD_FAILURES, Blocked, BudgetMet, LoginRequired, describe_failure
from crawler.extraction.blocked_pages import asks_for_login
from crawler.sample_web.replies import today
from crawler.source import Source, credential_of
from crawler.spider.link_ledger import LinkLedger, SeenEntryPage
from crawler.spider.mcp_session import in_session
from crawler.spider.requests import request_of, secret_of

_CONDITIONAL_HEADERS = {b"If-None-Match", b"If-Modified-Since"}

logger = logging.getLogger(__name__)


class DiscoveryFailed(Exception):
    """A discovery method yields no links; the message says why."""


class DiscoveryEmpty(DiscoveryFailed):
    """The reply was empty, as from a site under load: the method is retried once, after all others."""


class DiscoveryQuiet(DiscoveryFailed):
    """The method works and has no items at present; this is no failure of the source."""


class DiscoveryLoginRequired(DiscoveryFailed):
    """The method requires a key or session of the user."""


class CredentialMissing(DiscoveryLoginRequired):
    """The user has set no key or session for this method."""


class DiscoveryBlocked(DiscoveryFailed):
    """The site blocks the crawler."""


class EntryPageMissing(DiscoveryFailed):
    """HTTP 404. For an address made from a year or quarter it means that the page is not published yet."""


class DiscoveryStopped(Exception):
    """The run has met its budget before all lists were read."""


@dataclass
class _MethodResult:
    """The entry pages of one discovery method. An unchanged page (HTTP 304) has no links unless fetched in full."""

    method: DiscoveryMethod
    pages: dict[str, EntryPage] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    not_yet_published: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def links(self) -> list[Link]:
        return [link for page in self.pages.values() for link in page.links]


class LinkDiscovery:
    """Discovers the links of one run. What it tries and finds is recorded in the link ledger and Scrapy's stats.

    Stats and ledger call a discovery method ``way`` and an entry page ``entry``: stored names, older than the terms.
    """

    def __init__(self, source: Source, crawler: Crawler, limit: int = 0, since: datetime | None = None) -> None:
        self.source = source
        self.crawler = crawler
        self.limit = limit
        self.since = since
        self.failed = 0
        self.ledger = LinkLedger.of(crawler)
        self.ledger.partial = bool(limit or since)

    async def links(self) -> list[Link]:
        """The links of all parts of the source, one for each page; none where the budget ended before them."""
        results: list[_MethodResult] = []
        try:
            to_retry = [await self._try_part(methods, results) for methods in methods_by_part(self.source)]
            for methods in to_retry:
                await self._try_part(methods, results, last=True)
            await self._fetch_unchanged(results)
        except DiscoveryStopped:
            # Several lists may describe one article: what a part of them says could be less than is stored.
            self.ledger.drop("budget", self.ledger.found - self.ledger.dropped.total())
            self._count("entries/left_over", 1)
            return []
        for result in results:
            self._record(result)
        self.crawler.stats.set_value("xinwen/ways", [method_label(result.method) for result in results])
        links = [link for result in results for link in result.links]
        merged = merge_links(links, self.source)
        self.ledger.drop("duplicate", len(links) - len(merged))
        return merged

    async def _try_part(
        self, methods: list[DiscoveryMethod], results: list[_MethodResult], last: bool = False
    ) -> list[DiscoveryMethod]:
        """Appends to *results* the result of the first of *methods* that yields links.

        When none does, returns those to retry later; with *last* there is no later.
        """
        to_retry, works, without_credential = [], False, []
        for method in methods:
            try:
                results.append(await self._run_method(method))
                return []
            except CredentialMissing as failure:
                without_credential.append((method, failure))
            except DiscoveryFailed as failure:
                if isinstance(failure, DiscoveryEmpty) and not last:
                    to_retry.append(method)
                else:
                    self._report(method, failure)
                    works |= isinstance(failure, DiscoveryQuiet | DiscoveryLoginRequired)
        # A missing key is reported only when every method of the part lacks one: any of the keys would do.
        for method, reason in without_credential if len(without_credential) == len(methods) else ():
            works = True
            self._report(method, reason)
        # Unverified methods may never have worked. Where a verified one fails, the site has changed.
        if not (to_retry or works):
            self._count("parts/failed", int(any(getattr(method, "verified", True) for method in methods)))
        return to_retry

    async def _run_method(self, method: DiscoveryMethod) -> _MethodResult:
        """Fetches the entry pages of *method*. Raises DiscoveryFailed when they yield too few links."""
        result = _MethodResult(method)
        if isinstance(method, FixedLinks):
            page = read_entry_page(method, b"", method.url, self.source, datetime.now(UTC))
            self._add_page(result, method.url, page)
            self._require_links(result)
            return result
        credential = credential_of(method, self.source)
        if credential and not secret_of(credential):
            raise CredentialMissing(f"login needed: {credential.variable} holds no key or session")
        starts = start_urls(method, today())
        queue, seen, remaining = deque(starts), set(starts), max_further_pages(method)
        while queue:
            url = queue.popleft()
            try:
                page = await self._fetch_page(result, url)
            except (DiscoveryEmpty, DiscoveryQuiet, DiscoveryLoginRequired):
                self.ledger.drop("way", len(result.links))
                raise
            except DiscoveryFailed as failure:
                result.failures.append(f"{url}: {failure}" if url != method.url else str(failure))
                if isinstance(failure, EntryPageMissing) and len(starts) > 1:
                    result.not_yet_published += 1
                else:
                    self.ledger.errors.append((url, "entry", str(failure)))
                if isinstance(failure, DiscoveryBlocked) and len(starts) > 1:
                    break  # further years and quarters of a site that blocks are not requested
                continue
            for address in page.further:
                if remaining and address not in seen and self._needs_more(page, result):
                    remaining -= 1
                    seen.add(address)
                    queue.append(address)
        self._require_links(result)
        return result

    def _require_links(self, result: _MethodResult) -> None:
        """Raises DiscoveryFailed when *result* has fewer links than the source's minimum, and all pages are new."""
        self._count("entries/unchanged", len(result.unchanged))
        self._count("entries/failed", len(result.failures) - result.not_yet_published)
        self._count("entries/awaited", result.not_yet_published)
        found = sum(page.found for page in result.pages.values())
        minimum = self.source.minimum_links
        if found < minimum and not result.unchanged:
            self.ledger.drop("way", len(result.links))
            self._count("ways/short", int(bool(result.pages)))
            raise DiscoveryFailed("; ".join(result.failures) or f"{found} links, {minimum} are the least")

    async def _fetch_unchanged(self, results: list[_MethodResult]) -> None:
        """Fetches unchanged pages in full, where other pages have links and articles are made from entry pages.

        Several entry pages may describe one article. Without the unchanged ones the article would lose what only they
        say of it.
        """
        from_entry_pages = self.source.read == "entry" or self.source.keep == "headline"
        if not from_entry_pages or not any(result.links for result in results):
            return
        for result in results:
            for url in result.unchanged:
                if not result.pages[url].further:
                    try:
                        await self._fetch_page(result, url, whole=True)
                    except DiscoveryFailed as failure:
                        result.failures.append(f"{url}: {failure}")
                        self.ledger.errors.append((url, "entry", str(failure)))

    def _record(self, result: _MethodResult) -> None:
        """Records the entry pages in the ledger, so that the next run need not read those that have not changed."""
        method = result.method
        if result.failures:
            self.ledger.incomplete.add(method_label(method))
        for url, page in result.pages.items():
            if url not in result.unchanged:
                self.ledger.entry_pages[self._stored_name(method, url)] = SeenEntryPage(
                    method_label(method),
                    frozenset(page_key(link, self.source) for link in page.links),
                    # Needed for an index only: its children may change while it does not.
                    [] if page.links else page.further,
                    independent=not isinstance(method, JsonApi | Listing),
                    complete=getattr(method, "complete", False),
                )

    def _stored_name(self, method: DiscoveryMethod, url: str) -> str:
        """The name under which visits to an entry page are stored: several methods may read the same address."""
        same_url = [other for other in self.source.discovery if other.url == method.url]
        position = same_url.index(method)
        return f"{url}#{position}" if position else url

    def _needs_more(self, page: EntryPage, result: _MethodResult) -> bool:
        """Whether to request the entry pages after *page*: not with enough links, nor when all of its links are old."""
        if self.limit and len(result.links) >= self.limit:
            return False
        return not page.links or not all(published_before(link, self.since) for link in page.links)

    async def _fetch_page(self, result: _MethodResult, url: str, whole: bool = False) -> EntryPage:
        """Fetches and reads the entry page at *url* and adds it to *result*.

        Of an unchanged page (HTTP 304) only the further pages are known, from the visit before. Raises DiscoveryFailed.
        """
        response = await self._download(result.method, url, whole)
        if response.status == 304:
            assert response.request
            if not _CONDITIONAL_HEADERS.intersection(response.request.headers) and "digest" not in response.meta:
                raise DiscoveryFailed("HTTP 304 to a request without conditions")
            result.unchanged.append(url)
            result.pages[url] = EntryPage(further=response.meta.get("further", []))
            return result.pages[url]
        if response.status == 404:
            raise EntryPageMissing("HTTP 404")
        if response.status != 200:
            raise DiscoveryFailed(f"HTTP {response.status}")
        if asks_for_login(response.body):
            raise DiscoveryLoginRequired("login needed: the reply is a page to log in by")
        # The response's own address has no fragment, and pages of a POST interface differ in nothing else.
        requested = response.request.url if response.request else response.url
        charset = (response.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            page = read_entry_page(result.method, response.body, requested, self.source, datetime.now(UTC), charset)
        except LoginNeeded as error:
            raise DiscoveryLoginRequired(str(error)) from None
        except EmptyReply as error:
            raise DiscoveryEmpty(str(error)) from None
        except EntryPageError as error:
            raise DiscoveryFailed(str(error)) from None
        if isinstance(result.method, Feed) and not (page.found or page.dropped):
            raise DiscoveryQuiet("a living channel without items")
        return self._add_page(result, url, page)

    def _add_page(self, result: _MethodResult, url: str, page: EntryPage) -> EntryPage:
        """Adds *page* to *result* with the links that are on topic, and counts the others in the ledger.

        Raises DiscoveryFailed.
        """
        self.ledger.count_found(len(page.links) + page.dropped.total())
        for reason, number in page.dropped.items():
            self.ledger.drop(reason, number)
        try:
            wanted = on_topic(page.links, self.source)
        except EntryPageError as error:
            raise DiscoveryFailed(str(error)) from None
        self.ledger.drop("words", len(page.links) - len(wanted))
        result.pages[url] = replace(page, links=wanted)
        return result.pages[url]

    async def _download(self, method: DiscoveryMethod, url: str, whole: bool) -> Response:
        """The response for *url*, unconditionally with *whole*. Raises DiscoveryFailed when there is none."""
        request = request_of(method, url, self.source)
        request.meta.update(entry=self._stored_name(method, url), whole=whole)
        self._count("entries/asked", 1)
        try:
            if isinstance(method, JsonApi) and method.mcp_tool:
                request = await in_session(request, self.crawler)
            return await self.crawler.engine.download_async(request)
        except BudgetMet as error:
            raise DiscoveryStopped(str(error)) from None
        except LoginRequired as error:
            raise DiscoveryLoginRequired(f"login needed: {error}") from None
        except Blocked as error:
            raise DiscoveryBlocked(str(error)) from None
        except IgnoreRequest as error:
            raise DiscoveryFailed(str(error)) from None
        except DOWNLOAD_FAILURES as error:
            raise DiscoveryFailed(describe_failure(error)) from None
        except Exception as error:  # one that nobody foresaw costs this page, not the run
            logger.exception("a fault of the downloader at %s", url)
            raise DiscoveryFailed(describe_failure(error)) from error

    def _count(self, name: str, number: int) -> None:
        if number:
            self.crawler.stats.inc_value(f"xinwen/{name}", number)

    def _report(self, method: DiscoveryMethod, failure: DiscoveryFailed) -> None:
        """Logs why *method* has yielded nothing, and records it in the stats."""
        label = method_label(method)
        if isinstance(failure, DiscoveryQuiet):
            self._count("entries/quiet", 1)
            logger.info("%s: %s: %s", self.source.key, label, failure)
            return
        if isinstance(failure, DiscoveryLoginRequired):
            self.crawler.stats.set_value("xinwen/login_needed", str(failure))
        self.failed += 1
        self.crawler.stats.set_value(f"xinwen/way/failed/{self.failed}", f"{label}: {failure}")
        logger.warning("%s: %s: %s", self.source.key, label, failure)
