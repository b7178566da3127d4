"""Search by topics, latent semantic indexing (LSI): gensim's ``LsiModel`` over its ``TfidfModel``, and cosines.

``similarity.maintenance.lsi_training`` trains the projection and stores it with the index (Deerwester et al. 1990; the
incremental training of gensim: Rehurek 2011, "Subspace Tracking for Latent Semantic Analysis"). The topic vectors of
documents are not stored, as they follow from the bags of words in the segments: each segment's are computed when a
query first needs them, and kept in a local file that all readers of the machine map.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pymongo.database import Database

from similarity.arrays import Flags, Floats
from similarity.jit import compiled
from similarity.reader.collection import Collection
from similarity.reader.mapped_files import MappedFiles
from similarity.reader.segment_reader import WORDS, LiveSegment, SegmentReader
from store.connection import Document
from store.index import projections
from store.index.projections import LsiArrays, NoProjection, Projection
from store.vectors import Ints, SparseVectors, unpack_many

Matrix = NDArray[np.float32]

_BATCH_ROWS = 2048
"""Documents that are projected at a time."""

_TOLERANCE = 1e-5
"""How far an approximate score, a float32 product by BLAS, is at most from the exact one."""


@dataclass(frozen=True, eq=False)
class Topics:
    """A projection to T topics, and the topic vectors of all documents of one ``collection`` under it.

    ``arrays``: the projection's matrix and idfs. ``matrices``: for each segment the unit vectors of its rows, shape
    (rows, T), float32.
    """

    projection: Projection
    arrays: LsiArrays
    collection: Collection
    matrices: tuple[Matrix, ...]

    def query(self, bow: list[tuple[int, int]]) -> TopicQuery:
        """The query *bow*, (token id, count) for each of its tokens, as a unit vector; 0 if no token is known."""
        tokens, counts = np.array(sorted(bow), np.int64).reshape(-1, 2).T
        (vector,) = project(self.arrays, SparseVectors(np.array([0, len(tokens)]), tokens, counts))
        return TopicQuery(self, vector)

    def best(
        self,
        vector: Floats,
        k: int,
        allowed: Callable[[int, LiveSegment], tuple[Flags, int]],
        without: tuple[int, int] | None,
    ) -> list[tuple[str, float]]:
        """The *k* best articles with a score above 0 as (id, score), equal scores in ascending order of id.

        *vector*: the query's (T, float64). *allowed*: gives the rows of a segment that may be hits (rows, bool) and how
        many they are. *without*: segment and row of one article that is left out.
        """
        best: list[tuple[str, float]] = []
        if not vector.any():
            return best
        for number, segment in enumerate(self.collection.segments):
            rows_allowed, count = allowed(number, segment)
            if not count:
                continue
            matrix = self.matrices[number]
            # One fast product finds the few rows that can be among the best. Only these get exact scores.
            approximate = matrix @ vector.astype(np.float32)
            approximate[~rows_allowed] = -1.0
            if without is not None and without[0] == number:
                approximate[without[1]] = -1.0
            threshold = best[-1][1] if len(best) == k else 0.0
            rows = np.flatnonzero(approximate > threshold - _TOLERANCE)
            if len(rows) > k:
                rows = rows[approximate[rows] >= np.partition(approximate[rows], -k)[-k] - _TOLERANCE]
            rows = rows[approximate[rows] > -1.0]
            scores = _exact_scores(matrix[rows], vector)
            ids = segment.reader.segment.ids
            scored = zip(rows.tolist(), scores.tolist(), strict=True)
            best += [(ids[row].tobytes().hex(), score) for row, score in scored if score > 0]
            best = sorted(best, key=lambda hit: (-hit[1], hit[0]))[:k]
        return best

    def scores(self, vector: Floats) -> Iterator[tuple[LiveSegment, Floats]]:
        """Each segment with the score of each of its rows (rows, float64), also of deleted ones."""
        for segment, matrix in zip(self.collection.segments, self.matrices, strict=True):
            yield segment, _exact_scores(matrix, vector)

    def page_scores(self, vectors: Sequence[bytes], vector: Floats) -> Floats:
        """The scores of pages (pages, float64), whose bags of words are the packed *vectors*."""
        return _exact_scores(project(self.arrays, unpack_many(vectors)).astype(np.float32), vector)


@dataclass(frozen=True, eq=False)
class TopicQuery:
    """A query under the projection of ``topics``: the unit vector ``values`` (T, float64), or zeros."""

    topics: Topics
    values: Floats


@dataclass(eq=False)
class Lsi:
    """Gives the ``Topics`` of a collection under the projection that is current in *database*; safe from threads.

    *folder*: of the local files. *analyzer*: that of the index; a projection of another one cannot be used.
    """

    database: Database[Document]
    folder: Path
    analyzer: str
    _loaded: tuple[Projection, LsiArrays, WeakKeyDictionary[SegmentReader, Matrix]] | None = None
    _loading: Lock = field(default_factory=Lock)

    def topics_of(self, collection: Collection) -> Topics:
        """The topics of *collection*. Raises NoProjection, whose message names the command that helps."""
        while True:  # a projection can be replaced and deleted before it has been read
            projection = projections.current(self.database)
            if projection is None:
                return untrained(collection)
            if projection.analyzer != self.analyzer:
                raise NoProjection(
                    f"the topics were trained on words of analyzer {projection.analyzer!r}, this one is "
                    f"{self.analyzer!r}: {projections.COMMAND}"
                )
            try:
                return self._under(projection, collection)
            except NoProjection:
                if projections.current(self.database) == projection:
                    raise

    def _under(self, projection: Projection, collection: Collection) -> Topics:
        with self._loading:
            name = projection.name
            if self._loaded is None or self._loaded[0].name != name:
                data = MappedFiles(self.folder).open(_file_name(name), lambda: projections.read(self.database, name))
                self._loaded = projection, projections.decode(data), WeakKeyDictionary()
            _, arrays, matrices = self._loaded
            new = [segment.reader for segment in collection.segments if segment.reader not in matrices]
            if new:
                with ThreadPoolExecutor(min(len(new), os.cpu_count() or 1)) as threads:
                    matrices.update(zip(new, threads.map(partial(self._matrix, name, arrays), new), strict=True))
                MappedFiles(self.folder).tidy({_file_name(name), *(_file_name(name, reader) for reader in matrices)})
            of_collection = tuple(matrices[segment.reader] for segment in collection.segments)
        return Topics(projection, arrays, collection, of_collection)

    def _matrix(self, projection: str, arrays: LsiArrays, reader: SegmentReader) -> Matrix:
        """The topic vectors of a segment (rows, T): from its file, or computed and written to it."""
        if not reader.name:  # it is not stored, so it has no name that a file could be found by
            return document_vectors(reader, arrays)
        data = MappedFiles(self.folder).open(
            _file_name(projection, reader), lambda: document_vectors(reader, arrays).tobytes()
        )
        return np.frombuffer(data, np.float32).reshape(reader.rows, len(arrays.s))


def _file_name(projection: str, reader: SegmentReader | None = None) -> str:
    """Name of the local file of a projection, or of a segment's vectors under it."""
    return f"{reader.name}.{projection}.topics" if reader else f"{projection}.lsi"


def untrained(collection: Collection) -> Topics:
    """The topics of a *collection* for which none were trained. Raises NoProjection."""
    raise NoProjection(f"model lsi has to be trained first: {projections.COMMAND}")


def document_vectors(reader: SegmentReader, arrays: LsiArrays) -> Matrix:
    """The topic vectors of all rows of a segment: (rows, T), float32."""
    start = reader.segment.vector_start[WORDS].astype(np.int64)
    packed = reader.segment.vectors[WORDS]
    vectors = np.empty((reader.rows, len(arrays.s)), np.float32)
    for first in range(0, reader.rows, _BATCH_ROWS):
        last = min(first + _BATCH_ROWS, reader.rows)
        data = packed[start[first] : start[last]].tobytes()
        bounds = (start[first : last + 1] - start[first]).tolist()
        vectors[first:last] = project(arrays, unpack_many([data[begin:end] for begin, end in pairwise(bounds)]))
    return vectors


def project(arrays: LsiArrays, documents: SparseVectors) -> Floats:
    """The topic vectors of *documents*, of length 1 each: (n, T), float64; zeros where no token is known."""
    start, rows, weights = tfidf(arrays, documents)
    vectors = np.zeros((len(start) - 1, len(arrays.s)))
    _add_topics(start, rows, weights, arrays.u, vectors)
    return unit_rows(vectors)


def tfidf(arrays: LsiArrays, documents: SparseVectors) -> tuple[Ints, Ints, Floats]:
    """*documents* weighted as gensim's ``TfidfModel`` does with the idfs of *arrays*; unknown tokens are left out.

    Three arrays: where each document starts (n + 1, int64); and for each of its tokens the token's row in the
    projection (int64) and its weight (float64). The weights of a document form a vector of length 1.
    """
    rows = arrays.rows_of(documents.ids)
    known = rows >= 0
    known &= arrays.idfs[rows] > 1e-12  # gensim leaves out tokens that weigh no more than that
    document = np.repeat(np.arange(len(documents.start) - 1), np.diff(documents.start))[known]
    weights = documents.counts[known] * arrays.idfs[rows[known]]
    sizes = np.bincount(document, minlength=len(documents.start) - 1)
    lengths = np.sqrt(np.bincount(document, weights=weights**2, minlength=len(sizes)))
    weights /= lengths[document]
    return np.concatenate([[0], np.cumsum(sizes)]), rows[known].astype(np.int64), weights


def unit_rows(rows: Floats) -> Floats:
    """*rows* (n, T), each divided by its length, in place; rows of length 0 stay as they are."""
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    return rows


@compiled
def _add_topics(start: Ints, rows: Ints, weights: Floats, u: Matrix, vectors: Floats) -> None:
    """Add to each of *vectors* (n, T) the rows of *u* (tokens, T) of its document's tokens, times their weights.

    Always in the order of the tokens: equal documents get equal vectors, whatever stands around them.
    """
    for document in range(len(start) - 1):
        sums = vectors[document]
        for at in range(start[document], start[document + 1]):
            weight, topics = weights[at], u[rows[at]]
            for topic in range(len(sums)):
                sums[topic] += weight * topics[topic]


def _exact_scores(matrix: Matrix, vector: Floats) -> Floats:
    """The cosine of each row of *matrix* (rows, T) with *vector* (T): (rows, float64)."""
    # Row by row in one order, so that equal documents have equal scores to the last bit; BLAS does not promise that.
    scores = np.empty(len(matrix))
    for first in range(0, len(matrix), _BATCH_ROWS):
        scores[first : first + _BATCH_ROWS] = (matrix[first : first + _BATCH_ROWS] * vector).sum(axis=1)
    return scores
