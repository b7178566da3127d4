"""``/watches``: the watches, of what they have notified, and the form that saves a search as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from pymongo.database import Database
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from alerts import feed_keys, log_book
from alerts.fields import target_fields
from alerts.previews import preview
from alerts.watches import DEFAULT_SCORE, OPTIONS, Watch, all_watches, question_of
from service.access import check_may_write
from service.answers import values_of
from service.deps import EngineDep
from service.page.rendering import PageRoute, data_links, page, search_for
from service.routes.watches import changed, existing, made_of, probed, secrets_of
from similarity.answers.question import SEVERAL
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.connection import Document

_MAX_FIELDS = 200
_RHYTHMS = {
    "at-once": ("立即", "at once"),
    "hourly": ("每小时", "hourly"),
    "daily 08:30": ("每天 08:30", "daily 08:30"),
    "daily 18:00": ("每天 18:00", "daily 18:00"),
    "weekly mon 09:00": ("每周一 09:00", "Mondays 09:00"),
}
"""What the form offers, in Chinese and English."""
_FEED_ACTIONS: Mapping[str, Callable[[Database[Document], str], object]] = {
    "feed": feed_keys.make_feed,
    "revoke": feed_keys.revoke_feed,
}
_FORM = ("name", "each_article", "changes")
_TARGET = ("to", "every", "quiet")
_MOST_TARGETS = 9

router = APIRouter(route_class=PageRoute)


@router.get("/watches")
async def watches(request: Request, engine: EngineDep) -> Response:
    """All watches with their numbers."""

    def find(index: SimilarityIndex) -> list[dict[str, Any]]:
        return [_shown(index, watch) for watch in all_watches(index.database)]

    context = {"watches": await engine.call(find), "data": data_links("/api/v1/watches")}
    return page(request, "watches.html", context)


@router.get("/new-watch")
async def new_watch(request: Request, engine: EngineDep) -> Response:
    """The form for a watch, with what it would have sent."""
    values: dict[str, Any] = {name: value for name, value in values_of(request).items() if name in OPTIONS}
    return await _form(request, engine, values, {})


@router.post("/watches")
async def save(request: Request, engine: EngineDep) -> Response:
    """Save the watch of the form; the form once more with the reason where that is not possible."""
    check_may_write(request)
    fields = await _fields(request)
    given: dict[str, Any] = {name: value for name, value in fields.items() if name in OPTIONS}
    wanted: dict[str, Any] = {name: str(fields.get(name, "")) for name in _FORM}
    wanted["targets"] = _targets(fields)
    if "preview" in fields or "more" in fields:
        wanted["targets"] += [{}] if "more" in fields else []
        return await _form(request, engine, given, wanted)
    values = {
        "name": wanted["name"],
        "question": given,
        "targets": [target for target in wanted["targets"] if "to" in target],
        "each_article": bool(wanted["each_article"]),
        "changes": bool(wanted["changes"]),
    }
    try:
        made = await engine.call_once(made_of, values)
    except QueryError as error:
        return await _form(request, engine, given, wanted, error)
    return RedirectResponse(f"/watches/{quote(made.name)}", 303)


@router.get("/watches/{name}")
async def watch(request: Request, engine: EngineDep, name: str) -> Response:
    """One watch with its log."""
    return page(request, "watch.html", await engine.call(_context, name))


@router.post("/watches/{name}")
async def act(request: Request, engine: EngineDep, name: str) -> Response:
    """Pause, resume, remove or test the watch, make or revoke its feed, as the button says."""
    check_may_write(request)
    action = str((await _fields(request)).get("do", ""))
    if action == "test":
        answers = await probed(engine, name)
        return page(request, "watch.html", await engine.call(_context, name) | {"answers": answers})
    if action in _FEED_ACTIONS:
        await engine.call_once(lambda index: _FEED_ACTIONS[action](index.database, existing(index, name).name))
    elif action in ("pause", "resume", "remove"):
        await engine.call_once(changed, action, name)
    else:
        raise HTTPException(400)
    return RedirectResponse("/watches" if action == "remove" else f"/watches/{quote(name)}", 303)


def _targets(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows of targets of the form: the fields of the second are ``to2``, ``every2``, ``quiet2``, and so on."""
    rows = []
    for number in range(1, _MOST_TARGETS + 1):
        own = {name: f"{name}{number if number > 1 else ''}" for name in _TARGET}
        if any(name in fields for name in own.values()):
            rows.append({name: str(fields[key]) for name, key in own.items() if key in fields})
    return rows


async def _form(
    request: Request,
    engine: EngineDep,
    given: Mapping[str, Any],
    wanted: Mapping[str, Any],
    error: QueryError | None = None,
) -> Response:
    def find(index: SimilarityIndex) -> dict[str, Any]:
        try:
            question, min_score = question_of(index, given)
            return {"preview": preview(index, question, min_score), "min_score": min_score, "asked": None}
        except QueryError as fault:
            return {"preview": None, "min_score": given.get("min_score", DEFAULT_SCORE), "asked": fault}

    found = await engine.call(find)
    hidden = [
        (name, one)
        for name, value in given.items()
        if name not in ("min_score", "target_precision")
        for one in (value if isinstance(value, list) else [value])
    ]
    context = {
        "found": found["preview"],
        "min_score": found["min_score"],
        "error": error or found["asked"],
        "asked_for": hidden,
        "wanted": wanted,
        "rows": (wanted.get("targets") or [{}])[:_MOST_TARGETS],
        "most_rows": _MOST_TARGETS,
        "rhythms": _RHYTHMS,
        "text": given.get("q") or given.get("passage") or "",
    }
    return page(request, "new_watch.html", context, 422 if error else 200)


def _context(index: SimilarityIndex, name: str) -> dict[str, Any]:
    found = existing(index, name)
    return _shown(index, found) | {
        "log": log_book.entries(index.database, found, 50),
        "feed": feed_keys.feed_address(index.database, found.name),
        "secrets": secrets_of(found),
        "answers": [],
        "data": data_links(f"/api/v1/watches/{quote(found.name)}"),
    }


def _shown(index: SimilarityIndex, watch: Watch) -> dict[str, Any]:
    values = watch.question.values()
    filters: Sequence[str] = [
        str(one)
        for name, value in values.items()
        if name not in ("q", "passage", "like")
        for one in (value if isinstance(value, list) else [f"{name}: {value}"])
    ]
    return {
        "watch": watch,
        "numbers": log_book.counts(index.database, watch),
        "targets": [target_fields(target) for target in watch.targets],
        "text": " ".join((watch.question.q or watch.question.passage).split()),
        "filters": filters,
        "search": search_for(**values, min_score=watch.min_score),
        "link": f"/watches/{quote(watch.name)}",
    }


async def _fields(request: Request) -> dict[str, Any]:
    try:
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise HTTPException(413) from None
    values: dict[str, Any] = {}
    for name, value in pairs:
        if value := value.replace("\r\n", "\n").strip():
            values[name] = [*values.get(name, []), value] if name in SEVERAL else value
    return values
