"""``/search``: the hits of a question with their reasons, and the filters with their counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from alerts.watches import OPTIONS
from service.answers import MAX_HITS_A_PAGE, MAX_QUESTION, values_of
from service.deps import Engine, EngineDep
from service.page.formats import evidence, excerpt_of, marked, words_of
from service.page.rendering import PageRoute, data_links, page
from service.routes.search import MAX_TEXT
from similarity.answers.answer import Answer, answer
from similarity.answers.counts import SPANS, FilterCounts, counts
from similarity.answers.question import SEVERAL, Question, read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.ranking.results.collapse import other_sources
from similarity.ranking.results.hits import Hit
from store.documents.articles import read as read_articles
from store.documents.sources import SourceRow, source_rows

FILTERS = ("source", "category", "kind", "language", "company", "since", "until", "must", "not", "min_score")
_MAX_FIELDS = 200
_WORDS = 40  # that are shown of a question without hits

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class ShownHit:
    """A hit as the page shows it: pieces of title and passage with whether each is marked, and the reasons."""

    hit: Hit
    title: list[tuple[str, bool]]
    passage: list[tuple[str, bool]]
    why: list[str]
    other_sources: list[str]


@dataclass(frozen=True)
class Found:
    """Everything that ``/search`` shows of an answer."""

    answer: Answer
    hits: list[ShownHit]
    counts: FilterCounts
    sources: Mapping[str, SourceRow]
    liked: str
    costly: tuple[str, int] | None
    related: list[str]
    understood: list[str]


@router.get("/search")
async def search(request: Request, engine: EngineDep) -> Response:
    """The answer to the question in the address."""
    values = values_of(request)
    values.pop("lang", None)
    return await _results(request, engine, values)


@router.post("/search")
async def search_form(request: Request, engine: EngineDep) -> Response:
    """Lead to the address of the question in the form; a text too long for an address is answered at once."""
    body = await request.body()
    if len(body) > 3 * MAX_TEXT + 10_000:  # a percent escape is three bytes
        raise HTTPException(413)
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise HTTPException(413) from None
    values: dict[str, Any] = {}
    for name, value in fields:
        if value := value.replace("\r\n", "\n").strip():
            values[name] = [*values.get(name, []), value] if name in SEVERAL else value
    text = str(values.get("q", values.get("passage", "")))
    if len(text.encode("utf-8", "replace")) > MAX_TEXT:
        raise HTTPException(413)
    if len(text) <= MAX_QUESTION:
        return RedirectResponse(f"/search?{urlencode(values, doseq=True)}" if values else "/search", 303)
    return await _results(request, engine, values)


async def _results(request: Request, engine: Engine, values: Mapping[str, Any]) -> Response:
    days = values.get("within")
    question = read({name: value for name, value in values.items() if name != "within"})
    if question.k > MAX_HITS_A_PAGE:
        message = f"k is {question.k}; a page has up to {MAX_HITS_A_PAGE}"
        raise QueryError(message, "k", f"k 为 {question.k}；一页至多 {MAX_HITS_A_PAGE} 条")
    now = datetime.now(UTC)
    if days is not None:
        if not isinstance(days, str) or days not in SPANS:
            shown, every = repr(str(days)[:20]), ", ".join(SPANS)
            message = f"no span {shown}; there are {every} days"
            raise QueryError(message, "within", f"没有时段 {shown}；有 {every} 天")
        # A further page is one of the question of the first, which an hour later has another beginning.
        if not (question.cursor and question.since):
            hour = now.replace(minute=0, second=0, microsecond=0)
            question = replace(question, since=hour - timedelta(days=SPANS[days]))
    found = await engine.call(find, question, now)
    began = {"since": question.since.isoformat()} if days and question.since else {}
    text = question.passage or question.q
    context = {
        "found": found,
        "question": question,
        "text": text,
        "box": question.q,
        "is_long": len(text) > MAX_QUESTION,
        "within": days,
        "now": now,
        "filters": [name for name in FILTERS if values.get(name)] + (["within"] if days else []),
        "began": began,
        "hidden": [
            (name, one)
            for name, value in {**values, **began}.items()
            if name not in ("q", "passage", "like", "cursor", "lang")
            for one in (value if isinstance(value, list) else [value])
        ],
        "watch_link": watch_address(replace(question, since=None) if days else question),
        "data": {} if len(text) > MAX_QUESTION else _data(question),
        "spans": {
            "1": ("24 小时", "24 hours"), "7": ("7 天", "7 days"), "30": ("30 天", "30 days"),
            "90": ("一季", "quarter"), "365": ("一年", "year"),
        },
    }  # fmt: skip
    return page(request, "search.html", context)


def _data(question: Question) -> dict[str, str]:
    asked = replace(question, cursor="")
    json = "/api/v1/search" + (f"?{urlencode(values, doseq=True)}" if (values := asked.values()) else "")
    return data_links(json, replace(asked, k=10, fold=True, explain=False).values())


def watch_address(question: Question) -> str:
    """The address at which *question* is saved as a watch."""
    values = {name: value for name, value in question.values().items() if name in OPTIONS}
    return f"/new-watch?{urlencode(values, doseq=True)}"


def find(index: SimilarityIndex, question: Question, now: datetime) -> Found:
    """The answer to *question* with its counts; what to try instead where nothing is found. Raises QueryError."""
    has_text = bool(question.q or question.passage or question.like)
    found = answer(index, replace(question, explain=has_text))
    sources = source_rows(index.database)
    hits = [_shown(hit, question.passage or question.q) for hit in found.hits]
    liked = ""
    if question.like:
        stored = read_articles(index.database, [question.like])
        liked = stored[question.like].article.title if question.like in stored else ""
    costly, related, understood = None, list[str](), list[str]()
    if not hits and found.articles:
        costly = _most_costly(index, question)
        if question.q:
            understood, related = index.words_in(question.q)[:_WORDS], _related(index, question.q)
    return Found(found, hits, counts(index, question, now), sources, liked, costly, related, understood)


def _shown(hit: Hit, text: str) -> ShownHit:
    words = words_of(hit, text)
    title, passage = marked(hit.article.title, words, 1000), marked(excerpt_of(hit), words)
    return ShownHit(hit, title, passage, evidence(hit), other_sources(hit))


def _most_costly(index: SimilarityIndex, question: Question) -> tuple[str, int] | None:
    """The filter without which most articles would be found, and how many; None where no filter is to blame."""
    most = None
    for name in FILTERS:
        field = "not_" if name == "not" else name
        default = getattr(Question(), field)
        if getattr(question, field) != default:
            without = replace(question, k=1, fold=False, cursor="", **{field: default})
            total = answer(index, without).total
            if total and (most is None or total > most[1]):
                most = name, total
    return most


def _related(index: SimilarityIndex, text: str) -> list[str]:
    try:
        return [term.word for term in index.related_terms(text, 8)]
    except QueryError:  # too few articles, or no word that any article has
        return []
