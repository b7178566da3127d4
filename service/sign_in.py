"""The sign-in page: takes a token once and keeps it in a cookie that no script can read."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from service.access import COOKIE
from service.deps import EngineDep
from service.page.rendering import page
from store.documents import tokens

_YEAR = 365 * 24 * 3600

router = APIRouter()


@router.get("/sign-in")
async def form(request: Request) -> Response:
    """The form for a token."""
    return _page(request, False, 200)


@router.post("/sign-in")
async def sign_in(request: Request, engine: EngineDep) -> Response:
    """Set the cookie and go to where the visitor came from; the form once more for a wrong token."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    given = fields.get("token", [""])[0].strip()
    if await asyncio.to_thread(tokens.find, engine.index.database, given) is None:
        return _page(request, True, 401)
    response = RedirectResponse(_own_address(request.query_params.get("next", "/")), 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, given, max_age=_YEAR, httponly=True, samesite="strict", secure=secure)
    return response


def _own_address(wanted: str) -> str:
    """*wanted* if it is an address of this server: ``//host`` and ``/\\host`` lead elsewhere."""
    is_own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_own else "/"


def _page(request: Request, failed: bool, status: int) -> Response:
    return page(request, "sign_in.html", {"failed": failed}, status)
