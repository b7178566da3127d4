"""All hits of a question as rows of a table, read part by part: each article that is a hit, not folded into stories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.database import Database

from similarity.answers.answer import search_options
from similarity.answers.question import Question
from similarity.answers.stored_articles import StoredArticles
from similarity.answers.tables import UTC_TIME, value_of
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.ranking.all_hits import AllHits
from similarity.ranking.results.hits import Hit
from store.article import Article
from store.connection import Document
from store.documents.sources import SourceRow, source_rows
from store.documents.stories import story_ids

BATCH = 200
"""Articles that are read at once."""

PAGED = ("k", "cursor", "fold", "explain")
"""Options of an answer in pages, which an export has not."""

Row = dict[str, Any]
"""A hit: its values by the names of fields."""


class Incomplete(RuntimeError):
    """An article of an export was deleted before it was read: what was read is not the whole answer."""


@dataclass(frozen=True)
class Export:
    """The hits of a question. ``rank`` first, to its end; then ``rows`` reads them all."""

    database: Database[Document]
    hits: AllHits | StoredArticles

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self.hits.total

    def rank(self) -> Iterator[int]:
        """Rank all hits in short steps; after each, how many were ranked so far."""
        return self.hits.rank()

    def rows(self, fields: tuple[str, ...]) -> Iterator[list[Row]]:
        """All hits, best first, a batch at a time, with *fields*. Raises Incomplete."""
        sources = source_rows(self.database)
        read = 0
        for start in range(0, self.total, BATCH):
            keys = self.hits.keys(start, start + BATCH)
            found = {hit.article.id: hit for hit in self.hits.read(start, start + BATCH)}
            if missing := [key for key in keys if key not in found]:
                raise Incomplete(f"{len(missing)} articles were deleted during the export, {missing[0]} is one")
            stories = story_ids(self.database, keys) if "story" in fields else {}
            read += len(keys)
            yield [_row(found[key], stories.get(key, key), sources, fields) for key in keys]
        if read != self.total:
            raise Incomplete(f"{read:,} of {self.total:,} articles were read")


def export(index: SimilarityIndex, question: Question) -> Export:
    """Every hit of *question*; as in an answer, an article's own story is not similar to it. Raises QueryError."""
    _check(question)
    options = search_options(index, question)
    if question.like:
        _, own = index.stories_of([question.like]).get(question.like, (question.like, []))
        options = replace(options, without_ids=frozenset(article.id for article in own))
    return Export(index.database, index.all_hits(options, question.passage or question.q, question.like))


def export_of_store(database: Database[Document], question: Question) -> Export:
    """The same for a question without words (``is_plain``), without an index. Raises QueryError."""
    _check(question)
    return Export(database, StoredArticles(database, question))


def _check(question: Question) -> None:
    for name in PAGED:
        if getattr(question, name) != Question.__dataclass_fields__[name].default:
            message = f"no option {name!r} here: all hits are exported, one row an article"
            raise QueryError(message, name, f"这里没有选项 {name}：导出全部结果，一篇一行")


def _row(hit: Hit, story: str, sources: dict[str, SourceRow], fields: tuple[str, ...]) -> Row:
    article, row = hit.article, sources.get(hit.article.source)
    special = {
        "story": story,
        "score": round(hit.score, 6),
        "page": hit.page,
        "passage": hit.passage,
        "source_name": (row.name_zh or row.name) if row else "",
        "category": row.category if row else "",
    }
    return {name: special[name] if name in special else _of_article(article, name) for name in fields}


def _of_article(article: Article, name: str) -> Any:
    if name in ("published_utc", "published_shanghai", "fetched_utc"):
        moment: datetime | None = getattr(article, name.partition("_")[0])
        return moment and value_of(moment, name.endswith(UTC_TIME))
    if name == "summary" and article.access == "headline":
        return ""
    return [file.url for file in article.files] if name == "files" else getattr(article, name)
