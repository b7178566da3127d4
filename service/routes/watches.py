"""``/watches``: the watches, over HTTP; whoever has a token may read them, and make them where it may write."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.openapi.models import Example
from starlette.exceptions import HTTPException
from starlette.responses import Response

from alerts import feed_keys, log_book, watches
from alerts.delivery import probe_all
from alerts.errors import NoWatch
from alerts.fields import preview_fields, target_fields, watch_fields
from alerts.previews import preview
from alerts.targets import Target, target_of
from alerts.watches import SOURCES, Watch, question_of
from service.access import check_may_write
from service.answers import json_response, question_of_nothing
from service.deps import EngineDep
from service.parameters import PROBLEMS
from service.problems import NotFound
from service.watch_schemas import (
    BODY,
    TRY_BODY,
    FeedAnswer,
    LoggedWatchAnswer,
    PreviewAnswer,
    ProbesAnswer,
    WatchAnswer,
    WatchesAnswer,
)
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.leases import server_time

router = APIRouter(tags=["watches"])

_NAME = {"cowos": Example(summary="a watch", value="cowos")}
Name = Annotated[str, Path(description="名称 · name of a watch", max_length=100, openapi_examples=_NAME)]

_PROBING = ThreadPoolExecutor(4, thread_name_prefix="xinwen-probe")
_FIELDS = ("name", "question", "targets", "each_article", "changes", "about")


@router.get("/watches", summary="All watches", responses={200: {"model": WatchesAnswer}, **PROBLEMS})
async def all_watches(request: Request, engine: EngineDep) -> Response:
    """All watches by name, without the keys of their targets."""
    question_of_nothing(request)

    def find(index: SimilarityIndex) -> dict[str, Any]:
        return {"watches": [watch_fields(watch) for watch in watches.all_watches(index.database)]}

    return json_response(await engine.call(find))


@router.post(
    "/watches",
    summary="A new watch",
    status_code=201,
    openapi_extra={"requestBody": BODY},
    responses={201: {"model": WatchAnswer}, **PROBLEMS},
)
async def add(request: Request, engine: EngineDep) -> Response:
    """A question that is asked of every article stored from now on; a watch notifies of each story once."""
    check_may_write(request)
    question_of_nothing(request)
    made = await engine.call_once(made_of, await _object(request))
    response = json_response(watch_fields(made) | {"secrets": secrets_of(made)})
    response.status_code = 201
    return response


@router.post(
    "/watch-preview",
    summary="Of what a watch would have notified in the last 30 days",
    openapi_extra={"requestBody": TRY_BODY},
    responses={200: {"model": PreviewAnswer}, **PROBLEMS},
)
async def try_question(request: Request, engine: EngineDep) -> Response:
    """How many stories, at the threshold of the question and at two others. Nothing is stored."""
    question_of_nothing(request)
    values = await _object(request)

    def find(index: SimilarityIndex) -> dict[str, Any]:
        return preview_fields(preview(index, *question_of(index, values)))

    return json_response(await engine.call(find))


@router.get("/watches/{name}", summary="A watch and its log", responses={200: {"model": LoggedWatchAnswer}, **PROBLEMS})
async def show(request: Request, engine: EngineDep, name: Name) -> Response:
    """A watch, of how much it has notified, and the newest twenty matches with their deliveries."""
    question_of_nothing(request)

    def find(index: SimilarityIndex) -> dict[str, Any]:
        watch = existing(index, name)
        numbers = log_book.counts(index.database, watch)
        return watch_fields(watch) | numbers | {"log": list(map(asdict, log_book.entries(index.database, watch)))}

    return json_response(await engine.call(find))


@router.delete("/watches/{name}", summary="Remove a watch", status_code=204, responses={204: {}, **PROBLEMS})
async def remove(request: Request, engine: EngineDep, name: Name) -> Response:
    """Remove a watch and what it has not sent yet."""
    check_may_write(request)
    question_of_nothing(request)
    await engine.call_once(changed, "remove", name)
    return Response(status_code=204)


@router.post("/watches/{name}/pause", summary="Pause a watch", responses={200: {"model": WatchAnswer}, **PROBLEMS})
async def pause(request: Request, engine: EngineDep, name: Name) -> Response:
    """Match and send nothing until it is resumed."""
    check_may_write(request)
    question_of_nothing(request)
    return json_response(watch_fields(await engine.call_once(changed, "pause", name)))


@router.post("/watches/{name}/resume", summary="Resume a watch", responses={200: {"model": WatchAnswer}, **PROBLEMS})
async def resume(request: Request, engine: EngineDep, name: Name) -> Response:
    """Go on with what is stored from now on."""
    check_may_write(request)
    question_of_nothing(request)
    return json_response(watch_fields(await engine.call_once(changed, "resume", name)))


@router.post(
    "/watches/{name}/test", summary="Send a test message", responses={200: {"model": ProbesAnswer}, **PROBLEMS}
)
async def test(request: Request, engine: EngineDep, name: Name) -> Response:
    """A test message to each target, and what the services said."""
    check_may_write(request)
    question_of_nothing(request)
    return json_response({"targets": await probed(engine, name)})


@router.post("/watches/{name}/feed", summary="The feed of a watch", responses={200: {"model": FeedAnswer}, **PROBLEMS})
async def make_feed(request: Request, engine: EngineDep, name: Name) -> Response:
    """The secret address of an Atom feed of what the watch tells, for readers that cannot sign in."""
    check_may_write(request)
    question_of_nothing(request)

    def make(index: SimilarityIndex) -> str:
        return feed_keys.make_feed(index.database, existing(index, name).name)

    return json_response({"address": await engine.call_once(make)})


@router.delete(
    "/watches/{name}/feed",
    summary="Revoke the feed of a watch",
    status_code=204,
    responses={204: {}, **PROBLEMS},
)
async def revoke_feed(request: Request, engine: EngineDep, name: Name) -> Response:
    """Nobody reads the feed at its address any more."""
    check_may_write(request)
    question_of_nothing(request)
    await engine.call_once(lambda index: feed_keys.revoke_feed(index.database, existing(index, name).name))
    return Response(status_code=204)


async def probed(engine: EngineDep, name: str) -> list[dict[str, Any]]:
    """A test message to each target of the watch *name*, at once, and what the services said."""
    watch = await engine.call(existing, name)
    now = await engine.call(lambda index: server_time(index.database))
    # Not in a search thread: a service has longer to answer than a search has. Nor in those of the event loop, which
    # are few, and which every request needs.
    answers = await asyncio.get_running_loop().run_in_executor(_PROBING, probe_all, watch, now)
    return [target_fields(target) | asdict(answer) for target, answer in answers]


def made_of(index: SimilarityIndex, values: dict[str, Any]) -> Watch:
    """The watch that *values*, fields of the body, say; it is stored. Raises QueryError."""
    for field in values:
        if field not in _FIELDS:
            every = ", ".join(_FIELDS)
            message = f"a watch has no {field[:40]!r}; it has {every}"
            raise QueryError(message, field[:40], f"没有 {field[:40]!r}；有 {every}")
    name, given = values.get("name"), values.get("question", {})
    if not isinstance(name, str) or not isinstance(given, dict):
        raise QueryError("name must be a text and question an object", "name", "name 须为文字，question 须为对象")
    flags = {field: values.get(field, False) for field in ("each_article", "changes")}
    for field, value in flags.items():
        if not isinstance(value, bool):
            raise QueryError(f"{field} is neither true nor false", field, f"{field} 既非 true 也非 false")
    targets = tuple(_target(one) for one in _list(values.get("targets", [])))
    about = values.get("about", "articles")
    if about == SOURCES and not given:
        return watches.add(index.database, Watch(name, targets=targets, about=SOURCES))
    if about != "articles":
        message = f"about is articles, or {SOURCES} without a question"
        raise QueryError(message, "about", f"about 为 articles，或无 question 时为 {SOURCES}")
    question, min_score = question_of(index, given)
    watch = Watch(name, question, min_score, targets, each_article=flags["each_article"], changes=flags["changes"])
    return watches.add(index.database, watch)


def secrets_of(watch: Watch) -> dict[str, str]:
    """By address as it is shown, the secret that signs what a plain webhook gets."""
    return {target.shown: target.secret for target in watch.targets if target.secret}


def existing(index: SimilarityIndex, name: str) -> Watch:
    """The watch *name*. Raises NotFound."""
    try:
        return watches.find(index.database, name)
    except NoWatch as error:
        raise NotFound(str(error), error.chinese) from None


def changed(index: SimilarityIndex, change: str, name: str) -> Watch:
    """The watch *name* after *change*: "pause", "resume" or "remove". Raises NotFound."""
    watch = existing(index, name)
    {"pause": watches.pause, "resume": watches.resume, "remove": watches.remove}[change](index.database, watch.name)
    return watch if change == "remove" else existing(index, watch.name)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise QueryError("targets is no list", "targets", "targets 不是列表")
    return value


def _target(value: Any) -> Target:
    is_object = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if not is_object or not {"to"} <= value.keys() <= {"to", "every", "quiet"}:
        message = "a target is an object with to, and perhaps every and quiet, all of them texts"
        raise QueryError(message, "targets", "targets 的每项须有 to，另可有 every、quiet，均为文字")
    return target_of(value["to"], value.get("every", "at-once"), value.get("quiet", ""))


async def _object(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    try:
        values = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(values, dict):
        raise HTTPException(400)
    return values
