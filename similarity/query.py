"""One question to one state of the index: who may answer, and who answers best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity import kernel
from similarity.block import Flags, Held
from similarity.collection import Collection
from similarity.lsi import Topics, Vector, untrained
from similarity.models import LSI, MODELS, BagOfWords, Measured, Model, Weights
from similarity.postings import MOST_ROWS, Columns
from similarity.turning import Floats
from store.segments import NEVER
from store.vectors import Ints

_scratch = local()
_MOST_MASKS = 256  # of 64 KiB

Query = Weights | Vector
"""A query under a model of ``MODELS``, or under the trained one."""


@dataclass(frozen=True)
class Filter:
    """Which articles may be found: of one source, in one language, published in a span (seconds since 1970)."""

    source: str | None = None
    language: str | None = None
    since: int | None = None
    until: int | None = None

    def allowed(self, held: Held) -> tuple[Flags, int]:
        """Which rows of a block pass, and how many. Blocks that cannot have any are not looked through."""
        segment, block = held.block.segment, held.block
        nothing = np.zeros(block.rows, bool), 0
        if self == ALL:
            return held.alive, held.number
        tests: list[Flags] = []
        if self.source is not None:
            if self.source not in held.sources:
                return nothing
            tests.append(segment.sources == segment.source_names.index(self.source))
        if self.language is not None:
            if self.language not in segment.language_names:
                return nothing
            tests.append(segment.languages == segment.language_names.index(self.language))
        earliest, latest = block.days
        if self.since is not None and earliest < self.since:
            if latest < self.since:
                return nothing
            tests.append(segment.published >= self.since)
        if self.until is not None:
            if earliest > self.until:
                return nothing
            if latest > self.until:
                tests.append(segment.published <= self.until)
            if earliest == NEVER:
                tests.append(segment.published != NEVER)
        if not tests:
            return held.alive, held.number
        allowed = held.alive.copy()
        for test in tests:
            allowed &= test
        return allowed, int(np.count_nonzero(allowed))


ALL = Filter()


@dataclass(eq=False)
class State:
    """A collection with the models worked out for it so far. ``topics`` gives the trained one."""

    collection: Collection = field(default_factory=Collection)
    topics: Callable[[Collection], Topics] = untrained
    _models: dict[str, Model] = field(default_factory=dict)
    _measured: dict[tuple[str, int], Measured] = field(default_factory=dict)
    _masks: dict[tuple[int, Filter], tuple[Flags, int]] = field(default_factory=dict)
    _working_out: Lock = field(default_factory=Lock)

    def queries(self, model: str, bags: Sequence[BagOfWords]) -> list[Query]:
        """Each of *bags* as a query under *model*. Raises NoProjection."""
        named = self.topics(self.collection) if model == LSI else self.model(model)
        return [named.query(bag) for bag in bags]

    def model(self, name: str) -> Model:
        """The model *name* (a key of ``MODELS``) under the statistics of this state."""
        if name not in self._models:
            with self._working_out:
                if name not in self._models:
                    model: Model = MODELS[name](self.collection.statistics)
                    for number, held in enumerate(self.collection.blocks):
                        block = held.block
                        self._measured[name, number] = model.measured(block.columns, block.segment.lengths)
                    self._models[name] = model  # last: its presence says that the blocks are measured
        return self._models[name]

    def best(
        self, model: str, weights: Query, k: int, asked: Filter = ALL, without: tuple[int, int] | None = None
    ) -> list[tuple[str, float]]:
        """The *k* best articles with a score above 0 as (id, score), equal scores in ascending order of id.

        *without*: block and row of one that is left out.
        """
        k = min(k, len(self.collection))
        if isinstance(weights, Vector):
            return weights.topics.best(weights.values, k, partial(self._allowed, asked), without)
        if not k or not len(weights.tokens):
            return []
        shape = self.model(model).shape
        scores, keys = np.zeros(k), np.zeros((k, 12), np.uint8)
        places, size = np.zeros((k, 2), np.int64), np.zeros(1, np.int64)
        for number, held in enumerate(self.collection.blocks):
            allowed, many = self._allowed(asked, number, held)
            if without is not None and without[0] == number and allowed[without[1]]:
                allowed, many = allowed.copy(), many - 1
                allowed[without[1]] = False
            if not many:
                continue
            columns, measured = held.block.columns, self._measured[model, number]
            spans, found = _spans(columns, weights)
            bounds = found * (measured.bounds[spans.columns] * measured.looseness)
            kernel.collect(
                number, spans.first, spans.last, found, bounds,
                columns.rows, columns.counts, columns.large_at, columns.large, *shape, measured.measure,
                held.block.segment.ids, allowed, many, _sums(), scores, keys, places, size,
            )  # fmt: skip
        best = [(key.tobytes().hex(), float(score)) for key, score in zip(keys[: size[0]], scores, strict=False)]
        return sorted(best, key=lambda hit: (-hit[1], hit[0]))

    def _allowed(self, asked: Filter, number: int, held: Held) -> tuple[Flags, int]:
        """``Filter.allowed``, remembered for the filters asked for lately: many queries come with the same."""
        if asked == ALL:
            return held.alive, held.number
        found = self._masks.get((number, asked))
        if found is None:
            if len(self._masks) >= _MOST_MASKS:
                self._masks.clear()
            found = self._masks[number, asked] = asked.allowed(held)
        return found

    def scores(self, model: str, weights: Query) -> Iterator[tuple[Held, Floats]]:
        """Each block with the score of each of its rows."""
        if isinstance(weights, Vector):
            yield from weights.topics.scores(weights.values)
            return
        named = self.model(model)
        for number, held in enumerate(self.collection.blocks):
            yield held, block_scores(held.block.columns, named, self._measured[model, number], weights, held.block.rows)


def block_scores(columns: Columns, model: Model, measured: Measured, weights: Weights, rows: int) -> Floats:
    """The score of every row of *columns*."""
    sums = np.zeros(rows)
    spans, found = _spans(columns, weights)
    for first, last, weight in zip(spans.first.tolist(), spans.last.tolist(), found.tolist(), strict=True):
        kernel.add_column(
            sums, weight, first, last, columns.rows, columns.counts, columns.large_at, columns.large,
            *model.shape, measured.measure,
        )  # fmt: skip
    return sums


class _Spans(NamedTuple):
    """Columns, and their postings ``[first, last)``."""

    columns: NDArray[np.intp]
    first: Ints
    last: Ints


def _spans(columns: Columns, weights: Weights) -> tuple[_Spans, Floats]:
    """Where the postings of a query's tokens lie, for those that occur, and the weights of these."""
    places, present = columns.places(weights.tokens)
    places = places[present]
    start = columns.start
    return _Spans(places, start[places].astype(np.int64), start[places + 1].astype(np.int64)), weights.weights[present]


def _sums() -> Floats:
    """Zeros for the kernel, which leaves them so; one array a thread."""
    if not hasattr(_scratch, "sums"):
        _scratch.sums = np.zeros(MOST_ROWS)
    sums: Floats = _scratch.sums
    return sums
