"""``/sources``: the rows of the source table with what is stored of each and how its runs went."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.openapi.models import Example
from starlette.responses import Response

from service.answers import json_response, question_of_nothing
from service.deps import EngineDep
from service.parameters import PROBLEMS
from service.problems import NotFound
from service.schemas import SourcesAnswer, SourceWithRuns
from similarity.health import health_of
from similarity.index import SimilarityIndex
from store.connection import Document
from store.documents.sources import source_rows

RUN_DAYS = timedelta(days=14)

_SIA: dict[str, Example] = {"sia": {"value": "sia"}}

router = APIRouter(prefix="/sources", tags=["sources"])


@router.get("", summary="All sources and their health", responses={200: {"model": SourcesAnswer}, **PROBLEMS})
async def sources(request: Request, engine: EngineDep) -> Response:
    """The rows of the source table, in its order."""
    question_of_nothing(request)
    return json_response({"sources": await engine.call(source_fields)})


@router.get("/{key}", summary="A source and its runs", responses={200: {"model": SourceWithRuns}, **PROBLEMS})
async def source(
    request: Request,
    engine: EngineDep,
    key: Annotated[str, Path(description="来源的键 · key of a source", max_length=100, openapi_examples=_SIA)],
) -> Response:
    """A source with its runs of the last 14 days, the newest first."""
    question_of_nothing(request)

    def find(index: SimilarityIndex) -> dict[str, Any] | None:
        found = source_fields(index, key)
        return {**found[0], "runs": runs_of(index, key)} if found else None

    fields = await engine.call(find)
    if fields is None:
        raise NotFound("There is no source with this key.", "没有此键的来源。")
    return json_response(fields)


def source_fields(index: SimilarityIndex, key: str = "") -> list[dict[str, Any]]:
    """Each source (or that with *key* alone): its row, its health, how many articles it has and when the newest was."""
    database = index.database
    rows = [row for row in source_rows(database).values() if key in ("", row.key)]
    if not rows:
        return []
    health = {state.source: state for state in health_of(database, datetime.now(UTC), [row.key for row in rows])}
    fields = []
    for row in rows:
        state = asdict(health[row.key])
        del state["source"]
        dated = {"source": row.key, "published": {"$ne": None}}
        newest = database.articles.find_one(dated, {"published": 1}, sort=[("published", -1)])
        stored = {
            "articles": database.articles.count_documents({"source": row.key}),
            "newest": newest["published"] if newest else None,
        }
        fields.append({**asdict(row), **state, **stored})
    return fields


def runs_of(index: SimilarityIndex, key: str) -> list[dict[str, Any]]:
    """The runs of the source *key* in the last 14 days, the newest first."""
    since = datetime.now(UTC) - RUN_DAYS
    found = index.database.runs.find({"source": key, "ended": {"$gte": since}}, sort=[("ended", -1)])
    return [_run(run) for run in found]


def _run(run: Document) -> dict[str, Any]:
    names = ("verdict", "why", "started", "ended", "found", "taken", "new", "changed", "coverage")
    return {name: run[name] for name in names if name in run}
