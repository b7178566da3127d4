"""``/``: what is new since yesterday: stories, reports and filings, sources with trouble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.deps import EngineDep
from service.page.rendering import PageRoute, data_links, page
from service.routes.sources import source_fields
from similarity.analytics.rising_terms import SPAN, RisingTerm
from similarity.answers.answer import answer
from similarity.answers.question import Question
from similarity.index import TIME_ZONE, SimilarityIndex
from similarity.ranking.results.hits import Hit
from store.documents.sources import SourceRow, source_rows
from store.documents.stories import Story, newest_stories

_STORIES = 60
_REPORTS = 12
_RISING = 12
_LATE = 40
_FRIDAY_EVENING = time(18)

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Today:
    """The page of today: ``biggest`` stories of several sources, the others by category of the source that was first.

    ``late``: nothing was published lately, so the stories are those of the newest ``_LATE`` articles.
    ``rising``: terms that are written about more than before.
    """

    since: datetime
    late: bool
    total: int
    biggest: list[Story]
    by_category: Mapping[str, list[Story]]
    reports: list[Hit]
    rising: list[RisingTerm]
    troubled: list[dict[str, Any]]
    sources: Mapping[str, SourceRow]
    articles: int


@router.get("/")
async def today(request: Request, engine: EngineDep) -> Response:
    """The stories new in the last 24 hours, on Mondays since Friday evening."""
    now = datetime.now(UTC)
    found = await engine.call(find, now)
    since = {"since": found.since.isoformat()}
    return page(
        request,
        "today.html",
        {
            "today": found,
            "lead": lead,
            "rising_since": (now - SPAN).isoformat(timespec="seconds"),
            "data": data_links(f"/api/v1/stories?{urlencode(since)}", since),
        },
    )


def start_of_news(now: datetime) -> datetime:
    """The moment since which stories are new: 24 hours before *now*, on Mondays Friday evening in Shanghai."""
    here = now.astimezone(TIME_ZONE)
    if here.weekday() > 0:
        return now - timedelta(days=1)
    return datetime.combine(here.date() - timedelta(days=3), _FRIDAY_EVENING, TIME_ZONE).astimezone(UTC)


def find(index: SimilarityIndex, now: datetime) -> Today:
    """What is new at *now*."""
    since, late = start_of_news(now), False
    total, stories = newest_stories(index.database, since, _STORIES)
    if not total:
        dated = index.database.articles.find({"published": {"$ne": None}}, {"published": 1})
        if newest := list(dated.sort("published", -1).limit(_LATE)):
            since, late = newest[-1]["published"], True
            total, stories = newest_stories(index.database, since, _STORIES)
    sources = source_rows(index.database)
    biggest = [story for story in stories if len(story.sources) > 1][:8]
    by_category: dict[str, list[Story]] = {row.category: [] for row in sources.values()}
    for story in stories:
        first = sources.get(story.members[0].source)
        if story not in biggest:
            by_category.setdefault(first.category if first else "", []).append(story)
    question = Question(kind=("report", "filing"), since=since, k=_REPORTS)
    reports = answer(index, question).hits if len(index) else []
    troubled = [source for source in source_fields(index) if source["last"] and source["fault"]]
    shown = {name: found for name, found in by_category.items() if found}
    rising = index.rising_terms(now, _RISING)
    return Today(since, late, total, biggest, shown, reports, rising, troubled, sources, len(index))


def lead(story: Story) -> tuple[str, str, float] | None:
    """The source that had *story* first, the one after it, and the hours between; None where dates are missing."""
    first = story.members[0]
    second = next((one for one in story.members if one.source != first.source), None)
    if second is None or first.published is None or second.published is None:
        return None
    return first.source, second.source, (second.published - first.published) / timedelta(hours=1)
