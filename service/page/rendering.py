"""Renders the templates: language, texts in two languages, addresses, and pages in place of JSON problems."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.routing import APIRoute
from jinja2 import pass_context
from jinja2.runtime import Context
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from service.page import formats
from service.problems import NotFound, Unavailable, reasons
from similarity.errors import QueryError
from similarity.index import TIME_ZONE
from store.connection import StoreError

templates = Jinja2Templates(directory=Path(__file__).with_name("templates"))

_LANGUAGES = ("zh", "en")
_COOKIE = "lang"
_YEAR = 365 * 24 * 3600


def language_of(request: Request) -> str:
    """The language of the page: that of the address, else the remembered one, else Chinese."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(_COOKIE)):
        if chosen in _LANGUAGES:
            return chosen
    return "zh"


def page(request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """The page of the template *name*; a language in the address is remembered."""
    lang = language_of(request)
    values = {"lang": lang, "path": request.url.path, "asked": request.query_params.multi_items(), **context}
    headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie", "Content-Language": lang}
    response = templates.TemplateResponse(request, name, values, status_code=status, headers=headers)
    if request.query_params.get("lang") in _LANGUAGES:
        response.set_cookie(_COOKIE, lang, max_age=_YEAR, httponly=True, samesite="lax")
    return response


class PageRoute(APIRoute):
    """A route of the page: what goes wrong is a page too, with one sentence."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, with its errors as pages."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except QueryError as error:
                return _fault(request, 422, *reasons(error))
            except NotFound as error:
                return _fault(request, 404, error.english, error.chinese)
            except Unavailable as error:
                response = _fault(request, 503, error.english, error.chinese)
                response.headers["Retry-After"] = str(error.retry_after)
                return response
            except HTTPException as error:
                return _fault(request, error.status_code, "The text is too long.", "文字太长。")
            except (PyMongoError, StoreError):
                text = "The database does not answer; try again soon.", "数据库没有应答，请稍后再试。"
                response = _fault(request, 503, *text)
                response.headers["Retry-After"] = "5"
                return response

        return handled


def _fault(request: Request, status: int, english: str, chinese: str) -> Response:
    return page(request, "fault.html", {"status": status, "english": english, "chinese": chinese}, status)


@pass_context
def translated(context: Context, chinese: str, english: str) -> str:
    """The text in the language of the page."""
    return english if context.get("lang") == "en" else chinese


@pass_context
def address(context: Context, **changes: Any) -> str:
    """This page's address with *changes* (None: without this option); the next page and the language are dropped."""
    kept = [(name, value) for name, value in context["asked"] if name not in {*changes, "cursor", "lang"} and value]
    for name, value in changes.items():
        kept += [(name, one) for one in (value if isinstance(value, (list, tuple)) else [value]) if one is not None]
    return f"{context['path']}?{urlencode(kept)}" if kept else context["path"]


@pass_context
def toggled(context: Context, name: str, value: str) -> str:
    """This page's address with *value* of the option *name* added, or taken away if it is there."""
    given = [one for key, one in context["asked"] if key == name and one]
    changed = [one for one in given if one != value] if value in given else [*given, value]
    return address(context, **{name: changed})


@pass_context
def moment(context: Context, value: datetime | None, time: bool = True) -> str:
    """*value* in Shanghai time; says so where there is no date."""
    if value is None:
        return translated(context, "无日期", "no date")
    return f"{value.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}" if time else f"{value.astimezone(TIME_ZONE):%Y-%m-%d}"


@pass_context
def label(context: Context, kind: str, value: str) -> str:
    """The name for people of *value*: an access, a kind of article, a language, a verdict."""
    chinese, english = formats.LABELS.get(kind, {}).get(value, (value, value))
    return translated(context, chinese, english)


def search_for(**options: Any) -> str:
    """The address of a search with *options*; empty ones are left out."""
    return "/search?" + urlencode({name: value for name, value in options.items() if value}, doseq=True)


templates.env.globals.update(
    t=translated, address=address, toggled=toggled, moment=moment, label=label, search_for=search_for,
    safe_link=formats.safe_link, citation=formats.citation, original_link=formats.original_link,
)  # fmt: skip
templates.env.trim_blocks = templates.env.lstrip_blocks = True
