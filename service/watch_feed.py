"""``/feeds/watch/KEY.atom``: of what a watch has notified, as an Atom feed whose address is its secret."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request
from starlette.responses import Response

from alerts import log_book
from alerts.feed_keys import watch_of_feed
from alerts.watches import Watch
from service.answers import not_modified, question_of_nothing
from service.deps import EngineDep
from service.feeds import ENTRIES, MEDIA_TYPE, atom_of
from service.page.rendering import language_of
from service.problems import NotFound
from similarity.index import SimilarityIndex
from similarity.ranking.results.hits import Hit
from store.documents import articles

router = APIRouter(prefix="/feeds")


@router.get("/watch/{key}.atom")
async def watch_feed(request: Request, engine: EngineDep, key: str) -> Response:
    """The newest articles of which a watch has notified, those that are still stored."""
    question_of_nothing(request, "lang")
    watch = await engine.call(lambda index: watch_of_feed(index.database, key))
    if watch is None:
        raise NotFound("There is no such feed, or its address was revoked.", "没有此订阅源，或其地址已撤销。")
    lang = language_of(request)
    content = await engine.call(_content, watch, str(request.base_url), str(request.url), lang)
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:16]}"'
    if known := not_modified(request, tag):
        return known
    headers = {"Cache-Control": "private, no-cache", "Content-Language": lang, "ETag": tag}
    return Response(content, headers=headers, media_type=MEDIA_TYPE)


def _content(index: SimilarityIndex, watch: Watch, base: str, address: str, lang: str) -> bytes:
    entries = log_book.entries(index.database, watch, ENTRIES, ["article"])
    stored = articles.read(index.database, [entry.article for entry in entries])
    scores: dict[str, float] = {}
    for entry in entries:  # the newest first; one that came again after a change is one entry
        scores.setdefault(entry.article, entry.score)
    hits = [Hit(stored[key].article, score) for key, score in scores.items() if key in stored]
    changed = max((entry.found for entry in entries), default=watch.made)
    return atom_of(index, hits, f"watch {watch.id}", watch.name, f"/watches/{watch.name}", changed, base, address, lang)
