"""``/help``: how to ask, what the page shows, and its keys."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.page.rendering import PageRoute, page

router = APIRouter(route_class=PageRoute)


@router.get("/help")
async def guide(request: Request) -> Response:
    """The help in the language of the page."""
    return page(request, "help.html", {})
