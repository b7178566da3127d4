"""``/healthz``: the process is alive. ``/readyz``: the index is open and the database answers."""

from __future__ import annotations

import asyncio

import pymongo
from fastapi import APIRouter, Request
from pymongo.errors import PyMongoError
from starlette.responses import Response

from service.answers import json_response
from service.deps import EngineDep
from service.parameters import PROBLEMS
from service.problems import Unavailable
from service.schemas import HealthAnswer

_PING_SECONDS = 1.0

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the server alive?", responses={200: {"model": HealthAnswer}})
async def healthz() -> Response:
    """Answers as long as the event loop does, whatever the searches do."""
    return json_response({"status": "ok"})


@router.get("/readyz", summary="Can it answer?", responses={200: {"model": HealthAnswer}, 503: PROBLEMS[503]})
async def readyz(request: Request, engine: EngineDep) -> Response:
    """Whether the index is open and the database answers within a second."""

    def ping() -> None:
        with pymongo.timeout(_PING_SECONDS):
            database = engine.index.database
            # Any member that searches may be read from: an election takes no server out of service.
            database.command("ping", read_preference=database.read_preference)

    try:
        # Not in the search threads: a full queue is no reason to take the server out of service.
        await asyncio.wait_for(asyncio.to_thread(ping), 2 * _PING_SECONDS)
    except (PyMongoError, TimeoutError):
        raise Unavailable("The database does not answer.", "数据库没有应答。", 5) from None
    return json_response({"status": "ok"})
