"""The application: opens the index, puts the routes and the middleware together."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from pymongo.database import Database
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from alerts.runner import Runner
from service import page, prompt
from service.access import Access, AccessRules
from service.assistant import http as assistants
from service.capacity import SearchThreads
from service.deps import Engine
from service.feeds import router as feeds
from service.forwarded import ForwardedClient
from service.metrics import Metrics
from service.openapi import describe
from service.problems import add_handlers
from service.request_log import RequestLog, Templates
from service.routes import articles, earlier, export, health, metrics, search, sources, stats, stories, terms, watches
from service.sign_in import router as sign_in
from service.warm_up import load_templates, log_if_slow, warm_up
from service.watch_feed import router as watch_feed
from similarity.cli import local_service
from similarity.index import SimilarityIndex
from store import logs
from store.connection import Document
from store.index import preparation
from text.analysis.analyzer import VERSION

API = "/api/v1"
STATIC = Path(page.__file__).with_name("static")

_GZIP_FROM = 1_000  # bytes


def create_app(
    rules: AccessRules | None = None,
    open_index: Callable[[], SimilarityIndex] = SimilarityIndex.open,
    threads: Callable[[], SearchThreads] = SearchThreads,
    prompt_secret: str = "",
    runs_watches: bool = False,
) -> FastAPI:
    """The application. It opens the index when it starts; StoreError and IndexMismatch then end the server.

    With a *prompt_secret* it answers for the commands that know it. With *runs_watches* it matches and sends for the
    watches, if no other process does.
    """

    logs.set_up()  # here too: a worker begins with nothing but this function

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        index = await asyncio.to_thread(_opened, open_index)
        app.state.engine = engine = Engine(index, threads())
        if not gc.isenabled():  # as in a process that has done nothing but start
            gc.freeze()  # what is loaded by now stays: each full collection would look through all of it
            gc.enable()
        counted.follow(engine.threads, index)
        app.state.program = (await asyncio.to_thread(local_service.identity))[:16]
        runner = Runner(index) if runs_watches else None
        if runner:
            runner.start()
        loading = asyncio.create_task(asyncio.to_thread(load_templates))
        try:
            async with assistants.mounted(app):
                yield
        finally:
            await loading
            if runner:
                await asyncio.to_thread(runner.stop)
            engine.threads.close()
            await asyncio.to_thread(index.close)

    app = FastAPI(
        title="Xinwen 芯闻",
        version="1",
        description="半导体行业的新闻与报告 · News and reports of the semiconductor industry",
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # these pages load scripts from another host
        redoc_url=None,
    )
    describe(app)
    add_handlers(app, page.page_of_problem)
    api = APIRouter(prefix=API)
    for module in (search, export, articles, earlier, stories, terms, sources, stats, watches):
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(health.router)
    app.include_router(metrics.router, include_in_schema=False)
    app.include_router(sign_in, include_in_schema=False)
    if prompt_secret:
        app.include_router(prompt.router(prompt_secret))
    app.include_router(feeds, include_in_schema=False)
    app.include_router(watch_feed, include_in_schema=False)
    app.include_router(page.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), "static")

    def database() -> Database[Document]:
        engine: Engine = app.state.engine
        return engine.index.database

    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_FROM, compresslevel=5)

    def is_full() -> bool:
        engine: Engine = app.state.engine
        return engine.threads.is_full

    app.add_middleware(Access, rules=rules or AccessRules(), database=database, is_full=is_full)
    app.state.metrics = counted = Metrics()
    app.add_middleware(RequestLog, templates=Templates(lambda: app.routes), count=counted.count)
    app.add_middleware(ForwardedClient)
    return app


def _opened(open_index: Callable[[], SimilarityIndex]) -> SimilarityIndex:
    index = open_index()
    preparation.prepare(index.database, VERSION)  # the collections that requests write to
    with log_if_slow():
        warm_up(index)
    return index
