"""Who may ask: the Host and Origin of a request, tokens, how many requests a second, and the security headers."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TypeVar
from urllib.parse import quote, urlsplit

import pymongo
from pymongo.database import Database
from pymongo.errors import PyMongoError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts import feed_keys
from service.capacity import TOO_MANY
from service.problems import NotAllowed, of_request, problem
from similarity.cli import local_service
from store.connection import Document, StoreError, first_line
from store.documents import request_counts, tokens

COOKIE = "xinwen_token"
_DATABASE_SECONDS = 2.0
_UNCOUNTED_SECONDS = 5.0

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

MAX_BODY = 1_300_000
"""Bytes of a body: a text of 200 kB as JSON may write every character in six."""

HEAD = "is_head"
"""In the scope of a HEAD request, which is answered like a GET, for what need not be made for that."""

OPEN = ("/healthz", "/readyz", "/sign-in", "/static/", local_service.PATH)
"""Addresses without a token; no requests are counted either, except those of the sign-in page.

Commands on the same machine prove that they know a secret of their own.
"""

METRICS = "/metrics"
"""Needs a token where everything does, since it tells what is stored; answers also when the server is busy."""

_MAY_WRITE = "may_write"  # in the scope of a request

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: a browser then sends the forms of our own pages with Origin: null, which is refused as another's.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class AccessRules:
    """``names``: under which the server answers, besides loopback and numeric addresses.

    ``needs_token``: for everything but ``OPEN``. ``rate``: requests a second of a client, 0 for any number.
    """

    names: tuple[str, ...] = ()
    needs_token: bool = False
    rate: int = 10


@dataclass
class Access:
    """ASGI middleware that refuses what ``rules`` do not allow, and everything but ``OPEN`` while *is_full*.

    *database* gives that of the open index.
    """

    app: ASGIApp
    rules: AccessRules
    database: Callable[[], Database[Document]]
    is_full: Callable[[], bool]
    own_names: frozenset[str] = field(init=False)
    uncounted: float = field(default=0.0, init=False)
    """The monotonic time until which no requests are counted, since the database could not."""

    def __post_init__(self) -> None:
        own = {"localhost", socket.gethostname(), *self.rules.names}
        self.own_names = frozenset(name.lower().rstrip(".") for name in own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let the application do so."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET", HEAD: True}  # the same answer without its body

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        response = self._wrong_host(scope, headers) or await self._refusal(scope, headers)
        if response is not None:
            await response(scope, receive, with_headers)
            return
        await self._limited(scope, receive, with_headers, headers)

    def _wrong_host(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return problem(421, scope["path"], headers.get("accept-language", ""))
        origin = headers.get("origin")
        if scope["method"] not in ("GET", "OPTIONS") and origin and origin.partition("://")[2] != host:
            detail = "Another web page may not write here (Origin).", "别的网页不得在此写入（Origin）。"
            return of_request(Request(scope), 403, detail)
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether *host* names this server: a web page can make a name of its own point here, but no number."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name.rstrip(".") in self.own_names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    async def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to a client without a token where one is needed, with a wrong one, and of too many requests."""
        path = scope["path"]
        is_open = any(path == one or (one.endswith("/") and path.startswith(one)) for one in OPEN)
        if is_open and path != "/sign-in":
            return None
        is_busy = self.is_full() and path != METRICS
        if not is_open and is_busy:
            # At once: who is refused soon comes back soon, and the database has enough to do.
            return of_request(Request(scope), 503, TOO_MANY, headers={"Retry-After": "1"})
        has_secret = path.startswith(feed_keys.PREFIX)  # the address is the secret: feed readers cannot sign in
        client = scope.get("client")
        key = f"address {client[0]}" if client else "local"
        given = "" if is_open or has_secret else token_of(headers)
        token: tokens.Token | None = None
        try:
            if given:
                token = await asyncio.to_thread(self._asked, tokens.find, given)
                key = f"token {token.name}" if token else key
            # A cookie of a token that was revoked does no harm where none is needed.
            if not (token or is_open or has_secret) and (self.rules.needs_token or "authorization" in headers):
                return _unauthorized(scope, headers)
            scope[_MAY_WRITE] = not self.rules.needs_token or (token is not None and token.write)
            if self.rules.rate and path != METRICS and await self._is_over(key):
                return of_request(Request(scope), 429, headers={"Retry-After": "1"})
        except (PyMongoError, StoreError):
            detail = "The database does not answer; try again soon.", "数据库没有应答，请稍后再试。"
            return of_request(Request(scope), 503, detail, headers={"Retry-After": "5"})
        return None

    async def _is_over(self, key: str) -> bool:
        if time.monotonic() < self.uncounted:
            return False
        try:
            return await asyncio.to_thread(self._asked, request_counts.count, key) > self.rules.rate
        except (PyMongoError, StoreError) as error:
            # Counting writes, so it needs a primary; most answers do not, and are given during an election.
            log.warning("requests are not counted for %g seconds: %s", _UNCOUNTED_SECONDS, first_line(error))
            self.uncounted = time.monotonic() + _UNCOUNTED_SECONDS
            return False

    def _asked(self, function: Callable[[Database[Document], str], _Result], key: str) -> _Result:
        """*function* of the database. Raises PyMongoError when that does not answer at once, as when it hangs."""
        with pymongo.timeout(_DATABASE_SECONDS):
            return function(self.database(), key)

    async def _limited(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Let the application answer, with a body of at most ``MAX_BODY``."""
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:12]) > MAX_BODY:
            await of_request(Request(scope), 413)(scope, receive, send)
            return
        if scope["method"] == "GET":
            await self.app(scope, receive, send)
            return
        chunks, more, size = [], True, 0
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message.get("more_body", False)
            if size > MAX_BODY:
                await of_request(Request(scope), 413)(scope, receive, send)
                return
        body = b"".join(chunks)
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)


def check_may_write(request: Request) -> None:
    """Raise NotAllowed for a client whose token may only read."""
    if not request.scope.get(_MAY_WRITE):
        raise NotAllowed(
            "Only a token that may write can do that: xinwen token add NAME --write",
            "须用可写的令牌：xinwen token add NAME --write",
        )


def token_of(headers: Headers) -> str:
    """The token of a request: that of ``Authorization: Bearer``, else that of the cookie; "" for none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or "-"
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _unauthorized(scope: Scope, headers: Headers) -> Response:
    if "text/html" in headers.get("accept", "") and scope["method"] == "GET":
        query = scope["query_string"].decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303)
    return of_request(Request(scope), 401, headers={"WWW-Authenticate": "Bearer"})
