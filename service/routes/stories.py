"""``/stories``: the newest stories, and the timeline of one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from service.answers import etag, json_response, not_modified, question_of, question_of_nothing
from service.deps import EngineDep
from service.parameters import EXAMPLE, PROBLEMS, parameter
from service.problems import NotFound
from service.schemas import StoriesAnswer, StoryAnswer
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import moment_of
from store.documents.stories import Story, newest_stories, story

DEFAULT_SPAN = timedelta(days=7)
MAX_STORIES = 100

router = APIRouter(prefix="/stories", tags=["stories"])

_PARAMETERS = [
    parameter(
        "since",
        {"type": "string", "format": "date"},
        "有这一天起发布的文章，默认七天 · with an article of this day or later; by default of seven days",
        "2026-01-01",
    ),
    parameter("k", {"type": "integer", "minimum": 1, "maximum": MAX_STORIES}, "条数 · how many stories", 5),
]


@router.get(
    "",
    summary="Stories with a new article, the biggest first",
    openapi_extra={"parameters": _PARAMETERS},
    responses={200: {"model": StoriesAnswer}, **PROBLEMS},
)
async def stories(request: Request, engine: EngineDep) -> Response:
    """The stories that have an article published since a day."""
    question = question_of(request)
    question_of_nothing(request, "since", "k")
    if question.k > MAX_STORIES:
        message = f"k is {question.k}; 1 to {MAX_STORIES} stories can be asked for"
        raise QueryError(message, "k", f"k 为 {question.k}；可取 1 至 {MAX_STORIES}")
    since = moment_of(question.since).astimezone(UTC) if question.since else datetime.now(UTC) - DEFAULT_SPAN
    tag = etag(engine.index, request) if question.since else ""
    if tag and (known := not_modified(request, tag)):
        return known

    def find(index: SimilarityIndex) -> dict[str, Any]:
        total, found = newest_stories(index.database, since, question.k)
        return {"since": since, "total": total, "stories": [story_fields(one) for one in found]}

    return json_response(await engine.call(find), tag)


@router.get("/{story_id}", summary="A story from the beginning", responses={200: {"model": StoryAnswer}, **PROBLEMS})
async def timeline(
    request: Request,
    engine: EngineDep,
    story_id: Annotated[str, Path(description="新闻的编号 · id of a story", max_length=100, openapi_examples=EXAMPLE)],
) -> Response:
    """The articles of a story, the earliest first."""
    question_of_nothing(request)
    tag = etag(engine.index, request)
    if known := not_modified(request, tag):
        return known
    found = await engine.call(lambda index: story(index.database, story_id))
    if found is None:
        raise NotFound("No story with this id is stored.", "没有存有此编号的新闻。")
    return json_response(story_fields(found), tag)


def story_fields(found: Story) -> dict[str, Any]:
    """*found* as a JSON object."""
    return {
        "id": found.id,
        "articles": len(found.members),
        "sources": found.sources,
        "first": asdict(found.members[0]),
        "newest": max((one.published for one in found.members if one.published), default=None),
        "members": [asdict(one) for one in found.members],
    }
