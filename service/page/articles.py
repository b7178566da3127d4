"""``/a/ID``, an article, and ``/s/ID``, a story from its beginning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.deps import EngineDep
from service.page.rendering import PageRoute, page
from service.page.today import lead
from service.problems import NotFound
from similarity.answers.answer import answer
from similarity.answers.question import Question
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.documents.articles import read as read_articles
from store.documents.sources import source_rows
from store.documents.stories import story

_SIMILAR = 6
_KEYWORDS = 14

router = APIRouter(route_class=PageRoute)


@router.get("/a/{article_id}")
async def article(request: Request, engine: EngineDep, article_id: str) -> Response:
    """An article with its story, its keywords and what is similar to it; its text only where it may be shown."""
    context = await engine.call(_article, article_id)
    return page(request, "article.html", context | {"now": datetime.now(UTC)})


@router.get("/s/{story_id}")
async def timeline(request: Request, engine: EngineDep, story_id: str) -> Response:
    """Who had a story when, in both languages."""
    found, sources = await engine.call(lambda index: (story(index.database, story_id), source_rows(index.database)))
    if found is None:
        raise NotFound("No story with this id is stored.", "没有存有此编号的新闻。")
    return page(request, "story.html", {"story": found, "lead": lead(found), "sources": sources})


def _article(index: SimilarityIndex, article_id: str) -> dict[str, Any]:
    stored = read_articles(index.database, [article_id])
    if article_id not in stored:
        raise NotFound("No article with this id is stored.", "没有存有此编号的文章。")
    found = stored[article_id].article
    story_id, others = index.stories_of([article_id]).get(article_id, (article_id, []))
    try:
        keywords = index.keywords(article_id, _KEYWORDS)
        similar = answer(index, Question(like=article_id, k=_SIMILAR)).hits
    except QueryError:  # it was stored in this second, or has no words
        keywords, similar = [], []
    return {
        "article": found,
        "pages": found.pages if found.access == "full" and found.body else [],
        "story_id": story_id,
        "others": others,
        "keywords": keywords,
        "similar": similar,
        "sources": source_rows(index.database),
    }
