"""``/mcp``: the assistant tools over HTTP (streamable, without sessions), under the same tokens as everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.routing import Route

from service.assistant import needs_package
from service.deps import Engine
from service.problems import of_request
from similarity.errors import NotInstalled

PATH = "/mcp"


@asynccontextmanager
async def mounted(app: FastAPI) -> AsyncIterator[None]:
    """While the block runs, *app* answers at ``PATH``; without the SDK it says what to install."""
    try:
        with needs_package():
            from service.assistant.server import make_server
    except NotInstalled as error:
        missing = str(error), error.chinese

        async def not_installed(request: Request) -> Response:
            return of_request(request, 501, missing)

        app.router.routes.append(Route(PATH, not_installed, methods=["GET", "POST", "DELETE"]))
        yield
        return
    engine: Engine = app.state.engine

    async def call(function: Any, *args: Any) -> Any:
        return await engine.call(function, *args)

    server = make_server(call)
    # Host, Origin and tokens are checked by Access, for this address as for every other.
    of_server = server.streamable_http_app(streamable_http_path=PATH, json_response=True, stateless_http=True, host="")
    app.router.routes.extend(of_server.routes)
    async with server.session_manager.run():
        yield
