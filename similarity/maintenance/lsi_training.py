"""Trains the topics of LSI with gensim, partition by partition, and brings them up to date as the articles grow.

The vocabulary is the ``MOST_TERMS`` most frequent of the words that several articles have: the errors of typing of a
million articles cost nothing. Idfs are frozen with it. Each partition gives a gensim ``Projection`` of its own, and
these are merged in the order of the partitions, as ``LsiModel.add_documents`` does with its chunks.

When articles have come whose number is a tenth of those trained on, the projection grows by them (``add_documents``).
It is trained from scratch when that would not do: when it is to be twice as large as it was from scratch, or keeps less
than ``LEAST_KEPT`` of what it keeps of the old articles of the squared length of the new ones' tf-idf vectors, or knows
fewer of their tokens by ``MOST_UNKNOWN`` of all tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from gensim.models.lsimodel import Projection as GensimProjection
from gensim.models.tfidfmodel import df2idf
from numpy.typing import NDArray
from pymongo.database import Database

from similarity.bulk import Bulk, BulkError
from similarity.decomposing import Part, count, part_of
from similarity.partitions import Partition, Some, partitions
from store import counters, manifest, projections
from store.connection import Document
from store.packed import Packed
from store.projections import Arrays, NoProjection, Projection
from store.segments import id_strings

TOPICS = 200
MOST_TERMS = 100_000
LEAST_DOCUMENTS = 2
"""Articles that a word has to be in: one alone brings nothing together."""

CHUNK = 20_000
"""Articles a partition: gensim's own chunk."""

GROWS_BY = 0.1
LEAST_KEPT = 0.5
"""On Cranfield articles of the same kind keep 0.67 to 0.80 of what the trained ones do, of other kinds 0.03 to 0.12."""
MOST_UNKNOWN = 0.1

Outcome = Literal["trained", "grown", "trained again", "up to date"]


class NothingToTrainOn(BulkError):
    """Too few articles or words."""


@dataclass(frozen=True)
class Trained:
    """What was done, why, and what stands now."""

    outcome: Outcome
    projection: Projection
    reason: str = ""


def train(database: Database[Document], address: str, bulk: Bulk, topics: int = TOPICS) -> Trained:
    """Train from scratch on all stored articles. Raises NothingToTrainOn, NoWorkers."""
    version = _version(database)
    made = _from_scratch(database, address, bulk, topics, version)
    return Trained("trained", made)


def bring_up_to_date(database: Database[Document], address: str, bulk: Callable[[], Bulk]) -> Trained | None:
    """Let the present projection grow, or train it again, where that is due; None where there is none.

    *bulk* is asked for only then.
    """
    old = projections.current(database)
    if old is None:
        return None
    if old.analyzer != _analyzer(database):
        made = _from_scratch(database, address, bulk(), old.topics, old.version)
        return Trained("trained again", made, "the words are another analyzer's")
    newest = counters.upper_bound(database, counters.REVISIONS)
    new = _newer(database, old.revision)
    if len(new) < max(1, GROWS_BY * old.documents):
        return Trained("up to date", old)
    if len(new) + old.documents >= 2 * old.from_scratch:
        reason = f"it would be of {len(new) + old.documents:,} articles and was begun with {old.from_scratch:,}"
        return Trained("trained again", _from_scratch(database, address, bulk(), old.topics, old.version), reason)
    arrays = projections.decode(projections.read(database, old.name))
    chunks = [Some(address, tuple(new[place : place + CHUNK])) for place in range(0, len(new), CHUNK)]
    merged = _Merged(arrays, old.topics)
    merged.begin_with(arrays, old.documents)
    for part in bulk().map(partial(part_of, old.topics, old.name), chunks):
        merged.add(part)
    reason = merged.drifted(old)
    if reason:
        return Trained("trained again", _from_scratch(database, address, bulk(), old.topics, old.version), reason)
    grown = Arrays(arrays.tokens, arrays.idfs, *merged.arrays())
    return Trained(
        "grown", _put(database, grown, old.analyzer, old.topics, merged, old.from_scratch, newest, old.version)
    )


class _Merged:
    """Projections of partitions, merged in their order with gensim's own ``merge``."""

    def __init__(self, arrays: Arrays, topics: int) -> None:
        self._sum = GensimProjection(len(arrays.tokens), topics)
        self.documents = self._new = self._with_words = self._tokens = self._known = 0
        self._kept = 0.0

    def begin_with(self, arrays: Arrays, documents: int) -> None:
        self._sum.u, self._sum.s = arrays.u.astype(np.float64), arrays.s.copy()
        self.documents = documents

    def add(self, part: Part) -> None:
        update = GensimProjection(self._sum.m, self._sum.k)
        update.u, update.s = part.u, part.s
        if len(part.s):
            self._sum.merge(update)
        self.documents += part.documents
        self._with_words += part.with_words
        self._tokens += part.tokens
        self._known += part.known
        self._kept += part.kept

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Singular values, and the topics of each token."""
        if self._sum.u is None:
            raise NothingToTrainOn("the stored articles have no words in common: nothing to train topics on")
        return self._sum.s, np.ascontiguousarray(self._sum.u, np.float32)

    @property
    def kept(self) -> float:
        """Of the squared length of all unit vectors; the squares of the singular values are what is kept of it."""
        return float((self._sum.s**2).sum()) / max(self.documents, 1)

    @property
    def unknown(self) -> float:
        """Share of the tokens of what was added."""
        return 1 - self._known / max(self._tokens, 1)

    def drifted(self, old: Projection) -> str:
        """Why what was added is too different from what *old* was trained on, "" if it is not."""
        kept = self._kept / max(self._with_words, 1)
        if kept < LEAST_KEPT * old.kept:
            return f"it keeps {kept:.0%} of the new articles and {old.kept:.0%} of the old ones"
        if self.unknown > old.unknown + MOST_UNKNOWN:
            return f"it lacks {self.unknown:.0%} of the new articles' words and {old.unknown:.0%} of the old ones'"
        return ""


def _from_scratch(database: Database[Document], address: str, bulk: Bulk, topics: int, version: int) -> Projection:
    newest = counters.upper_bound(database, counters.REVISIONS)
    pieces = partitions(database, address, CHUNK)
    if not pieces:
        raise NothingToTrainOn("no article is stored: scrapy crawl KEY, or python -m pipelines ingest PATH")
    tokens, idfs = _vocabulary(database, bulk, pieces)
    if not len(tokens):
        raise NothingToTrainOn("the stored articles have no words in common: nothing to train topics on")
    bare = Arrays(tokens, idfs, np.zeros(0), np.zeros((len(tokens), 0), np.float32))
    merged = _Merged(bare, topics)
    # The vocabulary lies in the database as long as it is worked with: with each task it would be sent again.
    name = projections.write(database, projections.encode(bare))
    for part in bulk.map(partial(part_of, topics, name), pieces):
        merged.add(part)
    arrays = Arrays(tokens, idfs, *merged.arrays())
    return _put(database, arrays, _analyzer(database), topics, merged, merged.documents, newest, version)


def _put(
    database: Database[Document],
    arrays: Arrays,
    analyzer: str,
    topics: int,
    merged: _Merged,
    from_scratch: int,
    newest: int,
    version: int,
) -> Projection:
    name = projections.write(database, projections.encode(arrays))
    made = Projection(
        name, analyzer, topics, merged.documents, from_scratch, newest, merged.kept, merged.unknown, version + 1
    )
    if not projections.switch(database, version, made):
        raise NoProjection(
            f"somebody else has trained topics meanwhile, and theirs stand; or again: {projections.COMMAND}"
        )
    projections.sweep(database)
    return made


def _vocabulary(
    database: Database[Document], bulk: Bulk, pieces: list[Partition]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The tokens of the projection, ascending, and their idfs."""
    frequencies = np.zeros(counters.upper_bound(database, counters.TERMS), np.int64)
    documents = 0
    for number, counted in bulk.map(count, pieces):
        inside = counted.tokens < len(frequencies)  # a vector with an id that was never handed out is damaged
        frequencies[counted.tokens[inside]] += counted.documents[inside]
        documents += number
    tokens = np.flatnonzero(frequencies >= LEAST_DOCUMENTS)
    if len(tokens) > MOST_TERMS:
        order = np.lexsort((tokens, -frequencies[tokens]))
        tokens = np.sort(tokens[order[:MOST_TERMS]])
    return tokens.astype(np.int32), df2idf(frequencies[tokens], documents)


def _newer(database: Database[Document], revision: int) -> list[str]:
    """The ids of stored articles with a higher revision, in ascending order: from heads of segments, and of pending."""
    packed = Packed(manifest.read(database))
    packed.load(database, thorough=False, keep=lambda: None)
    found: set[str] = set()
    for held in packed.held:
        found.update(id_strings(held.head.ids[held.alive & (held.head.revisions > revision)]))
    asked = {"pending": True, "revision": {"$gt": revision}}
    found.update(row["_id"] for row in database.articles.find(asked, {"_id": 1}))
    return sorted(found)


def _analyzer(database: Database[Document]) -> str:
    return manifest.read(database).analyzer


def _version(database: Database[Document]) -> int:
    """That of the present record, which may be damaged; then it is let go of."""
    try:
        found = projections.current(database)
    except NoProjection:
        projections.drop(database)
        return 0
    return found.version if found else 0
