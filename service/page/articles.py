"""``/a/ID``, an article, and ``/s/ID``, a story from its beginning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from service.answers import MAX_QUESTION
from service.deps import EngineDep
from service.page.rendering import PageRoute, data_links, page
from service.page.today import lead
from service.problems import NotFound
from similarity.answers.answer import answer
from similarity.answers.question import Question
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.article import Article
from store.documents.articles import read as read_articles
from store.documents.sources import source_rows
from store.documents.stories import story

_SIMILAR = 6
_KEYWORDS = 14
_LEAST_PASSAGE = 40  # characters: shorter paragraphs are headings and lines of tables

router = APIRouter(route_class=PageRoute)


@router.get("/a/{article_id}")
async def article(request: Request, engine: EngineDep, article_id: str) -> Response:
    """An article with its story, its keywords and what is similar to it; its text only where it may be shown."""
    context = await engine.call(_article, article_id)
    data = data_links(f"/api/v1/articles/{context['article'].id}", {"like": context["article"].id})
    return page(request, "article.html", context | {"now": datetime.now(UTC), "data": data})


@router.get("/a/{article_id}/passage")
async def passage(engine: EngineDep, article_id: str, n: int) -> Response:
    """Lead to the search for what is like paragraph *n* of an article: for browsers without scripts."""
    paragraphs = await engine.call(_shown_paragraphs, article_id)
    if not 0 <= n < len(paragraphs):
        raise NotFound("The article has no such paragraph.", "文章没有这一段。")
    return RedirectResponse(f"/search?{urlencode({'passage': paragraphs[n][:MAX_QUESTION]})}", 303)


@router.get("/s/{story_id}")
async def timeline(request: Request, engine: EngineDep, story_id: str) -> Response:
    """Who had a story when, in both languages."""
    found, sources = await engine.call(lambda index: (story(index.database, story_id), source_rows(index.database)))
    if found is None:
        raise NotFound("No story with this id is stored.", "没有存有此编号的新闻。")
    data = data_links(f"/api/v1/stories/{found.id}", {"like": found.members[0].id})
    return page(request, "story.html", {"story": found, "lead": lead(found), "sources": sources, "data": data})


def _stored(index: SimilarityIndex, article_id: str) -> Article:
    stored = read_articles(index.database, [article_id])
    if article_id not in stored:
        raise NotFound("No article with this id is stored.", "没有存有此编号的文章。")
    return stored[article_id].article


def paragraphs_of(text: str) -> list[str]:
    """The paragraphs of *text* as the page shows them."""
    return [paragraph for line in text.split("\n") if (paragraph := line.strip())]


def _shown_paragraphs(index: SimilarityIndex, article_id: str) -> list[str]:
    return [paragraph for page in _pages(_stored(index, article_id)) for paragraph in paragraphs_of(page)]


def _pages(found: Article) -> list[str]:
    """The pages of the text of *found*, where it may be shown."""
    return found.pages if found.access == "full" and found.body else []


def _article(index: SimilarityIndex, article_id: str) -> dict[str, Any]:
    found = _stored(index, article_id)
    story_id, others = index.stories_of([article_id]).get(article_id, (article_id, []))
    try:
        keywords = index.keywords(article_id, _KEYWORDS)
        similar = answer(index, Question(like=article_id, k=_SIMILAR)).hits
    except QueryError:  # it was stored in this second, or has no words
        keywords, similar = [], []
    return {
        "article": found,
        "pages": [paragraphs_of(text) for text in _pages(found)],
        "least_passage": _LEAST_PASSAGE,
        "story_id": story_id,
        "others": others,
        "keywords": keywords,
        "similar": similar,
        "sources": source_rows(index.database),
    }
