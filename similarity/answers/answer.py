"""The answer to a question: the one function behind command line, HTTP and page.

It ranks, folds the hits into stories, counts them, and reads the articles of one page alone. ``total`` is exact where
no threshold is given: every article with a score above 0 is counted while it is scored. With a threshold the engine
ranks 100 articles, then 1,000, then 10,000, as long as all that it has ranked are above it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pymongo.database import Database

from similarity.answers.cursor import Place, digest, place_of
from similarity.answers.question import Question
from similarity.background import in_background
from similarity.errors import QueryError, Reason
from similarity.index import SimilarityIndex
from similarity.option_values import HYBRID, MAX_HITS, SCORE
from similarity.ranking.hybrid.two_stage import RERANKED
from similarity.ranking.request.options import SearchOptions
from similarity.ranking.results.collapse import collapsed
from similarity.ranking.results.hits import Hit
from similarity.ranking.searcher import Ranking
from store import logs
from store.connection import Document
from store.documents import rankings
from store.documents.rankings import StoredRanking
from store.documents.sources import source_rows
from store.documents.stories import StoryArticle, story_ids

log = logging.getLogger(__name__)

_FOLDED_AT_ONCE = 1_000
"""So many articles are ranked at most to find as many stories as one page wants."""

_DEEP = 1_000, MAX_HITS
"""How many articles are ranked for the pages after the first, and for those after them."""


@dataclass(frozen=True)
class Answer:
    """What was found for ``question``: ``hits``, one page of them, and how many there are.

    ``total`` articles are hits, or ``at_least`` so many; ``stories`` is in how many stories they are, None where not
    all were looked at. ``cursor`` asks for the next page, "" after the last one. ``off``: what of the default model
    does not take part. ``unknown``: names that no article has. ``same_story``: of an article's similar ones, those of
    its own story, which are no hits. ``articles`` and ``newest`` (a revision) are those of the index.
    """

    question: Question
    hits: list[Hit]
    total: int
    at_least: bool
    stories: int | None
    cursor: str
    off: tuple[Reason, ...]
    unknown: tuple[str, ...]
    same_story: list[StoryArticle] | None
    articles: int
    newest: int
    took_ms: float


@dataclass(frozen=True)
class _Page:
    """Hits, the cursor of the next page, and the counts of ``Answer``."""

    hits: list[Hit]
    total: int
    at_least: bool
    stories: int | None
    cursor: str = ""
    unknown: tuple[str, ...] = ()


def answer(index: SimilarityIndex, question: Question) -> Answer:
    """The answer to *question*. Raises QueryError with the name of the option that is wrong."""
    start = time.perf_counter()
    newest, articles = index.newest, len(index)
    place = place_of(question) if question.cursor else None
    options = search_options(index, question)
    own = (question.like, list[StoryArticle]())
    if question.like and question.fold:
        own = index.stories_of([question.like]).get(question.like, own)
        options = replace(options, without_ids=frozenset(article.id for article in own[1]))
    page = _first_page(index, question, options) if place is None else _next_page(index, question, options, place)
    took_ms = round(1000 * (time.perf_counter() - start), 3)
    fields = {"model": question.model, "total": page.total, "ms": took_ms}
    log.info("query answered: %d hits in %.1f ms", page.total, took_ms, extra={logs.FIELDS: fields})
    is_scored = question.model == HYBRID and bool(question.q or question.passage or question.like)
    return Answer(
        question,
        page.hits,
        min(page.total, MAX_HITS),
        page.at_least or page.total > MAX_HITS,
        page.stories,
        page.cursor,
        index.off if is_scored else (),
        page.unknown,
        own[1] if question.like and question.fold else None,
        articles,
        newest,
        took_ms,
    )


def search_options(index: SimilarityIndex, question: Question) -> SearchOptions:
    """The options of the search that answers *question*. Raises QueryError."""
    threshold = question.min_score or 0.0
    if question.target_precision is not None:
        threshold = index.score_reaching(question.target_precision, question.model)
    sources, ids = question.source, None
    if question.category:
        of_categories = sources_asked(index.database, question)
        sources = tuple(sorted(of_categories if sources else of_categories & index.sources))
        ids = None if sources else frozenset[str]()  # no source of the category has an article
    return SearchOptions(
        question.k,
        question.model,
        sources,
        question.kind,
        question.language,
        question.company,
        question.since,
        question.until,
        question.must,
        question.not_,
        question.across,
        threshold,
        question.sort,
        question.recent,
        question.explain,
        operators=not question.passage,
        ids=ids,
    )


def sources_asked(database: Database[Document], question: Question) -> frozenset[str]:
    """The sources that *question* names, or that are of its categories, or both. Raises QueryError."""
    if not question.category:
        return frozenset(question.source)
    rows = source_rows(database).values()
    known = dict.fromkeys(row.category for row in rows)
    for category in question.category:
        if category not in known:
            shown = ", ".join(known)
            message = f"no category {category!r}; there are {shown}"
            raise QueryError(message, "category", f"没有类别 {category!r}；有 {shown}")
    of_categories = frozenset(row.key for row in rows if row.category in question.category)
    if question.source and not of_categories & {*question.source}:
        named, asked = ", ".join(question.source), ", ".join(question.category)
        message = f"no source of {named} is of category {asked}: nothing is both"
        raise QueryError(message, "category", f"来源 {named} 都不属于类别 {asked}")
    return of_categories & {*question.source} if question.source else of_categories


def _rank(index: SimilarityIndex, question: Question, options: SearchOptions, k: int) -> Ranking:
    return index.ranking(replace(options, k=min(k, MAX_HITS)), question.passage or question.q, question.like)


def _first_page(index: SimilarityIndex, question: Question, options: SearchOptions) -> _Page:
    wanted = question.k + 1  # the one after the last tells that there is another page
    if not question.fold:
        ranking = _rank(index, question, options, max(wanted, RERANKED))
        ids, stories = [article_id for article_id, _ in ranking.scored[:wanted]], None
        hits = ranking.hits(ids[: question.k])
    else:
        rank = partial(_rank, index, question, options)
        ranking, of_stories = _ranked_stories(rank, partial(story_ids, index.database), wanted)
        stories = len(of_stories) if len(ranking.scored) == ranking.total and not ranking.at_least else None
        ids = of_stories[:wanted]
        stories_of = in_background(lambda: index.stories_of(ids[: question.k]))  # while the articles are read
        hits = collapsed(ranking.hits(ids[: question.k]), stories_of())
    page = _Page(hits, ranking.total, ranking.at_least, stories, unknown=ranking.unknown)
    if len(ids) <= question.k:
        return page
    place = Place(page.total, page.at_least, stories, shown=ids[: question.k])
    if not place.is_short:
        place = _frozen(index, question, options, place, place.shown, _DEEP[0])
    return replace(page, cursor=place.cursor(question))


def _ranked_stories(
    rank: Callable[[int], Ranking], stories_of: Callable[[list[str]], Mapping[str, str]], wanted: int
) -> tuple[Ranking, list[str]]:
    """A ranking that is deep enough for *wanted* stories, and the first article of each of its stories.

    The first ten articles may all be copies of one another: as long as there are too few stories, four times as many
    articles are ranked, up to a thousand.
    """
    limit = max(wanted, _FOLDED_AT_ONCE)
    depth = min(max(2 * wanted, RERANKED), limit)
    while True:
        ranking = rank(depth)
        ids = [article_id for article_id, _ in ranking.scored]
        firsts = _firsts(ids, stories_of(ids))
        if len(firsts) >= wanted or len(ids) < depth or depth == limit:
            return ranking, firsts
        depth = min(4 * depth, limit)


def _firsts(ids: Sequence[str], stories: Mapping[str, str], shown: Sequence[str] = ()) -> list[str]:
    """The first of *ids* of each story, without the stories of *shown*; *stories*: story id by article id."""
    seen = {stories.get(article_id, article_id) for article_id in shown}
    firsts = []
    for article_id in ids:
        story = stories.get(article_id, article_id)
        if story not in seen:
            seen.add(story)
            firsts.append(article_id)
    return firsts


def _next_page(index: SimilarityIndex, question: Question, options: SearchOptions, place: Place) -> _Page:
    """The page at *place*; the ranking that it is read from is made and kept when none is, or when it is used up."""
    if not place.ranking:
        place = _frozen(index, question, options, place, place.shown, _DEEP[0])
    kept = rankings.read(index.database, place.ranking, digest(question))
    if kept is None:
        raise QueryError(
            "the cursor is no longer kept: ask for the first page again",
            "cursor",
            "这个 cursor 已不再保留，请重新取第一页",
        )
    if place.offset >= len(kept.ids) and not kept.is_all:
        place = _frozen(index, question, options, place, [*kept.before, *kept.ids], _DEEP[-1])
        kept = rankings.read(index.database, place.ranking, digest(question)) or kept
    end = place.offset + question.k
    scored = dict(zip(kept.ids[place.offset : end], kept.scores[place.offset : end], strict=True))
    page = _Page(_hits_of(index, question, options, scored), place.total, place.at_least, place.stories)
    if end >= len(kept.ids) and kept.is_all:
        return page
    return replace(page, cursor=replace(place, offset=end).cursor(question))


def _frozen(
    index: SimilarityIndex, question: Question, options: SearchOptions, place: Place, shown: list[str], depth: int
) -> Place:
    """*place* at the start of a ranking of *depth* articles, which is kept for later pages; without those *shown*."""
    # Other articles of the stories that were shown are ranked too, and left out after that: hence those besides.
    deep = replace(options, without_ids=options.without_ids | {*shown})
    scored = dict(_rank(index, question, deep, depth).scored)
    ids = list(scored)
    if question.fold:
        ids = _firsts(ids, story_ids(index.database, [*shown, *ids]), shown)
    is_all = len(scored) < depth or depth == MAX_HITS
    stories = len(shown) + len(ids) if question.fold and is_all and len(scored) < depth else place.stories
    kept = StoredRanking(ids, [scored[article_id] for article_id in ids], shown, is_all)
    key = rankings.keep(index.database, digest(question), kept)
    return Place(place.total, place.at_least, stories, ranking=key)


def _hits_of(
    index: SimilarityIndex, question: Question, options: SearchOptions, scored: Mapping[str, float]
) -> list[Hit]:
    """The hits *scored* (id -> score) in this order; those that are no longer stored are left out.

    Their scores are those that they were ranked by, which articles stored since would change in a late digit.
    """
    if not scored:
        return []
    allowed = frozenset(scored) if options.ids is None else options.ids & frozenset(scored)
    one_page = replace(
        options, ids=allowed, without_ids=frozenset(), min_score=0.0, sort=SCORE, recent=None, k=len(scored)
    )
    hits = {hit.article.id: hit for hit in _rank(index, question, one_page, len(scored)).hits(list(scored))}
    found = [replace(hits[article_id], score=score) for article_id, score in scored.items() if article_id in hits]
    return collapsed(found, index.stories_of([hit.article.id for hit in found])) if question.fold else found
