"""Articles and queries by topics: gensim's ``LsiModel`` over its ``TfidfModel``, and the cosine between them.

The projection is trained by ``similarity.training`` and stored with the index. A document's vector under it follows
from the packed vector of its words, so it is not stored: readers work it out, segment by segment, and keep it in local
files that all readers of the machine map. New articles are projected as they are found.
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

from similarity.block import WORDS, Block, Flags, Held
from similarity.collection import Collection
from similarity.compiled import compiled
from similarity.files import Files
from similarity.turning import Floats
from store import projections
from store.connection import Document
from store.projections import Arrays, NoProjection, Projection
from store.vectors import Ints, Postings, unpack_many

Matrix = NDArray[np.float32]

_ROWS = 2048  # documents projected at a time
_SLACK = 1e-5
"""Rough scores, of 32 bits and in the order that is fastest, are this near to the exact ones."""


@dataclass(frozen=True, eq=False)
class Topics:
    """A projection, and the vectors of the documents of one collection under it, one matrix a block."""

    projection: Projection
    arrays: Arrays
    collection: Collection
    matrices: tuple[Matrix, ...]

    def query(self, bow: list[tuple[int, int]]) -> Vector:
        """The query *bow* as a vector of length 1, or 0 when the projection knows none of its words."""
        tokens, counts = np.array(sorted(bow), np.int64).reshape(-1, 2).T
        (vector,) = projected(self.arrays, Postings(np.array([0, len(tokens)]), tokens, counts))
        return Vector(self, vector)

    def best(
        self,
        vector: Floats,
        k: int,
        allowed: Callable[[int, Held], tuple[Flags, int]],
        without: tuple[int, int] | None,
    ) -> list[tuple[str, float]]:
        """The *k* best articles with a score above 0 as (id, score), equal scores in ascending order of id."""
        best: list[tuple[str, float]] = []
        if not vector.any():
            return best
        for number, held in enumerate(self.collection.blocks):
            rows, many = allowed(number, held)
            if not many:
                continue
            matrix = self.matrices[number]
            rough = matrix @ vector.astype(np.float32)
            rough[~rows] = -1.0
            if without is not None and without[0] == number:
                rough[without[1]] = -1.0
            least = best[-1][1] if len(best) == k else 0.0
            places = np.flatnonzero(rough > least - _SLACK)
            if len(places) > k:
                places = places[rough[places] >= np.partition(rough[places], -k)[-k] - _SLACK]
            places = places[rough[places] > -1.0]
            exact = _exact(matrix[places], vector)
            ids = held.block.segment.ids
            found = zip(places.tolist(), exact.tolist(), strict=True)
            best += [(ids[place].tobytes().hex(), score) for place, score in found if score > 0]
            best = sorted(best, key=lambda hit: (-hit[1], hit[0]))[:k]
        return best

    def scores(self, vector: Floats) -> Iterator[tuple[Held, Floats]]:
        """Each block with the score of each of its rows."""
        for held, matrix in zip(self.collection.blocks, self.matrices, strict=True):
            yield held, _exact(matrix, vector)

    def page_scores(self, vectors: Sequence[bytes], vector: Floats) -> Floats:
        """The scores of packed *vectors*."""
        return _exact(projected(self.arrays, unpack_many(vectors)).astype(np.float32), vector)


@dataclass(frozen=True, eq=False)
class Vector:
    """A query under the projection of *topics*."""

    topics: Topics
    values: Floats


@dataclass(eq=False)
class Lsi:
    """Gives the ``Topics`` of a collection under the projection that goes with the index now; safe from threads."""

    database: Database[Document]
    folder: Path
    analyzer: str
    _held: tuple[Projection, Arrays, WeakKeyDictionary[Block, Matrix]] | None = None
    _working: Lock = field(default_factory=Lock)

    def over(self, collection: Collection) -> Topics:
        """Raises NoProjection, which names the command that helps."""
        while True:  # until one is there that is not replaced before it is read
            projection = projections.current(self.database)
            if projection is None:
                return untrained(collection)
            if projection.analyzer != self.analyzer:
                raise NoProjection(
                    f"the topics were trained on words of analyzer {projection.analyzer!r}, this one is "
                    f"{self.analyzer!r}: {projections.COMMAND}"
                )
            try:
                return self._over(collection, projection)
            except NoProjection:
                if projections.current(self.database) == projection:
                    raise
                # It was replaced in the meantime, and swept.

    def _over(self, collection: Collection, projection: Projection) -> Topics:
        with self._working:
            if self._held is None or self._held[0].name != projection.name:
                name = projection.name
                data = Files(self.folder).of(_file_of(name), lambda: projections.read(self.database, name))
                self._held = projection, projections.decode(data), WeakKeyDictionary()
            _, arrays, known = self._held
            new = [held.block for held in collection.blocks if held.block not in known]
            if new:
                with ThreadPoolExecutor(min(len(new), os.cpu_count() or 1)) as threads:
                    known.update(zip(new, threads.map(partial(self._made, projection.name, arrays), new), strict=True))
                Files(self.folder).tidy({_file_of(projection.name), *(_file_of(projection.name, one) for one in known)})
            matrices = tuple(known[held.block] for held in collection.blocks)
        return Topics(projection, arrays, collection, matrices)

    def _made(self, projection: str, arrays: Arrays, block: Block) -> Matrix:
        if not block.name:
            return vectors_of(block, arrays)
        data = Files(self.folder).of(_file_of(projection, block), lambda: vectors_of(block, arrays).tobytes())
        return np.frombuffer(data, np.float32).reshape(block.rows, len(arrays.s))


def _file_of(projection: str, block: Block | None = None) -> str:
    return f"{block.name}.{projection}.topics" if block else f"{projection}.lsi"


def untrained(collection: Collection) -> Topics:
    """The topics of a *collection* for which none were trained. Raises NoProjection."""
    raise NoProjection(f"model lsi has to be trained first: {projections.COMMAND}")


def vectors_of(block: Block, arrays: Arrays) -> Matrix:
    """The vectors of all rows of *block* under a projection."""
    start = block.segment.vector_start[WORDS].astype(np.int64)
    packed = block.segment.vectors[WORDS]
    out = np.empty((block.rows, len(arrays.s)), np.float32)
    for first in range(0, block.rows, _ROWS):
        last = min(first + _ROWS, block.rows)
        data = packed[start[first] : start[last]].tobytes()
        ends = (start[first : last + 1] - start[first]).tolist()
        some = [data[a:b] for a, b in pairwise(ends)]
        out[first:last] = projected(arrays, unpack_many(some))
    return out


def projected(arrays: Arrays, postings: Postings) -> Floats:
    """*postings* as unit vectors of topics, one a row; zeros where the projection knows no word."""
    start, places, weights = tfidf(arrays, postings)
    out = np.zeros((len(start) - 1, len(arrays.s)))
    _project(start, places, weights, arrays.u, out)
    return unit_rows(out)


def tfidf(arrays: Arrays, postings: Postings) -> tuple[Ints, Ints, Floats]:
    """gensim's ``TfidfModel`` with the idfs of *arrays*: start of each row, places of tokens, weights of length 1."""
    places = arrays.places_of(postings.ids)
    known = places >= 0
    known &= arrays.idfs[places] > 1e-12  # gensim leaves out what weighs no more than that
    row = np.repeat(np.arange(len(postings.start) - 1), np.diff(postings.start))[known]
    weights = postings.counts[known] * arrays.idfs[places[known]]
    number = np.bincount(row, minlength=len(postings.start) - 1)
    lengths = np.sqrt(np.bincount(row, weights=weights**2, minlength=len(number)))
    weights /= lengths[row]
    return np.concatenate([[0], np.cumsum(number)]), places[known].astype(np.int64), weights


def unit_rows(rows: Floats) -> Floats:
    """*rows* divided by their lengths; those of length 0 as they are."""
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    return rows


@compiled
def _project(start: Ints, places: Ints, weights: Floats, u: Matrix, out: Floats) -> None:
    """Add to each row of *out* its tokens' rows of *u*, each times its weight: in one order, wherever the row lies."""
    for row in range(len(start) - 1):
        sums = out[row]
        for at in range(start[row], start[row + 1]):
            weight, topics = weights[at], u[places[at]]
            for topic in range(len(sums)):
                sums[topic] += weight * topics[topic]


def _exact(matrix: Matrix, vector: Floats) -> Floats:
    # Row by row in one order, so that equal documents have equal scores to the last bit; BLAS does not promise that.
    out = np.empty(len(matrix))
    for first in range(0, len(matrix), _ROWS):
        out[first : first + _ROWS] = (matrix[first : first + _ROWS] * vector).sum(axis=1)
    return out
