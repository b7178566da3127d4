"""The answers of the tools: functions of an open index. What is wrong raises QueryError, which says what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from alerts.digest.contents import digest as digest_of
from alerts.digest.texts import LANGUAGES, markdown
from service.assistant.results import (
    Answered,
    ArticleResult,
    DigestResult,
    FoundArticle,
    Head,
    PeriodCount,
    Quote,
    RelatedResult,
    RelatedTerm,
    SearchResult,
    SourcesResult,
    SourceState,
    StoryResult,
    TrendResult,
)
from service.page.formats import excerpt_of, original_link, safe_link
from service.routes.sources import source_fields
from similarity.answers.answer import answer
from similarity.answers.question import read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import day_of, moment_of
from similarity.ranking.results.collapse import other_sources
from similarity.ranking.results.hits import Hit
from store.article import Article
from store.documents import articles, stories
from store.documents.stories import StoryArticle

MAX_BYTES = 8_000
"""Bytes of an answer unless more is asked for."""

MOST_BYTES = 200_000
"""Bytes of an answer, at most."""

MOST_HITS = 50
MOST_DAYS = 31

_PASSAGE = 600  # characters
_NAME = 100  # characters of an author or a tag
_LISTED = 5  # names of further sources
_Answer = TypeVar("_Answer", bound=Answered)


def search(index: SimilarityIndex, values: Mapping[str, Any], max_bytes: int) -> SearchResult:
    """The answer to the question with *values*, see ``similarity.answers.question``."""
    if not values.get("like", True):
        raise QueryError("article_id is empty: give the id of a hit of search", "article_id")
    if like := values.get("like"):
        key = _id_of(index, like)
        if key not in articles.existing_ids(index.database, [key]):
            raise _not_stored(like)
        values = {**values, "like": key}
    k = values.get("k", 1)
    if not 1 <= k <= MOST_HITS:
        raise QueryError(f"k is {k}: ask for 1 to {MOST_HITS} hits, then for the next ones with the cursor", "k")
    found = answer(index, read(values))
    result = SearchResult(
        total=found.total,
        at_least=found.at_least,
        hits=[_found(hit) for hit in found.hits],
        cursor=found.cursor or None,
        unknown_names=list(found.unknown),
        off=list(found.off),
    )
    hint = "ask again with a larger max_bytes, or a smaller k and the cursor"
    return fitting(result, max_bytes, result.hits, "hits", hint, _without_cursor)


def article(index: SimilarityIndex, article_id: str, page: int | None, offset: int, max_bytes: int) -> ArticleResult:
    """The stored article with its text from *offset* on, or that of one *page* of a report."""
    key = _id_of(index, article_id)
    stored = articles.read(index.database, [key])
    if key not in stored:
        raise _not_stored(article_id)
    found = stored[key].article
    story, others = index.stories_of([key]).get(key, (key, []))
    text, pages = _text_of(found), found.pages if found.body else []
    if page is not None:
        if not 1 <= page <= len(pages):
            raise QueryError(f"there is no page {page}: the stored text has {len(pages)} pages", "page")
        text = pages[page - 1] if found.access == "full" else ""
    if offset < 0 or offset > len(text):
        raise QueryError(f"offset is {offset}: the text has {len(text):,} characters, so 0 to {len(text)}", "offset")
    result = ArticleResult(
        article=_head(found),
        authors=[name[:_NAME] for name in found.authors[:10]],
        tags=[tag[:_NAME] for tag in found.tags[:20]],
        files=[link for file in found.files[:10] if (link := safe_link(file.url))],
        story=story,
        also_in=[_member(other) for other in others[:_LISTED]],
        pages=len(pages),
    )
    left_out = _without_lists(result, max_bytes // 2)
    if text[offset:]:
        link = original_link(found, page)
        room = max(max_bytes - len(result.model_dump_json().encode()) - len(link) - 400, 400)
        shown = _cut(text[offset:], room)
        result.text = Quote(quoted_text=shown, link=link, page=page)
        if offset + len(shown) < len(text):
            result.next_offset = offset + len(shown)
            left_out.append(f"{len(text):,} characters in all: read on with offset={result.next_offset}")
    elif not text:
        left_out.append("the text is not kept: open the link")
    result.shortened = "; ".join(left_out)
    return result


def _id_of(index: SimilarityIndex, article_id: str) -> str:
    """The id of the article that is given by its id or its address; "" for an address at which none is stored."""
    try:
        return index.id_of(article_id)
    except QueryError:
        return ""


def _not_stored(article_id: str) -> QueryError:
    return QueryError(f"no article {article_id!r:.60} is stored: take the id of a hit of search", "article_id")


def _without_lists(result: ArticleResult, most: int) -> list[str]:
    """Leave out what *result* lists until it has at most *most* bytes; what was left out."""
    said = []
    lists: dict[str, list[Any]] = {"files": result.files, "tags": result.tags}
    lists |= {"also_in": result.also_in, "authors": result.authors}
    for name, items in lists.items():
        number = len(items)
        while items and len(result.model_dump_json().encode()) > most:
            items.pop()
        if number > len(items):
            said.append(f"{number - len(items)} {name} are left out: ask again with a larger max_bytes")
    return said


def story(index: SimilarityIndex, story_id: str, max_bytes: int) -> StoryResult:
    """The story *story_id*, or that of the article with this id."""
    of_article = index.stories_of([story_id]).get(story_id)
    found = stories.story(index.database, of_article[0] if of_article else story_id)
    if found is None:
        raise QueryError(f"no story {story_id!r:.60} is stored: take the id of a hit of search", "story_id")
    members = [_member(one) for one in found.members]
    result = StoryResult(id=found.id, articles=len(members), sources=found.sources[:50], members=members)
    return fitting(result, max_bytes, result.members, "articles", "ask again with a larger max_bytes")


def trend(index: SimilarityIndex, topic: str, by: str, options: Mapping[str, Any], max_bytes: int) -> TrendResult:
    """How often articles name *topic*; *options*: source, since, until."""
    question = read({name: value for name, value in options.items() if value})
    found = index.trend(topic, by, next(iter(question.source), None), question.since, question.until)
    periods = [PeriodCount.model_validate(asdict(period)) for period in reversed(found.periods)]
    terms = [list(term.names)[:4] for term in found.terms[:10]]
    result = TrendResult(
        topic=topic[:200], by=by, articles=found.articles, undated=found.undated, terms=terms, periods=periods
    )
    hint = "give since and until, by=month, or a larger max_bytes"
    return fitting(result, max_bytes, result.periods, "earlier periods", hint)


def related_terms(index: SimilarityIndex, term: str, k: int, max_bytes: int) -> RelatedResult:
    """The *k* terms that go most with *term*."""
    if not 1 <= k <= 100:
        raise QueryError(f"k is {k}: ask for 1 to 100 terms", "k")
    names = RelatedTerm.model_fields
    found = [RelatedTerm(**{name: getattr(one, name) for name in names}) for one in index.related_terms(term, k)]
    result = RelatedResult(term=term[:200], related=found)
    return fitting(result, max_bytes, result.related, "terms", "ask again with a larger max_bytes")


def digest(index: SimilarityIndex, day: str, days: int, language: str, max_bytes: int) -> DigestResult:
    """What was new on the *days* up to *day*, by default the last 24 hours."""
    if language not in LANGUAGES:
        raise QueryError(f"language is {language!r:.20}: give zh or en", "language")
    if not 1 <= days <= MOST_DAYS:
        raise QueryError(f"days is {days}: give 1 to {MOST_DAYS}", "days")
    until = moment_of(day_of("day", day)).astimezone(UTC) + timedelta(days=1) if day else datetime.now(UTC)
    try:
        since = until - timedelta(days=days)
    except OverflowError:
        raise QueryError(f"{days} days before {day} the calendar has not begun: give fewer days", "days") from None
    text = markdown(digest_of(index, since, until, language), language)
    result = DigestResult(quoted_text="")
    shown = _cut(text, max_bytes - len(result.model_dump_json().encode()) - 200)
    result.quoted_text = shown
    if len(shown) < len(text):
        result.shortened = f"{len(text) - len(shown):,} characters are left out: give fewer days or a larger max_bytes"
    return result


def sources(index: SimilarityIndex, max_bytes: int) -> SourcesResult:
    """All sources with what is stored of each."""
    found = [SourceState(**{name: row[name] for name in SourceState.model_fields}) for row in source_fields(index)]
    result = SourcesResult(sources=found)
    return fitting(result, max_bytes, result.sources, "sources", "ask again with a larger max_bytes")


def fitting(
    result: _Answer,
    max_bytes: int,
    items: list[Any],
    noun: str,
    hint: str,
    then: Callable[[_Answer], None] = lambda _: None,
) -> _Answer:
    """*result* with as many of its *items* as fit into *max_bytes*; *then* is called where some do not."""
    left_out = 0
    while items and len(result.model_dump_json().encode()) > max_bytes:
        items.pop()
        left_out += 1
        result.shortened = f"{left_out} {noun} are left out: {hint}"
        then(result)
    return result


def check_bytes(max_bytes: int) -> int:
    """*max_bytes* if an answer may be so long. Raises QueryError."""
    if not 2_000 <= max_bytes <= MOST_BYTES:
        raise QueryError(f"max_bytes is {max_bytes}: give 2000 to {MOST_BYTES}", "max_bytes")
    return max_bytes


def _without_cursor(result: SearchResult) -> None:
    result.cursor = None  # it would pass over the hits that are left out


def _found(hit: Hit) -> FoundArticle:
    text = " ".join(excerpt_of(hit).split())
    link = original_link(hit.article, hit.page)
    return FoundArticle(
        **_head(hit.article, hit.page).model_dump(),
        score=round(hit.score, 4),
        page=hit.page,
        passage=Quote(quoted_text=_cut(text, 3 * _PASSAGE)[:_PASSAGE], link=link, page=hit.page) if text else None,
        also_in=other_sources(hit)[:_LISTED],
    )


def _head(found: Article, page: int | None = None) -> Head:
    return Head(
        id=found.id,
        title=" ".join(found.title.split())[:300],
        source=found.source,
        published=found.published,
        language=found.language,
        link=original_link(found, page),
        kind=found.kind,
        access=found.access,
    )


def _member(one: StoryArticle) -> Head:
    return Head(
        id=one.id,
        title=" ".join(one.title.split())[:300],
        source=one.source,
        published=one.published,
        language=one.language,
        link=safe_link(one.url),
    )


def _text_of(found: Article) -> str:
    if found.access == "full":
        return found.body or found.summary
    return found.summary if found.access == "abstract" else ""


def _cut(text: str, room: int) -> str:
    """As much of the beginning of *text* as takes at most *room* bytes in JSON."""
    shown = text[:room]
    while len(Quote(quoted_text=shown, link="").model_dump_json().encode()) > room:
        shown = shown[: len(shown) * 7 // 8]
    return shown
