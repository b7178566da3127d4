"""``/feeds``: the newest hits of a question, or articles of a source, as Atom feeds (RFC 4287); and OPML of all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.answers import MAX_HITS_A_PAGE, check_length, etag, not_modified, question_of_nothing, values_of
from service.deps import Engine, EngineDep
from service.page.formats import LABELS, excerpt_of, original_link
from service.page.rendering import language_of, search_for
from service.problems import NotFound
from similarity.answers.answer import answer
from similarity.answers.question import Question, read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import PUBLISHED
from similarity.ranking.results.hits import Hit
from store.documents.articles import newest_write, write_times
from store.documents.sources import SourceRow, source_rows

MEDIA_TYPE = "application/atom+xml"
OPML_TYPE = "text/x-opml"
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
    return await _respond(request, engine, question)


@router.get("/source/{key}.atom")
async def source_feed(request: Request, engine: EngineDep, key: str) -> Response:
    """The newest articles of a source, each by itself."""
    question_of_nothing(request, "lang")
    rows = await engine.call(lambda index: source_rows(index.database))
    if key not in rows:
        raise NotFound("There is no source with this key.", "没有此键的来源。")
    return await _respond(request, engine, Question(source=(key,), fold=False, k=ENTRIES, sort=PUBLISHED), rows[key])


@router.get("/opml.xml")
async def opml(request: Request, engine: EngineDep) -> Response:
    """The feeds of all articles and of every source, for a feed reader to take at once."""
    question_of_nothing(request, "lang")
    lang = language_of(request)
    rows = await engine.call(lambda index: source_rows(index.database))
    content = opml_of(rows.values(), str(request.base_url), lang)
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:16]}"'
    if known := not_modified(request, tag):
        return known
    headers = {
        "Cache-Control": "private, no-cache",
        "Content-Language": lang,
        "ETag": tag,
        "Content-Disposition": 'attachment; filename="xinwen.opml"',
    }
    return Response(content, headers=headers, media_type=OPML_TYPE)


async def _respond(request: Request, engine: Engine, question: Question, source: SourceRow | None = None) -> Response:
    lang = language_of(request)
    tag = "" if question.recent else etag(engine.index, request, question.values() | {"lang": lang})
    if tag and (known := not_modified(request, tag)):
        return known
    headers = {"Cache-Control": "private, no-cache", "Content-Language": lang} | ({"ETag": tag} if tag else {})
    content = await engine.call(feed_of, question, str(request.base_url), str(request.url), lang, source)
    return Response(content, headers=headers, media_type=MEDIA_TYPE)


def opml_of(sources: Iterable[SourceRow], base: str, lang: str) -> bytes:
    """OPML 2.0 of the feed of all articles and of those of *sources*, by category."""
    opml = Element("opml", {"version": "2.0"})
    _add(_add(opml, "head"), "title", _name(lang))
    body = _add(opml, "body")

    def outline(parent: Element, name: str, feed: str, page: str) -> None:
        link = {"type": "rss", "xmlUrl": base + feed, "htmlUrl": base + page}
        _add(parent, "outline", text=f"{_name(lang)}: {name}", title=f"{_name(lang)}: {name}", **link)

    outline(body, "newest" if lang == "en" else "最新", "feeds/search.atom", "")
    groups: dict[str, Element] = {}
    for source in sources:
        if source.category not in groups:
            label = LABELS["category"].get(source.category, (source.category,) * 2)[lang == "en"]
            groups[source.category] = _add(body, "outline", text=label, title=label)
        key = quote(source.key, safe="")
        outline(groups[source.category], _name_of(source, lang), f"feeds/source/{key}.atom", f"sources/{key}")
    content: bytes = tostring(opml, "utf-8", xml_declaration=True)
    return content


def feed_of(
    index: SimilarityIndex, question: Question, base: str, address: str, lang: str, source: SourceRow | None = None
) -> bytes:
    """The feed of *question* at *address*; *source*: it is the feed of this source. Raises QueryError."""
    # A search refuses a source of which nothing is stored.
    hits = answer(index, question).hits if source is None or source.key in index.sources else []
    asked = {name: value for name, value in question.values().items() if name not in ("k", "sort")}
    name = f"source {source.key}" if source else f"search {sorted(question.values().items())}"
    title = _name_of(source, lang) if source else _title(question, lang)
    page = f"/sources/{source.key}" if source else search_for(**asked)
    oldest = newest_write(index.database) or datetime(1970, 1, 1, tzinfo=UTC)
    return atom_of(index, hits, name, title, page, oldest, base, address, lang)


def atom_of(
    index: SimilarityIndex,
    hits: Sequence[Hit],
    name: str,
    title: str,
    page: str,
    changed: datetime,
    base: str,
    address: str,
    lang: str,
) -> bytes:
    """*hits* as an Atom feed at *address*. *name* is what its id is made of, *page* the path of the same for people.

    *changed*: when it has changed where there are no hits.
    """
    times = write_times(index.database, [hit.article.id for hit in hits])
    sources = source_rows(index.database)
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en" if lang == "en" else "zh-CN"})
    _add(feed, "id", _urn(name))
    _add(feed, "title", f"{_name(lang)}: {title}")
    _add(feed, "updated", _time(max(times.values(), default=changed)))
    _add(_add(feed, "author"), "name", _name(lang))
    _add(feed, "link", rel="self", type=MEDIA_TYPE, href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=base.rstrip("/") + quote(page, safe="/?&=%+"))
    for hit in hits:
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
    name = _name_of(source, lang) if source else article.source
    for author in article.authors[:10] or [name]:
        _add(_add(entry, "author"), "name", author)
    _add(entry, "category", term=article.source, label=name)
    _add(entry, "category", term=article.kind, label=LABELS["kind"][article.kind][lang == "en"])
    if excerpt := " ".join(excerpt_of(hit).split()):
        _add(entry, "summary", excerpt[:_EXCERPT] + ("…" if len(excerpt) > _EXCERPT else ""))


def _name(lang: str) -> str:
    return "Xinwen" if lang == "en" else "芯闻"


def _name_of(source: SourceRow, lang: str) -> str:
    return source.name if lang == "en" or not source.name_zh else source.name_zh


def _title(question: Question, lang: str) -> str:
    text = " ".join((question.q or question.passage).split())[:80]
    filters = [str(value) for name in ("source", "category", "kind", "language", "company", "must")
               for value in getattr(question, name)]  # fmt: skip
    shown = " · ".join(filter(None, [text, question.like and ("similar" if lang == "en" else "相似"), *filters]))
    return shown or ("newest" if lang == "en" else "最新")


def _add(parent: Element, name: str, content: str = "", /, **attributes: str) -> Element:
    """A child of *parent* with the text *content*; what XML cannot hold, such as control characters, is left out."""
    child = SubElement(parent, name, {key: _NOT_XML.sub("", value) for key, value in attributes.items()})
    child.text = _NOT_XML.sub("", content) or None
    return child


def _urn(name: str) -> str:
    return uuid5(_NAMESPACE, name.encode("utf-8", "replace").decode()).urn


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
