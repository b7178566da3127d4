"""The articles that pass plain filters, read from the database alone: all of a store, without opening its index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import time

from pymongo.database import Database

from similarity.answers.answer import sources_asked
from similarity.answers.question import Question
from similarity.option_values import moment_of
from similarity.ranking.request.options import check_source
from similarity.ranking.results.hits import Hit
from store.connection import Document
from store.documents import articles

_STEP = 10_000  # ids in one step
_DIGITS = 24


def is_plain(question: Question) -> bool:
    """Whether *question* asks for no words, so that the database alone can answer it."""
    nothing: tuple[str, ...] = ()
    rest = replace(question, source=nothing, category=nothing, kind=nothing, language=nothing, since=None, until=None)
    return rest == Question(k=question.k)


@dataclass
class StoredArticles:
    """The articles that pass the filters of a plain *question*, the newest first, those without a date last.

    The same as ``AllHits`` of that question: ``rank`` first. An id takes 12 bytes.
    """

    database: Database[Document]
    question: Question
    _ids: bytearray = field(default_factory=bytearray, init=False, repr=False)

    @property
    def total(self) -> int:
        """How many there are."""
        return 2 * len(self._ids) // _DIGITS

    def rank(self) -> Iterator[int]:
        """Read the ids in short steps; after each, how many were read so far. Raises QueryError."""
        order = [("published", -1), ("_id", 1)]
        found = (
            self.database.articles.find(self._filter(), {"_id": 1}, batch_size=_STEP).sort(order).allow_disk_use(True)
        )
        for number, row in enumerate(found, 1):
            self._ids += bytes.fromhex(row["_id"])
            if number % _STEP == 0:
                yield number
        if self.total % _STEP:
            yield self.total

    def keys(self, start: int, stop: int) -> list[str]:
        """The ids of the articles from number *start* to *stop*."""
        text = self._ids[start * _DIGITS // 2 : stop * _DIGITS // 2].hex()
        return [text[at : at + _DIGITS] for at in range(0, len(text), _DIGITS)]

    def read(self, start: int, stop: int) -> list[Hit]:
        """The articles from number *start* to *stop*; those that were deleted since are missing."""
        keys = self.keys(start, stop)
        stored = articles.read(self.database, keys)
        return [Hit(stored[key].article, 0.0) for key in keys if key in stored]

    def _filter(self) -> Document:
        question, wanted = self.question, Document()
        if question.source:
            known = frozenset[str](self.database.articles.distinct("source"))
            for source in question.source:
                check_source(source, [known])
        if question.source or question.category:
            wanted["source"] = {"$in": sorted(sources_asked(self.database, question))}
        if question.kind:
            wanted["kind"] = {"$in": list(question.kind)}
        if question.language:
            wanted["language"] = {"$in": list(question.language)}
        span = {}
        if question.since is not None:
            span["$gte"] = moment_of(question.since)
        if question.until is not None:
            span["$lte"] = moment_of(question.until, time.max)
        return wanted | ({"published": span} if span else {})
