"""``/mcp``: the assistant tools over HTTP (streamable, without sessions), under the same tokens as everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.assistant import needs_package
from service.deps import Engine
from service.problems import ASSISTANT_PATH, of_request
from similarity.errors import NotInstalled


@asynccontextmanager
async def mounted(app: FastAPI) -> AsyncIterator[None]:
    """While the block runs, *app* answers at ``ASSISTANT_PATH``; without the SDK it says what to install."""
    assistants = _Assistants(app.state.engine)
    # No GET: this server says nothing that was not asked, and a stream without end would hold up its own end.
    app.router.routes.append(Route(ASSISTANT_PATH, assistants, methods=["POST"]))
    running = asyncio.create_task(assistants.run())
    try:
        yield
    finally:
        assistants.stop()
        await running


class _Assistants:
    """The application at ``ASSISTANT_PATH``. The first request loads the SDK, which takes a sixth of a start."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._application: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
        self._is_wanted, self._stopping = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._is_wanted.set()
        application = await asyncio.shield(self._application)  # which a client that leaves must not cancel
        await application(scope, receive, send)

    async def run(self) -> None:
        """Load the application when it is asked for, and let it work until ``stop``."""
        await self._is_wanted.wait()
        if self._stopping.is_set():
            return
        try:
            server = await asyncio.to_thread(self._server)
        except NotInstalled as error:
            self._application.set_result(_refusal(error))
            return
        except Exception as error:
            self._application.set_exception(error)  # raised by each request
            return
        # Host, Origin and tokens are checked by Access, for this address as for every other.
        made = server.streamable_http_app(
            streamable_http_path=ASSISTANT_PATH, json_response=True, stateless_http=True, host=""
        )
        async with server.session_manager.run():
            self._application.set_result(made.router)
            await self._stopping.wait()

    def stop(self) -> None:
        """End ``run``."""
        self._stopping.set()
        self._is_wanted.set()

    def _server(self) -> Any:
        with needs_package():
            from service.assistant.server import make_server

        async def call(function: Any, *args: Any) -> Any:
            return await self._engine.call(function, *args)

        return make_server(call)


def _refusal(error: NotInstalled) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await of_request(Request(scope), 501, (str(error), error.chinese))(scope, receive, send)

    return application
