"""``/articles/ID/earlier``: what the same company's earlier reports have on a page or a passage of a report."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from service.answers import etag, json_response, not_modified, question_of_nothing, values_of
from service.deps import EngineDep
from service.parameters import PROBLEMS, parameter
from service.routes.articles import ArticleKey, existing
from service.schemas import ArticleHead
from similarity.analytics.earlier import Earlier
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.article import Article

MAX_REPORTS = 200

router = APIRouter(prefix="/articles", tags=["articles"])


class EarlierPageAnswer(BaseModel):
    """A page of an earlier report: see ``similarity.EarlierPage``."""

    article: ArticleHead
    page: int
    score: float
    year: int
    quarter: int
    text: str


class EarlierAnswer(BaseModel):
    """The most similar page of each earlier report of a company, the newest first: see ``similarity.Earlier``."""

    article: ArticleHead
    page: int
    text: str
    company: str
    reports: list[EarlierPageAnswer]


_PARAMETERS = [
    parameter("page", {"type": "integer", "minimum": 1}, "报告的页，默认 1 · page of the report; 1", 1),
    parameter("passage", {"type": "string"}, "或其中一段 · or a passage of it, in place of the page"),
    parameter("k", {"type": "integer", "minimum": 1, "maximum": MAX_REPORTS}, "报告数 · how many reports", 5),
]


@router.get(
    "/{article_id}/earlier",
    summary="What the same company's earlier reports have on a page or a passage of it",
    openapi_extra={"parameters": _PARAMETERS},
    responses={200: {"model": EarlierAnswer}, **PROBLEMS},
)
async def earlier(request: Request, engine: EngineDep, article_id: ArticleKey) -> Response:
    """The page of each earlier report that is most like it, the newest first."""
    question_of_nothing(request, "page", "passage", "k")
    values = values_of(request)
    page, k = _number(values, "page"), _number(values, "k")
    passage = values.get("passage")
    if isinstance(passage, list):
        raise QueryError("passage is given several times; give it once", "passage", "passage 给了多次，只能给一次")
    tag = etag(engine.index, request)
    if known := not_modified(request, tag):
        return known

    def find(index: SimilarityIndex) -> dict[str, Any]:
        existing(index, article_id)
        return earlier_fields(index.earlier(article_id, page, passage, k or 20))

    return json_response(await engine.call(find), tag)


def earlier_fields(found: Earlier) -> dict[str, Any]:
    """*found* without the bodies of the articles."""
    reports = [asdict(report) | {"article": _head(report.article)} for report in found.reports]
    return asdict(found) | {"article": _head(found.article), "reports": reports}


def _head(article: Article) -> dict[str, Any]:
    fields = asdict(article)
    del fields["body"]
    return fields


def _number(values: dict[str, str | list[str]], name: str) -> int | None:
    value = values.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or not int(value[:9]) >= 1:
        shown = repr(str(value)[:40])
        message = f"{name} {shown} is no whole number of at least 1"
        raise QueryError(message, name, f"{name} {shown} 不是 1 以上的整数")
    number = int(value[:9])
    if name == "k" and number > MAX_REPORTS:
        message = f"k is {number}; 1 to {MAX_REPORTS} reports can be asked for"
        raise QueryError(message, "k", f"k 为 {number}；可取 1 至 {MAX_REPORTS}")
    return number
