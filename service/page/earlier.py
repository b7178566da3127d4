"""``/a/ID/earlier``: a page of a report beside what an earlier report had on it, with the changed words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.deps import EngineDep
from service.page.rendering import PageRoute, data_links, page
from service.problems import NotFound
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.documents.articles import existing_ids
from store.documents.sources import source_rows

_MOST_REPORTS = 40
_MOST_TOKENS = 4_000
"""Words and signs of a page that are compared, the first ones; comparing takes time with the square of their number."""

_TOKEN = re.compile(r"\s+|[^\W\d_\u2e80-\uffff]+(?:['’-][^\W\d_\u2e80-\uffff]+)*|\d+(?:[.,]\d+)*%?|.", re.DOTALL)

Piece = tuple[str, bool]
"""A part of a text, and whether the other text has something else there."""

router = APIRouter(route_class=PageRoute)


@router.get("/a/{article_id}/earlier")
async def earlier(request: Request, engine: EngineDep, article_id: str) -> Response:
    """A page of a report, and beside it the page of an earlier one: the newest, or the one that ``with`` names."""
    wanted = request.query_params.get("page", "1")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 7):
        shown = repr(wanted[:40])
        raise QueryError(f"page {shown} is no whole number", "page", f"page {shown} 不是整数")
    context = await engine.call(_compared, article_id, int(wanted), request.query_params.get("with", ""))
    data = data_links(f"/api/v1/articles/{context['found'].article.id}/earlier?page={context['found'].page}")
    return page(request, "earlier.html", context | {"data": data})


def _compared(index: SimilarityIndex, article_id: str, number: int, other: str) -> dict[str, Any]:
    if not existing_ids(index.database, [article_id]):
        raise NotFound("No article with this id is stored.", "没有存有此编号的文章。")
    found = index.earlier(article_id, page=number, k=_MOST_REPORTS)
    chosen = next((report for report in found.reports if report.article.id == other), None)
    chosen = chosen or next(iter(found.reports), None)
    then, now = changes(chosen.text if chosen else "", found.text)
    return {"found": found, "chosen": chosen, "then": then, "now": now, "sources": source_rows(index.database)}


def changes(then: str, now: str) -> tuple[list[list[Piece]], list[list[Piece]]]:
    """Both texts by paragraphs, in pieces: what is only in one of them is marked.

    Nothing is marked beside nothing, nor what is not compared (``_MOST_TOKENS``).
    """
    old, new = _TOKEN.findall(then), _TOKEN.findall(now)
    old, old_rest = old[:_MOST_TOKENS], "".join(old[_MOST_TOKENS:])
    new, new_rest = new[:_MOST_TOKENS], "".join(new[_MOST_TOKENS:])
    if not then.strip() or not now.strip():
        return _paragraphs([(then, False)]), _paragraphs([(now, False)])
    left, right = list[Piece](), list[Piece]()
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, _keys(old), _keys(new), autojunk=False).get_opcodes():
        left.append(("".join(old[i1:i2]), kind != "equal"))
        right.append(("".join(new[j1:j2]), kind != "equal"))
    return _paragraphs([*left, (old_rest, False)]), _paragraphs([*right, (new_rest, False)])


def _keys(tokens: Sequence[str]) -> list[str]:
    """What is compared: any white space is the same."""
    return [" " if token.isspace() else token for token in tokens]


def _paragraphs(pieces: Sequence[Piece]) -> list[list[Piece]]:
    paragraphs: list[list[Piece]] = [[]]
    for text, is_changed in pieces:
        for place, part in enumerate(text.split("\n")):
            if place:
                paragraphs.append([])
            if part:
                paragraphs[-1].append((part, is_changed and bool(part.strip())))
    return [paragraph for paragraph in paragraphs if any(text.strip() for text, _ in paragraph)]
