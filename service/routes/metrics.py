"""``/metrics``: metrics for Prometheus, also while the database is away or the server is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pymongo
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily
from pymongo.errors import PyMongoError
from starlette.responses import Response

from service.access import METRICS
from service.deps import Engine, EngineDep
from service.metrics import Metrics
from similarity.condition import StoreState, read_state
from similarity.metrics import gauge, of_state
from store.connection import StoreError
from store.settings import settings

_SECONDS = 5.0

router = APIRouter(tags=["health"])


@router.get(METRICS)
async def metrics(request: Request, engine: EngineDep) -> Response:
    """Requests and searches of this server, and the state of the store."""
    counted: Metrics = request.app.state.metrics
    now = datetime.now(UTC)
    async with counted.one_at_a_time:
        # Not in the search threads: that they are full is one of the metrics.
        state = await asyncio.to_thread(_state, engine, now)
    text = await asyncio.to_thread(counted.text, _families(state, now))
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _state(engine: Engine, now: datetime) -> StoreState | None:
    """The state of the store; None where the database does not answer."""
    try:
        with pymongo.timeout(_SECONDS):
            return read_state(engine.index.database, now, settings().data)
    except (PyMongoError, StoreError):
        return None  # a metric says so


def _families(state: StoreState | None, now: datetime) -> Iterator[GaugeMetricFamily]:
    yield gauge("database_up", "1: the database answers; 0: it does not.", state is not None)
    if state:
        yield from of_state(state, now)
