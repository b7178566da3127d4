"""Trains LSI, partition by partition with gensim, and keeps the projection up to date as articles come in.

LSI: latent semantic indexing by a truncated singular value decomposition of the tf-idf matrix (Deerwester et al. 1990).

The vocabulary is the ``MAX_TERMS`` most frequent of the tokens that several articles have, so that the misspellings of
a million articles cost nothing. The idfs are fixed with it. Each partition gives a gensim ``Projection``; these are
merged in the order of the partitions, as ``LsiModel.add_documents`` does with its chunks (Řehůřek 2011).

When the number of new articles is a tenth of those trained on, the projection grows by them (``add_documents``). It is
trained from scratch instead when

* it would become twice as large as it was when last trained from scratch, or
* of the squared length of the new articles' tf-idf vectors it keeps less than ``MIN_KEPT`` of what it keeps of the old
  ones', or
* the share of tokens that it does not know is higher by ``MAX_UNKNOWN`` among the new articles than among the old ones.
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

from similarity.maintenance.executor import Executor, JobError
from similarity.maintenance.lsi_worker import PartialProjection, document_frequencies_of, partial_projection
from similarity.maintenance.partitions import IdList, IdRange, partitions
from store import counters
from store.connection import Document
from store.index import manifest, projections
from store.index.projections import LsiArrays, NoProjection, Projection
from store.index.segment_format import id_strings
from store.index.segment_set import SegmentSet

TOPICS = 200
MAX_TERMS = 100_000
MIN_DOCUMENTS = 2
"""Articles that a token must be in: one that is in a single article relates it to no other."""

CHUNK = 20_000
"""Articles per partition: gensim's own chunk size."""

GROWS_BY = 0.1
MIN_KEPT = 0.5
"""On Cranfield new articles of the same kind keep 0.67 to 0.80 of what trained ones do, of other kinds 0.03 to 0.12."""
MAX_UNKNOWN = 0.1

TrainingOutcome = Literal["trained", "grown", "trained again", "up to date"]


class NothingToTrainOn(JobError):
    """There are no articles, or no tokens that two articles share."""


@dataclass(frozen=True)
class TrainingReport:
    """What was done, why, and the projection that is in use now. The field names are JSON keys."""

    outcome: TrainingOutcome
    projection: Projection
    reason: str = ""


def train_topics(
    database: Database[Document], address: str, executor: Executor, topics: int = TOPICS
) -> TrainingReport:
    """Train from scratch on all stored articles. Raises NothingToTrainOn, NoWorkers."""
    version = _version(database)
    return TrainingReport("trained", _from_scratch(database, address, executor, topics, version))


def bring_up_to_date(
    database: Database[Document], address: str, executor: Callable[[], Executor]
) -> TrainingReport | None:
    """Grow the projection by new articles, or train it again, where that is due; None when there is no projection.

    *executor* is called only when there is something to train.
    """
    old = projections.current(database)
    if old is None:
        return None
    if old.analyzer != _analyzer(database):
        projection = _from_scratch(database, address, executor(), old.topics, old.version)
        return TrainingReport("trained again", projection, "the words are another analyzer's")
    newest = counters.upper_bound(database, counters.REVISIONS)
    new = _newer(database, old.revision)
    if len(new) < max(1, GROWS_BY * old.documents):
        return TrainingReport("up to date", old)
    if len(new) + old.documents >= 2 * old.from_scratch:
        reason = f"it would be of {len(new) + old.documents:,} articles and began with {old.from_scratch:,}"
        return TrainingReport(
            "trained again", _from_scratch(database, address, executor(), old.topics, old.version), reason
        )
    arrays = projections.decode(projections.read(database, old.name))
    chunks = [IdList(address, tuple(new[place : place + CHUNK])) for place in range(0, len(new), CHUNK)]
    merged = _MergedProjection(arrays, old.topics)
    merged.begin_with(arrays, old.documents)
    for part in executor().map(partial(partial_projection, old.topics, old.name), chunks):
        merged.add(part)
    reason = merged.drifted(old)
    if reason:
        return TrainingReport(
            "trained again", _from_scratch(database, address, executor(), old.topics, old.version), reason
        )
    grown = LsiArrays(arrays.tokens, arrays.idfs, *merged.arrays())
    return TrainingReport(
        "grown", _store(database, grown, old.analyzer, old.topics, merged, old.from_scratch, newest, old.version)
    )


class _MergedProjection:
    """The projections of partitions, merged in their order with gensim's own ``merge``."""

    def __init__(self, arrays: LsiArrays, topics: int) -> None:
        self._sum = GensimProjection(len(arrays.tokens), topics)
        self.documents = self._new = self._with_words = self._tokens = self._known = 0
        self._kept = 0.0

    def begin_with(self, arrays: LsiArrays, documents: int) -> None:
        """Start from the projection *arrays*, which was trained on *documents* articles."""
        self._sum.u, self._sum.s = arrays.u.astype(np.float64), arrays.s.copy()
        self.documents = documents

    def add(self, part: PartialProjection) -> None:
        """Merge the projection of one more partition."""
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
        """Singular values, float64, (topics,), and the topics of each token, float32, (vocabulary, topics)."""
        if self._sum.u is None:
            raise NothingToTrainOn("the stored articles have no words in common: nothing to train topics on")
        return self._sum.s, np.ascontiguousarray(self._sum.u, np.float32)

    @property
    def kept(self) -> float:
        """Share of the squared length of all tf-idf vectors that the projection keeps.

        The vectors have length 1, and the squares of the singular values sum to what is kept.
        """
        return float((self._sum.s**2).sum()) / max(self.documents, 1)

    @property
    def unknown(self) -> float:
        """Share of the added articles' tokens that are not in the vocabulary."""
        return 1 - self._known / max(self._tokens, 1)

    def drifted(self, old: Projection) -> str:
        """Why the added articles are too different from those that *old* was trained on; "" if they are not."""
        kept = self._kept / max(self._with_words, 1)
        if kept < MIN_KEPT * old.kept:
            return f"it keeps {kept:.0%} of the new articles and {old.kept:.0%} of the old ones"
        if self.unknown > old.unknown + MAX_UNKNOWN:
            return f"it lacks {self.unknown:.0%} of the new articles' words and {old.unknown:.0%} of the old ones'"
        return ""


def _from_scratch(
    database: Database[Document], address: str, executor: Executor, topics: int, version: int
) -> Projection:
    newest = counters.upper_bound(database, counters.REVISIONS)
    chunks = partitions(database, address, CHUNK)
    if not chunks:
        raise NothingToTrainOn("no article is stored: xinwen crawl KEY, or xinwen ingest PATH")
    tokens, idfs = _vocabulary(database, executor, chunks)
    if not len(tokens):
        raise NothingToTrainOn("the stored articles have no words in common: nothing to train topics on")
    vocabulary = LsiArrays(tokens, idfs, np.zeros(0), np.zeros((len(tokens), 0), np.float32))
    merged = _MergedProjection(vocabulary, topics)
    # Workers read the vocabulary from the database: as an argument it would be sent again with each task.
    name = projections.write(database, projections.encode(vocabulary))
    for part in executor.map(partial(partial_projection, topics, name), chunks):
        merged.add(part)
    arrays = LsiArrays(tokens, idfs, *merged.arrays())
    return _store(database, arrays, _analyzer(database), topics, merged, merged.documents, newest, version)


def _store(
    database: Database[Document],
    arrays: LsiArrays,
    analyzer: str,
    topics: int,
    merged: _MergedProjection,
    from_scratch: int,
    newest: int,
    version: int,
) -> Projection:
    name = projections.write(database, projections.encode(arrays))
    projection = Projection(
        name, analyzer, topics, merged.documents, from_scratch, newest, merged.kept, merged.unknown, version + 1
    )
    if not projections.commit(database, version, projection):
        raise NoProjection(
            f"somebody else has trained topics meanwhile, and theirs are in use; to train again: {projections.COMMAND}"
        )
    projections.collect_garbage(database)
    return projection


def _vocabulary(
    database: Database[Document], executor: Executor, chunks: list[IdRange]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The tokens of the vocabulary, int32, ascending, and their idfs, float64; both of shape (vocabulary,)."""
    frequencies = np.zeros(counters.upper_bound(database, counters.TERMS), np.int64)
    documents = 0
    for number, counted in executor.map(document_frequencies_of, chunks):
        inside = counted.tokens < len(frequencies)  # a vector with an id that was never handed out is damaged
        frequencies[counted.tokens[inside]] += counted.documents[inside]
        documents += number
    tokens = np.flatnonzero(frequencies >= MIN_DOCUMENTS)
    if len(tokens) > MAX_TERMS:
        order = np.lexsort((tokens, -frequencies[tokens]))
        tokens = np.sort(tokens[order[:MAX_TERMS]])
    return tokens.astype(np.int32), df2idf(frequencies[tokens], documents)


def _newer(database: Database[Document], revision: int) -> list[str]:
    """The ids of stored articles with a higher revision, ascending: from segment heads and pending articles."""
    packed = SegmentSet(manifest.read(database))
    packed.load(database, thorough=False, renew=lambda: None)
    ids: set[str] = set()
    for segment in packed.segments:
        ids.update(id_strings(segment.head.ids[segment.live & (segment.head.revisions > revision)]))
    pending = {"pending": True, "revision": {"$gt": revision}}
    ids.update(row["_id"] for row in database.articles.find(pending, {"_id": 1}))
    return sorted(ids)


def _analyzer(database: Database[Document]) -> str:
    return manifest.read(database).analyzer


def _version(database: Database[Document]) -> int:
    """The version of the stored projection's record, 0 without one; a damaged record is dropped."""
    try:
        current = projections.current(database)
    except NoProjection:
        projections.drop(database)
        return 0
    return current.version if current else 0
