"""Every request has an id, which its answer and all log lines about it name; one log line a request."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from fastapi.routing import RouteContext, iter_route_contexts
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Mount, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store import logs

HEADER = "X-Request-Id"

NO_ROUTE = "none"
"""In place of the route of an address where nothing is."""

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = ("/healthz", "/readyz", "/metrics")
"""Routes that machines ask every few seconds."""

_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
_UNSENT = 499
"""The status in the log of a request whose client left before the answer began (nginx's number)."""

Count = Callable[[str, str, int, float], None]
"""Called for every request that has ended: method, route, status, seconds."""


@dataclass
class RequestLog:
    """ASGI middleware around all others. *templates* names routes, *count* counts."""

    app: ASGIApp
    templates: Templates
    count: Count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the id that a client gives, where it is well formed, or make one, and let the application answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request = given if _ID.fullmatch(given) else uuid4().hex
        # Never set back: the server runs each request in a context of its own, and logs its failure in it.
        logs.request_id.set(request)
        status, start = _UNSENT, time.perf_counter()

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request
            await send(message)

        try:
            await self.app(scope, receive, with_id)
        except Exception:
            status = 500  # answered by the framework, outside of this
            raise
        finally:
            self._note(scope, status, time.perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = self.templates.of(scope["path"])
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.count(method, route, status, seconds)
        level = logging.DEBUG if route in _QUIET and status < 500 else logging.INFO
        fields = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
        log.log(level, "%s %s: %d", method, route, status, extra={logs.FIELDS: fields})


class Templates:
    """By address the template of its route, such as ``/api/v1/articles/{article_id}``: never the address itself."""

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]]) -> None:
        self._routes, self._known = routes, 0
        self._templates: list[tuple[re.Pattern[str], str]] = []

    def of(self, path: str) -> str:
        """The template that *path* fits, ``NO_ROUTE`` for none."""
        routes = self._routes()
        if len(routes) != self._known:  # a server adds some as it starts
            self._templates = [found for one in iter_route_contexts(routes) if (found := _template(one))]
            self._known = len(routes)
        return next((template for pattern, template in self._templates if pattern.match(path)), NO_ROUTE)


def _template(context: RouteContext) -> tuple[re.Pattern[str], str] | None:
    route = context.original_route
    if isinstance(route, Mount):
        return re.compile(f"{re.escape(route.path)}(/|$)"), route.path
    path = context.path or getattr(route, "path", "")
    return (compile_path(path)[0], path) if path else None
