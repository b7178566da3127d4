"""``/articles/ID``: an article, what is similar to it, and its keywords."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from service.answers import etag, json_response, not_modified, question_of, question_of_nothing, values_of
from service.deps import EngineDep
from service.parameters import EXAMPLE, K_TERMS, PROBLEMS, SIMILAR
from service.problems import NotFound
from service.routes.search import respond
from service.schemas import ArticleAnswer, KeywordsAnswer, SearchAnswer
from similarity.answers.question import read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.documents import articles

_NO_ARTICLE = "No article with this id is stored.", "没有存有此编号的文章。"

router = APIRouter(prefix="/articles", tags=["articles"])

ArticleKey = Annotated[str, Path(description="文章编号 · id of an article", max_length=100, openapi_examples=EXAMPLE)]


@router.get("/{article_id}", summary="An article", responses={200: {"model": ArticleAnswer}, **PROBLEMS})
async def article(request: Request, engine: EngineDep, article_id: ArticleKey) -> Response:
    """An article with its story; its body only where ``access`` is ``full``."""
    question_of_nothing(request)
    tag = etag(engine.index, request)
    if known := not_modified(request, tag):
        return known
    return json_response(await engine.call(article_fields, article_id), tag)


@router.get(
    "/{article_id}/similar",
    summary="The articles most similar to it",
    openapi_extra={"parameters": SIMILAR},
    responses={200: {"model": SearchAnswer}, **PROBLEMS},
)
async def similar(request: Request, engine: EngineDep, article_id: ArticleKey) -> Response:
    """As ``/search?like=ID``."""
    await engine.call(existing, article_id)
    if "like" in request.query_params:
        raise QueryError("like is in the address already", "like", "like 已在地址中")
    return await respond(request, engine, read(values_of(request, strict=True) | {"like": article_id}))


@router.get(
    "/{article_id}/keywords",
    summary="The terms that characterize it",
    openapi_extra={"parameters": K_TERMS},
    responses={200: {"model": KeywordsAnswer}, **PROBLEMS},
)
async def keywords(request: Request, engine: EngineDep, article_id: ArticleKey) -> Response:
    """The terms that distinguish an article, with their weights."""
    k = term_limit(request)
    tag = etag(engine.index, request)
    if known := not_modified(request, tag):
        return known

    def find(index: SimilarityIndex) -> dict[str, Any]:
        existing(index, article_id)
        return {"id": article_id, "keywords": [asdict(keyword) for keyword in index.keywords(article_id, k)]}

    return json_response(await engine.call(find), tag)


def article_fields(index: SimilarityIndex, article_id: str) -> dict[str, Any]:
    """The article *article_id* with its story and the story's other articles. Raises NotFound."""
    stored = articles.read(index.database, [article_id])
    if article_id not in stored:
        raise NotFound(*_NO_ARTICLE)
    story, others = index.stories_of([article_id]).get(article_id, (article_id, []))
    fields = asdict(stored[article_id].article)
    if fields["access"] != "full":
        del fields["body"]
    return {**fields, "story": story, "more": [asdict(other) for other in others]}


def existing(index: SimilarityIndex, article_id: str) -> None:
    """Raise NotFound unless the article *article_id* is stored."""
    if not articles.existing_ids(index.database, [article_id]):
        raise NotFound(*_NO_ARTICLE)


def term_limit(request: Request, *others: str) -> int:
    """The option ``k`` of *request*, how many terms; *others*: further parameters that it may have."""
    question = question_of(request, others)
    question_of_nothing(request, "k", *others)
    if question.k > 100:
        raise QueryError(
            f"k is {question.k}; 1 to 100 terms can be asked for", "k", f"k 为 {question.k}；可取 1 至 100"
        )
    return question.k
