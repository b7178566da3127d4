"""``/trend``: up to five topics beside each other, as bars that link to their articles and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.answers import values_of
from service.deps import EngineDep
from service.page.rendering import PageRoute, data_links, page, search_for
from service.routes.terms import MAX_TOPICS, topics_of
from similarity.analytics.trend import PERIODS, Period, Trend
from similarity.answers.question import read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.documents.sources import source_rows

_MOST_BARS = 48
_LEAST_STEP = 24  # pixels of a bar with its gaps: what a finger hits; a narrower window scrolls the chart
_WIDTH, _HEIGHT = 960, 120
_MEASURES = ("count", "share")

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Bar:
    """A bar of a chart of 960 by 120 units: its place and size, what it says, and the link to its articles.

    It stands in the middle of a part that is ``step`` wide and begins at ``left``.
    """

    left: float
    step: float
    x: float
    width: float
    height: float
    period: Period
    link: str


@dataclass(frozen=True)
class Chart:
    """The bars of a topic; ``highest`` is the value of its highest bar. All charts of a page have one scale.

    ``first`` and ``last``: its first and last day. ``width``: the least width in pixels.
    """

    trend: Trend
    bars: list[Bar]
    highest: float
    first: date | None = None
    last: date | None = None
    width: int = 0


@router.get("/trend")
async def trend(request: Request, engine: EngineDep) -> Response:
    """The topics of the address, by count or share."""
    values = values_of(request)
    known = {"q", "by", "source", "since", "until", "measure", "lang"}
    if unknown := sorted(set(values) - known):
        name, every = unknown[0][:40], ", ".join(sorted(known))
        raise QueryError(f"no option {name!r} here; there are {every}", name, f"这里没有选项 {name!r}；有 {every}")
    by, measure = values.get("by", "month"), values.get("measure", "count")
    if by not in PERIODS:
        shown, every = repr(str(by)[:40]), ", ".join(PERIODS)
        raise QueryError(f"no period {shown}; there are {every}", "by", f"没有周期 {shown}；有 {every}")
    if measure not in _MEASURES:
        shown, every = repr(str(measure)[:40]), ", ".join(_MEASURES)
        raise QueryError(f"no measure {shown}; there are {every}", "measure", f"没有量度 {shown}；有 {every}")
    question = read({name: values.get(name) for name in ("source", "since", "until")})
    given = request.query_params.getlist("q")
    topics = topics_of(given) if any(text.strip() for text in given) else []
    source = question.source[0] if question.source else None

    def find(index: SimilarityIndex) -> tuple[list[Trend], dict[str, Any]]:
        found = [index.trend(topic, str(by), source, question.since, question.until) for topic in topics]
        return found, {"sources": source_rows(index.database), "stored": index.sources}

    trends, context = await engine.call(find)
    context |= {
        "data": _data(values, topics) if topics else {},
        "charts": charts_of(trends, str(measure), source),
        "rows": rows_of(trends),
        "topics": [*topics, *[""] * (MAX_TOPICS - len(topics))],
        "by": by,
        "measure": measure,
        "source": source,
        "since": question.since,
        "until": question.until,
        "periods": PERIODS,
        "width": _WIDTH,
        "height": _HEIGHT,
    }
    return page(request, "trend.html", context)


def _data(values: Mapping[str, Any], topics: list[str]) -> dict[str, str]:
    days = {name: values[name] for name in ("source", "since", "until") if name in values}
    json = urlencode({"q": topics, "by": values.get("by", "month")} | days, doseq=True)
    return data_links(f"/api/v1/trend?{json}", {"must": topics} | days if len(topics) == 1 else None)


def charts_of(trends: list[Trend], measure: str, source: str | None) -> list[Chart]:
    """A chart of each topic: the same periods (the last 48) and the same scale, so that bars can be compared."""
    starts = sorted({period.start for found in trends for period in found.periods})[-_MOST_BARS:]
    if not starts:
        return [Chart(found, [], 0) for found in trends]
    place = {start: number for number, start in enumerate(starts)}
    shown = [[period for period in found.periods if period.start in place] for found in trends]
    highest = max((_value(period, measure) for periods in shown for period in periods), default=0.0) or 1.0
    step = _WIDTH / len(starts)
    last = max(period.end for periods in shown for period in periods)
    charts = []
    for found, periods in zip(trends, shown, strict=True):
        bars = [
            Bar(
                round(place[period.start] * step, 2),
                round(step, 2),
                round(place[period.start] * step + 0.1 * step, 2),
                round(0.8 * step, 2),
                round((_HEIGHT - 10) * _value(period, measure) / highest, 2),
                period,
                link_of(found.text, period.start, period.end, source),
            )
            for period in periods
            if period.articles
        ]
        own = max((_value(period, measure) for period in periods), default=0.0)
        charts.append(Chart(found, bars, own, starts[0], last, _LEAST_STEP * len(starts)))
    return charts


def rows_of(trends: list[Trend]) -> list[tuple[date, date, list[Period | None]]]:
    """The periods, the newest first, each with that of every topic (None where its count has not begun)."""
    by_start = [{period.start: period for period in found.periods} for found in trends]
    periods = {start: period for own in by_start for start, period in own.items()}
    return [
        (start, periods[start].end, [own.get(start) for own in by_start])
        for start in sorted(periods, reverse=True)
        if any((period := own.get(start)) and period.articles for own in by_start)
    ]


def link_of(topic: str, start: date, end: date, source: str | None = None) -> str:
    """The address of the articles that name *topic* in a period."""
    return search_for(must=topic, since=start, until=min(end, date.max - timedelta(days=1)), source=source)


def _value(period: Period, measure: str) -> float:
    return float(period.articles) if measure == "count" else period.share or 0.0
