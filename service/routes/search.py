"""``/search``: the answer to a question, from an address or from a body for long texts."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.answers import (
    MAX_HITS_A_PAGE,
    check_length,
    etag,
    in_language,
    json_response,
    not_modified,
    question_of,
    question_of_nothing,
    wants_chinese,
)
from service.deps import Engine, EngineDep
from service.parameters import BODY, LATEST, PROBLEMS, QUESTION
from service.schemas import SearchAnswer
from similarity.answers.answer import answer
from similarity.answers.fields import answer_fields
from similarity.answers.question import Question, read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex

MAX_TEXT = 200_000
"""Bytes (UTF-8) of a text in a body."""

router = APIRouter(tags=["search"])


@router.get(
    "/search",
    summary="The articles most similar to a text or to an article; without either, the newest",
    openapi_extra={"parameters": QUESTION},
    responses={200: {"model": SearchAnswer}, **PROBLEMS},
)
async def search(request: Request, engine: EngineDep) -> Response:
    """A question in the address, of at most 2,000 characters; see ``POST /search`` for longer ones."""
    question = question_of(request)
    check_length(question, "; POST /search takes long texts", "；长文请用 POST /search")
    return await respond(request, engine, question)


@router.post(
    "/search",
    summary="The same for a long text, such as a pasted page",
    openapi_extra={"requestBody": BODY},
    responses={200: {"model": SearchAnswer}, **PROBLEMS},
)
async def search_text(request: Request, engine: EngineDep) -> Response:
    """A question as a JSON object with the same options; a text of up to 200 kB."""
    values = await _body(request)
    if any(len(str(values.get(name, "")).encode("utf-8", "replace")) > MAX_TEXT for name in ("q", "passage")):
        raise HTTPException(413)
    return await respond(request, engine, read(values))


@router.get(
    "/latest",
    summary="The newest articles first",
    openapi_extra={"parameters": LATEST},
    responses={200: {"model": SearchAnswer}, **PROBLEMS},
)
async def latest(request: Request, engine: EngineDep) -> Response:
    """As ``/search`` without a question; those without a date come last."""
    question_of_nothing(request, *(one["name"] for one in LATEST))
    return await respond(request, engine, question_of(request))


async def respond(request: Request, engine: Engine, question: Question) -> Response:
    """The answer to *question*, or 304 where the client has it."""
    if question.k > MAX_HITS_A_PAGE:
        message = f"k is {question.k}; a page has up to {MAX_HITS_A_PAGE}, and cursor gives the next one"
        raise QueryError(message, "k", f"k 为 {question.k}；一页至多 {MAX_HITS_A_PAGE} 条，下一页用 cursor")
    # What newer articles gain depends on the time of day.
    tag = "" if question.recent else etag(engine.index, request, question.values())
    if tag and (known := not_modified(request, tag)):
        return known
    return await engine.call(_encoded, question, tag, wants_chinese(request))


def _encoded(index: SimilarityIndex, question: Question, tag: str, chinese: bool) -> Response:
    found = answer(index, question)
    return json_response(answer_fields(found) | {"off": in_language(found.off, chinese)}, tag)


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    try:
        values = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(values, dict):
        raise HTTPException(400)
    return values
