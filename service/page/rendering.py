"""Renders the templates: language, texts in two languages, addresses, and problems as pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.routing import APIRoute
from jinja2 import pass_context
from jinja2.runtime import Context
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from service.page import formats
from service.problems import title_of
from similarity.index import TIME_ZONE

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
    values = {"lang": lang, "path": request.scope["path"], "asked": request.query_params.multi_items(), **context}
    headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie", "Content-Language": lang}
    response = templates.TemplateResponse(request, name, values, status_code=status, headers=headers)
    if request.query_params.get("lang") in _LANGUAGES:
        response.set_cookie(_COOKIE, lang, max_age=_YEAR, httponly=True, samesite="lax")
    return response


class PageRoute(APIRoute):
    """A route of the page: whoever asks for it, what goes wrong is a page too."""


def page_of_problem(request: Request, status: int, detail: tuple[str, str]) -> Response | None:
    """The page that tells a person what went wrong; None where a program asks, as it does under ``/api``."""
    is_page = isinstance(request.scope.get("route"), PageRoute) or "text/html" in request.headers.get("accept", "")
    if request.scope["path"].startswith("/api/") or not is_page:
        return None
    (english_title, chinese_title), (english, chinese) = title_of(status), detail
    context = {
        "status": status, "english": english, "chinese": chinese,
        "english_title": english_title, "chinese_title": chinese_title,
    }  # fmt: skip
    return page(request, "fault.html", context, status)


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


def counted(number: int, name: str) -> str:
    """*number* with an English *name* that has a regular plural."""
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def search_for(**options: Any) -> str:
    """The address of a search with *options*; empty ones are left out."""
    return "/search?" + urlencode({name: value for name, value in options.items() if value}, doseq=True)


def data_links(json: str, options: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What a view offers as data: *json*, and the articles of the search with *options* as CSV and as a feed."""
    links = {"JSON": json}
    if options is not None:
        asked = "?" + urlencode(options, doseq=True) if options else ""
        links |= {"CSV": f"/api/v1/export.csv{asked}", "Atom": f"/feeds/search.atom{asked}"}
    return links


templates.env.globals.update(
    t=translated, address=address, toggled=toggled, moment=moment, label=label, search_for=search_for,
    counted=counted,
    data_types={"JSON": "application/json", "CSV": "text/csv", "Atom": "application/atom+xml", "OPML": "text/x-opml"},
    safe_link=formats.safe_link, citation=formats.citation, original_link=formats.original_link,
)  # fmt: skip
templates.env.trim_blocks = templates.env.lstrip_blocks = True
