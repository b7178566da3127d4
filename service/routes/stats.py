"""``/stats``: how much is stored."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.answers import etag, json_response, not_modified, question_of_nothing
from service.deps import EngineDep
from service.parameters import PROBLEMS
from service.schemas import StatsAnswer
from store.documents.overview import overview

router = APIRouter(tags=["sources"])


@router.get("/stats", summary="How much is stored", responses={200: {"model": StatsAnswer}, **PROBLEMS})
async def stats(request: Request, engine: EngineDep) -> Response:
    """How many articles by source, language, kind and month, and how many bytes articles, index and archive take."""
    question_of_nothing(request)
    tag = etag(engine.index, request)
    if known := not_modified(request, tag):
        return known
    return json_response(asdict(await engine.call(lambda index: overview(index.database))), tag)
