"""Who asks, where a proxy stands in front of the server."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


class ForwardedClient:
    """ASGI middleware: on a UNIX socket the headers X-Forwarded-For and X-Forwarded-Proto say who asks, and how.

    Only a proxy of this machine reaches the socket. Over TCP anybody could write these headers: they are ignored.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._proxied = ProxyHeadersMiddleware(app, "*")  # type: ignore[arg-type]  # the same protocol, typed otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if scope["type"] == "http" and not (client and client[0]):
            await self._proxied(scope, receive, send)  # type: ignore[arg-type]  # as above
        else:
            await self.app(scope, receive, send)
