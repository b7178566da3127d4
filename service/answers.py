"""Answers in JSON: read the question from a request, compare ETags, and encode."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from similarity.answers.fields import to_json
from similarity.answers.question import SEVERAL, Question, read
from similarity.index import SimilarityIndex

MAX_QUESTION = 2_000
"""Characters of a question in an address; a longer text is sent in the body."""

MAX_HITS_A_PAGE = 1_000


def question_of(request: Request, others: Collection[str] = ()) -> Question:
    """The question in the address of *request*. Raises QueryError. *others*: parameters that are no options of it."""
    return read(values_of(request), others)


def values_of(request: Request) -> dict[str, str | list[str]]:
    """The parameters of the address by name; an empty one, as a form sends it, is not given."""
    values: dict[str, str | list[str]] = {}
    for name in request.query_params:
        given = [value for value in request.query_params.getlist(name) if value.strip()]
        if given:
            values[name] = given if name in SEVERAL or len(given) > 1 else given[0]
    return values


def etag(index: SimilarityIndex, request: Request, question: Mapping[str, Any] | None = None) -> str:
    """A weak ETag of the answer: it changes with the index and with the question, here the address or *question*."""
    status = index.status
    asked = json.dumps([request.url.path, request.url.query, question], sort_keys=True, default=str)
    key = hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:16]
    return f'W/"{status.version}-{index.newest}-{status.articles}-{key}"'


def not_modified(request: Request, tag: str) -> Response | None:
    """304 if the client has the answer with this *tag* already."""
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=304, headers=_headers(tag)) if tag in known or "*" in known else None


def json_response(answer: Mapping[str, Any], tag: str = "") -> Response:
    """*answer* as JSON; times in UTC as ISO 8601."""
    return Response(to_json(answer), headers=_headers(tag), media_type="application/json")


def _headers(tag: str) -> dict[str, str]:
    # A client may keep it, but asks each time whether it is still so.
    return {"Cache-Control": "private, no-cache"} | ({"ETag": tag} if tag else {})
