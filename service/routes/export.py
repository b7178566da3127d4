"""``/export.csv``, ``.jsonl``, ``.parquet``: all hits of a question as a table, sent while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from service.access import HEAD
from service.answers import check_length, etag, not_modified, question_of
from service.deps import Engine, EngineDep
from service.parameters import EXPORT, PROBLEMS
from similarity.answers.export import PAGED, export
from similarity.answers.tables import MEDIA_TYPES, chunks, fields_of, writer
from similarity.errors import QueryError
from similarity.option_values import TIME_ZONE

router = APIRouter(tags=["search"])

_Route = Callable[[Request, Any], Coroutine[Any, Any, Response]]


class TableResponse(StreamingResponse):
    """A table that is sent piece by piece."""


def _route(table_format: str) -> _Route:
    async def export_table(request: Request, engine: EngineDep) -> Response:
        """Every hit, one row an article, in the order of the answer; ``X-Total-Rows`` says how many there are."""
        return await _answer(request, engine, table_format)

    return export_table


for _format, _media_type in MEDIA_TYPES.items():
    _schema = {"type": "string"} | ({"format": "binary"} if _format == "parquet" else {})
    router.add_api_route(
        f"/export.{_format}",
        _route(_format),
        name=f"export_{_format}",
        summary=f"All hits of a question as a table ({_format})",
        response_class=TableResponse,
        openapi_extra={"parameters": EXPORT},
        responses={200: {"content": {_media_type: {"schema": _schema}}}, **PROBLEMS},
    )


async def _answer(request: Request, engine: Engine, table_format: str) -> Response:
    question = question_of(request, ("fields",))
    for name in PAGED:
        if name in request.query_params:
            message = f"no option {name!r} here: all hits are exported, one row an article"
            raise QueryError(message, name, f"这里没有选项 {name}：导出全部结果，一篇一行")
    check_length(question)
    fields = fields_of(request.query_params.get("fields"))
    tag = "" if question.recent else etag(engine.index, request, question.values())
    if tag and (known := not_modified(request, tag)):
        return known
    headers = {
        "Content-Disposition": f'attachment; filename="xinwen-{datetime.now(TIME_ZONE):%Y%m%d-%H%M}.{table_format}"',
        "Cache-Control": "private, no-cache",
    } | ({"ETag": tag} if tag else {})
    if HEAD in request.scope:
        head = Response(headers=headers, media_type=MEDIA_TYPES[table_format])
        del head.headers["content-length"]  # of the empty body: that of the table is not known
        return head
    table = writer(table_format, fields)
    found = await engine.call(export, question)
    steps = found.rank()
    while await engine.call_once(lambda _: next(steps, None)) is not None:
        pass  # each within the time that one request has
    headers["X-Total-Rows"] = str(found.total)
    parts = chunks(table, found.rows(fields))
    return TableResponse(_sent(engine, parts), headers=headers, media_type=MEDIA_TYPES[table_format])


async def _sent(engine: Engine, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (part := await engine.call_once(lambda _: next(parts, None))) is not None:
        if part:
            yield part
