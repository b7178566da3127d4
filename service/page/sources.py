"""``/sources``: the sources and how their runs went, and a page of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.deps import EngineDep
from service.page.rendering import PageRoute, data_links, page
from service.problems import NotFound
from service.routes.sources import runs_of, source_fields
from similarity.answers.answer import answer
from similarity.answers.question import Question
from similarity.health import GOOD
from similarity.index import TIME_ZONE, SimilarityIndex

DAYS = 14
_NEWEST = 10

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Day:
    """A day of a source: ``state`` is "good", "bad" or "none" (it did not run), ``verdict`` that of the worst run."""

    day: date
    state: str
    verdict: str


@router.get("/sources")
async def sources(request: Request, engine: EngineDep) -> Response:
    """All sources in the order of the table."""
    today = datetime.now(UTC).astimezone(TIME_ZONE).date()

    def find(index: SimilarityIndex) -> list[dict[str, Any]]:
        return [
            fields | {"days": days_of(runs := runs_of(index, fields["key"]), today), "coverage": coverage_of(runs)}
            for fields in source_fields(index)
        ]

    rows = await engine.call(find)
    data = data_links("/api/v1/sources", {}) | {"OPML": "/feeds/opml.xml"}
    return page(request, "sources.html", {"rows": rows, "data": data})


@router.get("/sources/{key}")
async def source(request: Request, engine: EngineDep, key: str) -> Response:
    """A source with its runs of the last 14 days and its newest articles."""
    today = datetime.now(UTC).astimezone(TIME_ZONE).date()

    def find(index: SimilarityIndex) -> dict[str, Any]:
        found = source_fields(index, key)
        if not key or not found:
            raise NotFound("There is no source with this key.", "没有此键的来源。")
        runs = runs_of(index, key)
        hits = answer(index, Question(source=(key,), k=_NEWEST)).hits if key in index.sources else []
        return {"row": found[0], "runs": runs, "days": days_of(runs, today), "hits": hits}

    context = await engine.call(find)
    # A search refuses a source of which nothing is stored.
    data = data_links(f"/api/v1/sources/{context['row']['key']}", {"source": key} if context["hits"] else None)
    data["Atom"] = f"/feeds/source/{context['row']['key']}.atom"
    return page(request, "source.html", context | {"data": data})


def days_of(runs: list[dict[str, Any]], today: date) -> list[Day]:
    """The last 14 days, the oldest first: of several runs on a day the worst one counts."""
    verdicts = defaultdict[date, list[str]](list)
    for run in runs:
        verdicts[run["ended"].astimezone(TIME_ZONE).date()].append(run["verdict"])
    days = []
    for day in (today - timedelta(days=age) for age in reversed(range(DAYS))):
        own = verdicts.get(day, [])
        bad = [verdict for verdict in own if verdict not in GOOD]
        state = "bad" if bad else "good" if own else "none"
        days.append(Day(day, state, (bad or own or [""])[0]))
    return days


def coverage_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The field coverage of the latest run that read articles."""
    return next((run["coverage"] for run in runs if run.get("coverage")), {})
