"""Serves the sample web over HTTP on this machine, under the real addresses of the sites.

Spiders do not notice: each request goes through Scrapy's own download handler, but to a local server.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import maybeDeferred
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from crawler.resolver import PublicResolver
from crawler.sample_web.replies import Reply, SampleWeb, address
from store.settings import settings

_HOST = "sample-web.invalid"
_ADDRESS = "X-Xinwen-Address"
_COMPRESSED = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml")


class _Sites(Resource):
    def __init__(self, web: SampleWeb) -> None:
        super().__init__()
        self.isLeaf = True
        self.web = web

    def render(self, request: Any) -> bytes | int:
        url = request.getHeader(_ADDRESS) or ""
        reply = self.web.reply(request.method.decode("ascii"), url, lambda name: _sent(request, name))
        if reply is None:
            request.setResponseCode(404)
            return b""
        if reply.close:
            request.loseConnection()
            return NOT_DONE_YET
        body = _body(reply, request)
        if not reply.hang:
            return body
        self._later(reply.hang, body, request)
        return NOT_DONE_YET

    def _later(self, seconds: float, body: bytes, request: Any) -> None:
        def finish() -> None:
            request.write(body)
            request.finish()

        def gone(reason: Failure) -> None:
            if call.active():
                call.cancel()

        call = _reactor().callLater(seconds, finish)
        request.notifyFinish().addErrback(gone)


def _sent(request: Any, name: str) -> str:
    if name != "body":
        return str(request.getHeader(name) or "")
    request.content.seek(0)
    return str(request.content.read().decode("utf-8", "replace"))


def _body(reply: Reply, request: Any) -> bytes:
    """Sets status and headers of *request*, and returns the body."""
    body = reply.file.read_bytes() if reply.file else b""
    request.setResponseCode(reply.status)
    if reply.type:
        request.setHeader("Content-Type", reply.type)
    else:
        request.responseHeaders.removeHeader("Content-Type")
        request.defaultContentType = None
    for name, value in reply.headers.items():
        request.setHeader(name, value)
    if reply.etag and reply.status == 200:
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        request.setHeader("ETag", tag)
        if tag in (request.getHeader("If-None-Match") or ""):
            request.setResponseCode(304)
            return b""
    if "gzip" in (request.getHeader("Accept-Encoding") or "") and reply.type.startswith(_COMPRESSED):
        request.setHeader("Content-Encoding", "gzip")
        request.setHeader("Vary", "Accept-Encoding")
        body = gzip.compress(body, mtime=0)
    return body


class SampleServer:
    """The server of the sample web: one for each crawl, which the handlers of all schemes share."""

    def __init__(self, folder: Path) -> None:
        self.web = SampleWeb(folder)
        self._port: Any = _reactor().listenTCP(0, Site(_Sites(self.web)), interface="127.0.0.1")
        PublicResolver.local[_HOST] = "127.0.0.1"
        self.origin = f"http://{_HOST}:{self._port.getHost().port}"
        self.users = 0

    @classmethod
    def of(cls, crawler: Crawler) -> SampleServer:
        if crawler not in _servers:
            _servers[crawler] = cls(Path(settings().sample_web))
        return _servers[crawler]

    async def stop(self) -> None:
        await maybe_deferred_to_future(maybeDeferred(self._port.stopListening))


_servers: WeakKeyDictionary[Crawler, SampleServer] = WeakKeyDictionary()


class SampleWebHandler(BaseDownloadHandler):
    """Scrapy's HTTP handler, redirected to the sample web; no request leaves this machine."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.server = SampleServer.of(crawler)
        self.server.users += 1
        self.http = HTTP11DownloadHandler.from_crawler(crawler)

    async def download_request(self, request: Request) -> Response:
        url = address(request.url)
        parts = urlsplit(url)
        if parts.hostname not in self.server.web.hosts:
            raise CannotResolveHostError(f"DNS lookup failed: no results for hostname lookup: {parts.hostname}.")
        here = self.server.origin + parts._replace(scheme="", netloc="").geturl()
        inner = request.replace(url=here, headers={**request.headers, _ADDRESS: url})
        inner.meta.pop("proxy", None)
        response = await self.http.download_request(inner)
        return response.replace(url=urldefrag(request.url).url)  # as Scrapy's own handler has it

    async def close(self) -> None:
        await self.http.close()
        self.server.users -= 1
        if not self.server.users:
            await self.server.stop()


def _reactor() -> Any:
    """Twisted's reactor; imported here because the import installs one, and Scrapy chooses which."""
    from twisted.internet import reactor

    return reactor
