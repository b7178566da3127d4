"""Downloader middleware: skips pages that are known and not due, and sends conditional requests for the others.

Conditional requests carry the ``ETag`` and ``Last-Modified`` of the last visit (RFC 9110, section 13), so that a site
can answer 304 in place of the whole page.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.exceptions import AlreadyKnown
from pipelines.runs.memory import Memory, memory_of
from pipelines.runs.revisit import DAY, reason_to_fetch
from pipelines.storage import Storage, storage_of
from store.connection import StoreError
from store.documents import visits
from store.documents.articles import dates_of
from store.documents.visits import Visit


class KnownMiddleware:
    """Decides about each request for a page or an entry page by the last visit of its address.

    It stands before every other downloader middleware that sends requests, that for robots.txt included: a page that
    is not fetched needs no robots.txt.
    """

    def __init__(self, crawler: Crawler, storage: Storage, memory: Memory) -> None:
        self._crawler, self._storage, self._memory = crawler, storage, memory

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler), memory_of(crawler))

    async def process_request(self, request: Request) -> None:
        """Raises AlreadyKnown for a page that need not be fetched, IgnoreRequest once the database has failed."""
        if "redirect_urls" in request.meta or request.meta.get("retry_times"):
            return  # the decision about the first request also holds for its redirects and retries
        try:
            if "entry" in request.meta and not request.meta["whole"]:
                await self._prepare_entry_page(request)
            elif "link" in request.cb_kwargs:
                await self._prepare_page(request)
            elif "dated_by" in request.meta:
                await self._prepare_date(request)
        except StoreError as error:
            self._storage.fail(str(error))
            raise IgnoreRequest("not asked: the database has failed") from None

    async def _prepare_entry_page(self, request: Request) -> None:
        visit = await self._memory.visit_of_entry_page(request.meta["entry"])
        if visit and request.method == "GET" and datetime.now(UTC) < visit.due:
            _make_conditional(request, visit)
            request.meta["further"], request.meta["digest"] = visit.further, visit.digest

    async def _prepare_page(self, request: Request) -> None:
        result = self._memory.ledger.result(request.cb_kwargs["link"])
        assert result
        visit = await self._memory.visit_of_page(result)
        result.why = reason_to_fetch(visit, result.link, datetime.now(UTC))
        if visit and not result.why:
            result.due, result.article = visit.due, visit.article
            raise AlreadyKnown(f"known since {visit.first:%Y-%m-%d}, {visit.outcome}")
        result.fetched, result.stored = True, bool(visit and visit.outcome == "stored")
        # A page that could not be read is fetched whole: a newer version of the extraction may read it.
        if visit and visit.outcome == "stored":
            _make_conditional(request, visit)

    async def _prepare_date(self, request: Request) -> None:
        """Raises AlreadyKnown where the document was read within a day, and sets the date of the article.

        Several addresses may lead to one article: a run that stopped may have read it at another of them.
        """
        article, since = request.cb_kwargs["article"], datetime.now(UTC) - DAY
        if not await self._storage.call(visits.was_dated_by, article.id, request.meta["dated_by"], since):
            return
        dates = await self._storage.call(dates_of, [article.id])
        if article.id in dates:
            article.published = dates[article.id]
            raise AlreadyKnown("the date of its article is stored")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the validators of the response; an entry page with the same bytes as last time becomes a 304."""
        result = self._memory.ledger.result(request.cb_kwargs["link"]) if "link" in request.cb_kwargs else None
        address = result.address if result else request.meta.get("entry")
        if not address or response.status not in (200, 304):
            return response
        etag, last_modified = (
            (response.headers.get(name) or b"").decode("latin-1") for name in ("ETag", "Last-Modified")
        )
        digest = hashlib.sha256(response.body).hexdigest() if not result else ""
        self._memory.ledger.validators[address] = etag, last_modified, digest
        return response.replace(status=304, body=b"") if digest and digest == request.meta.get("digest") else response


def _make_conditional(request: Request, visit: Visit) -> None:
    for name, value in (("If-None-Match", visit.etag), ("If-Modified-Since", visit.last_modified)):
        if value:
            request.headers[name] = value
