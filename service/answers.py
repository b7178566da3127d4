"""Answers in JSON: read the question from a request, compare ETags, and encode."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from service.problems import prefers_chinese
from similarity.answers.fields import to_json
from similarity.answers.question import SEVERAL, Question, read
from similarity.errors import QueryError, Reason
from similarity.index import SimilarityIndex

MAX_QUESTION = 2_000
"""Characters of a question in an address; a longer text is sent in the body."""

MAX_HITS_A_PAGE = 1_000

_TEXTS = ("q", "passage", "like", "source", "category", "company", "must", "not", "cursor")


def question_of(request: Request, others: Collection[str] = ()) -> Question:
    """The question in the address of *request*. Raises QueryError. *others*: parameters that are no options of it."""
    return read(values_of(request, strict=True), others)


def check_length(question: Question, hint: str = "", hint_zh: str = "") -> None:
    """Raise QueryError, with *hint* behind it, for a text longer than ``MAX_QUESTION``."""
    for name in ("q", "passage"):
        if len(getattr(question, name)) > MAX_QUESTION:
            message = f"{name} has more than {MAX_QUESTION:,} characters{hint}"
            raise QueryError(message, name, f"{name} 超过 {MAX_QUESTION:,} 字{hint_zh}")


def values_of(request: Request, strict: bool = False) -> dict[str, str | list[str]]:
    """The parameters of the address by name; an empty one, as a form sends it, is not given.

    *strict*: only an empty text is not given; an empty date, number or name of a list is a wrong value.
    """
    values: dict[str, str | list[str]] = {}
    for name in request.query_params:
        may_be_empty = not strict or name in _TEXTS
        given = [value for value in request.query_params.getlist(name) if value.strip() or not may_be_empty]
        if given:
            values[name] = given if name in SEVERAL or len(given) > 1 else given[0]
    return values


def etag(index: SimilarityIndex, request: Request, question: Mapping[str, Any] | None = None) -> str:
    """A weak ETag of the answer: it changes with the program, the index, the stories and the question.

    That is the address, and *question* where a body has it.
    """
    status = index.status
    place = request.url.path, request.url.query, wants_chinese(request)
    asked = json.dumps([*place, question], sort_keys=True, default=str)
    key = hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:16]
    return (
        f'W/"{request.app.state.program}-{status.version}-{index.newest}-{index.regroupings}-{status.articles}-{key}"'
    )


def not_modified(request: Request, tag: str) -> Response | None:
    """304 if the client has the answer with this *tag* already."""
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=304, headers=_headers(tag)) if tag in known or "*" in known else None


def json_response(answer: Mapping[str, Any], tag: str = "") -> Response:
    """*answer* as JSON; times in UTC as ISO 8601."""
    return Response(to_json(answer), headers=_headers(tag), media_type="application/json")


def wants_chinese(request: Request) -> bool:
    """Whether *request* asks for Chinese rather than English."""
    return prefers_chinese(request.headers.get("accept-language", ""))


def in_language(reasons: Iterable[Reason], chinese: bool) -> list[str]:
    """*reasons* as texts in Chinese or in English."""
    return [reason.chinese if chinese else reason for reason in reasons]


def _headers(tag: str) -> dict[str, str]:
    # A client may keep it, but asks each time whether it is still so.
    return {"Cache-Control": "private, no-cache", "Vary": "Accept-Language"} | ({"ETag": tag} if tag else {})


def question_of_nothing(request: Request, *allowed: str) -> None:
    """Raise QueryError for a parameter that is none of *allowed*."""
    for name in request.query_params:
        if name not in allowed:
            every = ", ".join(allowed)
            message = f"no option {name[:40]!r} here; there are {every or 'none'}"
            raise QueryError(message, name[:40], f"这里没有选项 {name[:40]!r}；有 {every or '零个'}")
