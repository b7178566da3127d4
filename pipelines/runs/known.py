"""Ask sites only for what is new or may have changed, and with what they told us to ask with."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.middlewares import Known
from pipelines.memory import Memory, memory_of
from pipelines.revisit import reason_to_ask
from pipelines.storage import Storage, storage_of
from store.connection import StoreError
from store.pages import Page


class KnownMiddleware:
    """Before every other downloader middleware that asks a site for something, robots.txt included."""

    def __init__(self, crawler: Crawler, storage: Storage, memory: Memory) -> None:
        self._crawler, self._storage, self._memory = crawler, storage, memory

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, storage_of(crawler), memory_of(crawler))

    async def process_request(self, request: Request) -> None:
        if "redirect_urls" in request.meta or request.meta.get("retry_times"):
            return  # what was decided of the first request holds
        try:
            if "entry" in request.meta and not request.meta["whole"]:
                await self._entry(request)
            elif "link" in request.cb_kwargs:
                await self._page(request)
        except StoreError as error:
            self._storage.fail(str(error))
            raise IgnoreRequest("not asked: the database has failed") from None

    async def _entry(self, request: Request) -> None:
        page = await self._memory.entry(request.meta["entry"])
        if page and request.method == "GET" and datetime.now(UTC) < page.due:
            _ask_with(page, request)
            request.meta["further"], request.meta["digest"] = page.further, page.digest

    async def _page(self, request: Request) -> None:
        fate = self._memory.ledger.fate(request.cb_kwargs["link"])
        assert fate
        page = await self._memory.page(fate)
        fate.why = reason_to_ask(page, fate.link, datetime.now(UTC))
        if page and not fate.why:
            fate.due, fate.article = page.due, page.article
            raise Known(f"known since {page.first:%Y-%m-%d}, {page.outcome}")
        fate.fetched, fate.stored = True, bool(page and page.outcome == "stored")
        # What could not be read may be readable by now, by us.
        if page and page.outcome == "stored":
            _ask_with(page, request)

    def process_response(self, request: Request, response: Response) -> Response:
        fate = self._memory.ledger.fate(request.cb_kwargs["link"]) if "link" in request.cb_kwargs else None
        address = fate.address if fate else request.meta.get("entry")
        if not address or response.status not in (200, 304):
            return response
        etag, last_modified = (
            (response.headers.get(name) or b"").decode("latin-1") for name in ("ETag", "Last-Modified")
        )
        digest = hashlib.sha256(response.body).hexdigest() if not fate else ""
        self._memory.ledger.validators[address] = etag, last_modified, digest
        # The same bytes once more say the same as a 304.
        return response.replace(status=304, body=b"") if digest and digest == request.meta.get("digest") else response


def _ask_with(page: Page, request: Request) -> None:
    for name, value in (("If-None-Match", page.etag), ("If-Modified-Since", page.last_modified)):
        if value:
            request.headers[name] = value
