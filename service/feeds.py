"""``/feeds/search.atom``: the newest hits of a question as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.answers import MAX_HITS_A_PAGE, check_length, etag, not_modified, values_of
from service.deps import EngineDep
from service.page.formats import LABELS, excerpt_of, original_link
from service.page.rendering import language_of, search_for
from similarity.answers.answer import answer
from similarity.answers.question import Question, read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import PUBLISHED
from similarity.ranking.results.hits import Hit
from store.documents.articles import newest_write, write_times
from store.documents.sources import SourceRow, source_rows

MEDIA_TYPE = "application/atom+xml"
ENTRIES = 50

_NAMESPACE = UUID("5d0f2b0e-6a43-5f0c-9f6e-2f8f1c1f7c11")  # fixed for ever: readers know entries by their ids
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EXCERPT = 500  # characters

router = APIRouter(prefix="/feeds")


@router.get("/search.atom")
async def search_feed(request: Request, engine: EngineDep) -> Response:
    """The hits of a question, the newest first unless ``sort`` or ``recent`` says otherwise."""
    values = values_of(request)
    values.pop("lang", None)
    for name in ("cursor", "explain"):
        if name in values:
            raise QueryError(f"no option {name!r} of a feed", name, f"订阅没有选项 {name}")
    if not {"sort", "recent"} & values.keys():
        values["sort"] = PUBLISHED
    question = read({"k": str(ENTRIES)} | values)
    if question.k > MAX_HITS_A_PAGE:
        message = f"k is {question.k}; a feed has up to {MAX_HITS_A_PAGE} entries"
        raise QueryError(message, "k", f"k 为 {question.k}；一个订阅至多 {MAX_HITS_A_PAGE} 条")
    check_length(question)
    lang = language_of(request)
    tag = "" if question.recent else etag(engine.index, request, question.values() | {"lang": lang})
    if tag and (known := not_modified(request, tag)):
        return known
    headers = {"Cache-Control": "private, no-cache", "Content-Language": lang} | ({"ETag": tag} if tag else {})
    content = await engine.call(feed_of, question, str(request.base_url), str(request.url), lang)
    return Response(content, headers=headers, media_type=MEDIA_TYPE)


def feed_of(index: SimilarityIndex, question: Question, base: str, address: str, lang: str) -> bytes:
    """The feed of *question* at *address*. Raises QueryError."""
    found = answer(index, question)
    times = write_times(index.database, [hit.article.id for hit in found.hits])
    sources = source_rows(index.database)
    written = max(times.values(), default=None) or newest_write(index.database) or datetime(1970, 1, 1, tzinfo=UTC)
    asked = {name: value for name, value in question.values().items() if name not in ("k", "sort")}
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en" if lang == "en" else "zh-CN"})
    _add(feed, "id", _urn(f"search {sorted(question.values().items())}"))
    _add(feed, "title", _title(index, question, lang))
    _add(feed, "updated", _time(written))
    _add(_add(feed, "author"), "name", "Xinwen" if lang == "en" else "芯闻")
    _add(feed, "link", rel="self", type=MEDIA_TYPE, href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=base.rstrip("/") + search_for(**asked))
    for hit in found.hits:
        if hit.article.id in times:  # else it was deleted a moment ago
            _add_entry(feed, hit, times[hit.article.id], sources.get(hit.article.source), base, lang)
    content: bytes = tostring(feed, "utf-8", xml_declaration=True)
    return content


def _add_entry(feed: Element, hit: Hit, written: datetime, source: SourceRow | None, base: str, lang: str) -> None:
    article = hit.article
    entry = SubElement(feed, "entry", {"xml:lang": article.language} if article.language else {})
    _add(entry, "id", _urn(f"article {article.id}"))
    _add(entry, "title", " ".join(article.title.split()))
    _add(entry, "updated", _time(written))
    if article.published:
        _add(entry, "published", _time(article.published))
    own = f"{base}a/{article.id}"
    _add(entry, "link", rel="alternate", href=original_link(article, hit.page) or own)
    _add(entry, "link", rel="related", type="text/html", href=own)
    name = (source.name if lang == "en" or not source.name_zh else source.name_zh) if source else article.source
    for author in article.authors[:10] or [name]:
        _add(_add(entry, "author"), "name", author)
    _add(entry, "category", term=article.source, label=name)
    _add(entry, "category", term=article.kind, label=LABELS["kind"][article.kind][lang == "en"])
    if excerpt := " ".join(excerpt_of(hit).split()):
        _add(entry, "summary", excerpt[:_EXCERPT] + ("…" if len(excerpt) > _EXCERPT else ""))


def _title(index: SimilarityIndex, question: Question, lang: str) -> str:
    text = " ".join((question.q or question.passage).split())[:80]
    filters = [str(value) for name in ("source", "category", "kind", "language", "company", "must")
               for value in getattr(question, name)]  # fmt: skip
    shown = " · ".join(filter(None, [text, question.like and ("similar" if lang == "en" else "相似"), *filters]))
    return f"{'Xinwen' if lang == 'en' else '芯闻'}: {shown or ('newest' if lang == 'en' else '最新')}"


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """A child of *parent*; what XML cannot hold, such as control characters, is left out."""
    child = SubElement(parent, name, {key: _NOT_XML.sub("", value) for key, value in attributes.items()})
    child.text = _NOT_XML.sub("", text) or None
    return child


def _urn(name: str) -> str:
    return uuid5(_NAMESPACE, name.encode("utf-8", "replace").decode()).urn


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
