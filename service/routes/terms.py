"""``/trend`` and ``/terms/related``: how often topics are written about, and what goes with a term."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.answers import (
    MAX_QUESTION,
    etag,
    in_language,
    json_response,
    not_modified,
    question_of_nothing,
    values_of,
    wants_chinese,
)
from service.deps import EngineDep
from service.parameters import PROBLEMS, parameter
from service.routes.articles import term_limit
from service.schemas import RelatedAnswer, TrendAnswer
from similarity.analytics.trend import PERIODS
from similarity.answers.fields import trend_fields
from similarity.answers.question import read
from similarity.errors import NotTrained, QueryError, Reason, TooFewArticles
from similarity.index import SimilarityIndex

MAX_TOPICS = 5

router = APIRouter(tags=["terms"])

_DAY = {"type": "string", "format": "date"}
_TREND = [
    parameter(
        "q",
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_TOPICS},
        "一至五个主题 · one to five topics",
        ["HBM", "CoWoS"],
        required=True,
    ),
    parameter("by", {"type": "string", "enum": list(PERIODS)}, "按日、周或月 · day, week or month", "month"),
    parameter("source", {"type": "string"}, "只要这个来源 · only this source"),
    parameter("since", _DAY, "这一天起 · on this day or later", "2026-01-01"),
    parameter("until", _DAY, "到这一天为止 · on this day or earlier"),
]
_RELATED = [
    parameter("q", {"type": "string"}, "术语或词 · a term or word", "wafer", required=True),
    parameter("k", {"type": "integer", "minimum": 1, "maximum": 100}, "词数 · how many terms", 5),
]


@router.get(
    "/trend",
    summary="How often articles name topics over time",
    openapi_extra={"parameters": _TREND},
    responses={200: {"model": TrendAnswer}, **PROBLEMS},
)
async def trend(request: Request, engine: EngineDep) -> Response:
    """Up to five topics beside each other, by day, week or month."""
    question_of_nothing(request, "q", "by", "source", "since", "until")
    topics = topics_of(request.query_params.getlist("q"))
    values = values_of(request, strict=True)
    question = read({name: values.get(name) for name in ("source", "since", "until")})
    if len(question.source) > 1:
        message = "source is given several times; a trend has all sources or one"
        raise QueryError(message, "source", "source 给了多次；趋势只能看全部来源或一个来源")
    by = values.get("by", "week")
    if not isinstance(by, str) or by not in PERIODS:
        every = ", ".join(PERIODS)
        raise QueryError(f"no period {by!r:.40}; there are {every}", "by", f"没有周期 {by!r:.40}；有 {every}")
    tag = etag(engine.index, request)
    if known := not_modified(request, tag):
        return known

    def find(index: SimilarityIndex) -> dict[str, Any]:
        source = question.source[0] if question.source else None
        found = [index.trend(topic, by, source, question.since, question.until) for topic in topics]
        return {"trends": [trend_fields(one) for one in found]}

    return json_response(await engine.call(find), tag)


@router.get(
    "/terms/related",
    summary="The terms that go with a term",
    openapi_extra={"parameters": _RELATED},
    responses={200: {"model": RelatedAnswer}, **PROBLEMS},
)
async def related(request: Request, engine: EngineDep) -> Response:
    """The terms that are in the same articles far more often than by chance."""
    k = term_limit(request, "q")
    (term,) = topics_of(request.query_params.getlist("q"), 1)
    tag = etag(engine.index, request)
    if known := not_modified(request, tag):
        return known

    def find(index: SimilarityIndex) -> dict[str, Any]:
        try:
            found, off = index.related_terms(term, k), list[str]()
        except (NotTrained, TooFewArticles) as error:  # no fault of the question
            found, off = [], in_language([Reason(str(error), error.chinese)], wants_chinese(request))
        return {"term": term, "related": [asdict(one) for one in found], "off": off}

    return json_response(await engine.call(find), tag)


def topics_of(given: list[str], most: int = MAX_TOPICS) -> list[str]:
    """The topics *given*, each once. Raises QueryError for none, for more than *most*, and for a long text."""
    topics = list(dict.fromkeys(text.strip() for text in given if text.strip()))
    if not topics:
        raise QueryError("q is missing: it names a topic", "q", "缺少 q：要看的主题")
    if len(topics) > most:
        message = f"{len(topics)} topics are given; up to {most} can be"
        raise QueryError(message, "q", f"给了 {len(topics)} 个主题，至多 {most} 个")
    if any(len(topic) > MAX_QUESTION for topic in topics):
        raise QueryError(f"q has more than {MAX_QUESTION:,} characters", "q", f"q 超过 {MAX_QUESTION:,} 字")
    return topics
