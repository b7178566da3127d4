"""``/export.csv``: all hits of a question as a table for Excel, sent while it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from service.answers import check_length, etag, not_modified, question_of
from service.deps import Engine, EngineDep
from service.parameters import EXPORT, PROBLEMS
from similarity.answers.export import Export, export
from similarity.errors import QueryError
from similarity.index import TIME_ZONE
from similarity.ranking.results.hits import Hit
from store.documents.sources import SourceRow, source_rows

COLUMNS = (
    "id", "story", "score", "title", "source", "source_name", "category", "kind", "language", "access",
    "published_utc", "published_shanghai", "page", "url", "authors", "tags", "summary", "passage",
)  # fmt: skip

_BOM = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PAGED = ("k", "cursor", "fold", "explain")  # options of an answer in pages

router = APIRouter(tags=["search"])


class CsvResponse(StreamingResponse):
    """A table that is sent piece by piece."""

    media_type = "text/csv"


@router.get(
    "/export.csv",
    summary="All hits of a question as CSV",
    response_class=CsvResponse,
    openapi_extra={"parameters": EXPORT},
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **PROBLEMS},
)
async def export_csv(request: Request, engine: EngineDep) -> Response:
    """Every hit, one line an article, in the order of the answer; with a BOM, dates in UTC and in Shanghai time."""
    question = question_of(request)
    for name in _PAGED:
        if name in request.query_params:
            message = f"no option {name!r} here: all hits are exported, one line an article"
            raise QueryError(message, name, f"这里没有选项 {name}：导出全部结果，一篇一行")
    check_length(question)
    tag = "" if question.recent else etag(engine.index, request, question.values())
    if tag and (known := not_modified(request, tag)):
        return known
    found = await engine.call(export, question)
    sources = await engine.call(lambda index: source_rows(index.database))
    headers = {
        "Content-Disposition": f'attachment; filename="xinwen-{datetime.now(TIME_ZONE):%Y%m%d-%H%M}.csv"',
        "Cache-Control": "private, no-cache",
    }
    return CsvResponse(_lines(engine, found, sources), headers=headers | ({"ETag": tag} if tag else {}))


async def _lines(engine: Engine, found: Export, sources: Mapping[str, SourceRow]) -> AsyncIterator[str]:
    yield _BOM + line(COLUMNS)
    for number in range(found.batches):
        rows = await engine.call(lambda _, at: found.read(at), number)
        yield "".join(line(row_of(hit, story, sources)) for hit, story in rows)


def row_of(hit: Hit, story: str, sources: Mapping[str, SourceRow]) -> list[str]:
    """The cells of *hit*, in the order of ``COLUMNS``."""
    article, row = hit.article, sources.get(hit.article.source)
    published = article.published
    return [
        article.id,
        story,
        f"{hit.score:.6f}",
        article.title,
        article.source,
        (row.name_zh or row.name) if row else "",
        row.category if row else "",
        article.kind,
        article.language,
        article.access,
        published.astimezone(UTC).isoformat().replace("+00:00", "Z") if published else "",
        published.astimezone(TIME_ZONE).isoformat() if published else "",
        str(hit.page or ""),
        article.url,
        "; ".join(article.authors),
        "; ".join(article.tags),
        "" if article.access == "headline" else article.summary,
        hit.passage,
    ]


def line(cells: Iterable[str]) -> str:
    """*cells* as a line of CSV; none is a formula to a program that opens it, and none has a NUL."""
    text = io.StringIO()
    whole = [cell.replace("\0", "") for cell in cells]
    safe = [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in whole]
    csv.writer(text, lineterminator="\r\n").writerow(safe)
    return text.getvalue().encode("utf-8", "replace").decode()
