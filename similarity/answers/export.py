"""All hits of a question, read part by part: each article that is a hit, not folded into stories."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from pymongo.database import Database

from similarity.answers.answer import search_options
from similarity.answers.question import Question
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import MAX_HITS
from similarity.ranking.results.hits import Hit
from store.connection import Document
from store.documents.stories import story_ids

BATCH = 200
"""Articles that are read at once."""


class Incomplete(RuntimeError):
    """An article of an export was deleted before it was read: what was read is not the whole answer."""


@dataclass(frozen=True)
class Export:
    """The ``ids`` of all hits, best first; ``read`` gives those of a batch of ``BATCH``."""

    database: Database[Document]
    ids: list[str]
    hits: Callable[[Collection[str]], list[Hit]]

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return -(-len(self.ids) // BATCH)

    def read(self, number: int) -> list[tuple[Hit, str]]:
        """The hits of batch *number* (from 0), each with its story's id. Raises Incomplete."""
        ids = self.ids[number * BATCH : (number + 1) * BATCH]
        found = {hit.article.id: hit for hit in self.hits(frozenset(ids))}
        if missing := [article_id for article_id in ids if article_id not in found]:
            raise Incomplete(f"{len(missing)} articles were deleted during the export, {missing[0]} is one")
        stories = story_ids(self.database, ids)
        return [(found[article_id], stories.get(article_id, article_id)) for article_id in ids]


def export(index: SimilarityIndex, question: Question) -> Export:
    """Every hit of *question*, whatever ``k``; as in an answer, an article's own story is not similar to it.

    Raises QueryError, also where there are more hits than a search ranks: nothing is left out silently.
    """
    options = replace(search_options(index, question), k=MAX_HITS)
    if question.like:
        _, own = index.stories_of([question.like]).get(question.like, (question.like, []))
        options = replace(options, without_ids=frozenset(article.id for article in own))
    ranking = index.ranking(options, question.passage or question.q, question.like)
    if ranking.at_least or ranking.total > len(ranking.scored):
        number = f"{ranking.total:,}"
        shown = f"more than {number}" if ranking.at_least else number
        chinese = (
            f"{'超过 ' if ranking.at_least else ''}{number} 篇，至多可导出 {MAX_HITS:,} 篇：请用 since 与 until 分段"
        )
        raise QueryError(
            f"{shown} articles are hits and up to {MAX_HITS:,} can be exported: give since and until", "since", chinese
        )
    return Export(index.database, [article_id for article_id, _ in ranking.scored], ranking.hits)
