"""``/stats``: what is stored, by source, language, kind and month, and how large it is."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.deps import EngineDep
from service.page.rendering import PageRoute, data_links, page, search_for
from store.documents.overview import overview
from store.documents.sources import source_rows

_MONTHS = 24

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Row:
    """A month ("" for no date) with how many articles it has, and the link to them; "" where no search names them."""

    month: str
    articles: int
    link: str


@router.get("/stats")
async def stats(request: Request, engine: EngineDep) -> Response:
    """The numbers of articles, and what they take on disk."""
    found, sources = await engine.call(lambda index: (overview(index.database), source_rows(index.database)))
    months = [Row(month, number, _link(month)) for month, number in found.months.items()]
    data = data_links("/api/v1/stats", {})
    context = {
        "data": data,
        "stored": found,
        "sources": sources,
        "months": months[:_MONTHS],
        "is_cut": len(months) > _MONTHS,
    }
    return page(request, "stats.html", context)


def _link(month: str) -> str:
    if not month:
        return ""
    first = date.fromisoformat(f"{month}-01")
    return search_for(since=first, until=first.replace(day=monthrange(first.year, first.month)[1]))
