"""One question to one state of the index: who may answer, and who answers best."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, local
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity import kernel
from similarity.addresses import Scratch, Table, masks, table
from similarity.beside import beside
from similarity.block import Flags, Held
from similarity.collection import Collection
from similarity.lsi import Topics, Vector, untrained
from similarity.models import LSI, MODELS, BagOfWords, Measured, Model, Weights
from similarity.postings import Columns
from similarity.turning import Floats
from store.segments import NEVER
from store.vectors import Ints

_of_thread = local()
_MOST_MASKS = 256  # of 64 KiB
_LONG = 100
"""Tokens of a query from which on two threads share the blocks: of shorter ones handing over takes too much."""

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


class _Masks(NamedTuple):
    """The rows of each block that a filter lets pass, and how many; and the same as the kernel takes it."""

    allowed: list[tuple[Flags, int]]
    table: Table


class _Prepared(NamedTuple):
    """A model, what its factors need of each block, and all that as the kernel takes it."""

    model: Model
    measured: list[Measured]
    table: Table
    limits: Floats
    kind: NDArray[Any]
    """An empty array of the kind that the measures are."""


@dataclass(eq=False)
class State:
    """A collection with the models worked out for it so far. ``topics`` gives the trained one."""

    collection: Collection = field(default_factory=Collection)
    topics: Callable[[Collection], Topics] = untrained
    _models: dict[str, _Prepared] = field(default_factory=dict)
    _masks: dict[Filter, _Masks] = field(default_factory=dict)
    _working_out: Lock = field(default_factory=Lock)

    def queries(self, model: str, bags: Sequence[BagOfWords]) -> list[Query]:
        """Each of *bags* as a query under *model*. Raises NoProjection."""
        named = self.topics(self.collection) if model == LSI else self.model(model)
        return [named.query(bag) for bag in bags]

    def model(self, name: str) -> Model:
        """The model *name* (a key of ``MODELS``) under the statistics of this state."""
        return self._prepared(name).model

    def _prepared(self, name: str) -> _Prepared:
        if name not in self._models:
            with self._working_out:
                if name not in self._models:
                    self._models[name] = self._worked_out(MODELS[name](self.collection.statistics))
        return self._models[name]

    def _worked_out(self, model: Model) -> _Prepared:
        blocks = [held.block for held in self.collection.blocks]
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:  # tf-idf goes through all postings
            measured = list(threads.map(lambda block: model.measured(block.columns, block.lengths), blocks))
        measures = _alike([one.measure for one in measured])
        arrays = table(
            [block.columns for block in blocks],
            [one.bounds for one in measured],
            measures,
            [block.segment.ids for block in blocks],
            [block.frequent for block in blocks],
        )
        limits = np.array([(one.looseness, one.usual) for one in measured], np.float64).reshape(-1, 2)
        kind = measures[0][:0] if measures else np.zeros(0)
        return _Prepared(model, measured, arrays, limits, kind)

    def best(
        self, model: str, weights: Query, k: int, asked: Filter = ALL, without: tuple[int, int] | None = None
    ) -> list[tuple[str, float]]:
        """The *k* best articles with a score above 0 as (id, score), equal scores in ascending order of id.

        *without*: block and row of one that is left out.
        """
        k = min(k, len(self.collection))
        if isinstance(weights, Vector):
            return weights.topics.best(weights.values, k, partial(self.allowed, asked), without)
        if not k or not len(weights.tokens):
            return []
        prepared, masks_asked = self._prepared(model), self._masks_of(asked)
        shared = np.zeros(1, np.int64), np.zeros(1)
        find = partial(_found, prepared, masks_asked, weights, k, without or (-1, -1), shared)
        other = beside(find) if len(weights.tokens) >= _LONG and len(prepared.measured) > 1 else list
        found = find() + other()
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def allowed(self, asked: Filter, number: int, held: Held) -> tuple[Flags, int]:
        """``asked.allowed(held)``, remembered; *number* is that of the block *held*."""
        return self._masks_of(asked).allowed[number]

    def _masks_of(self, asked: Filter) -> _Masks:
        """``Filter.allowed`` of each block, remembered for the filters asked for lately."""
        found = self._masks.get(asked)
        if found is None:
            if len(self._masks) * len(self.collection.blocks) >= _MOST_MASKS:
                self._masks.clear()
            allowed = [asked.allowed(held) for held in self.collection.blocks]
            found = self._masks[asked] = _Masks(allowed, masks(allowed))
        return found

    def scores(self, model: str, weights: Query) -> Iterator[tuple[Held, Floats]]:
        """Each block with the score of each of its rows."""
        if isinstance(weights, Vector):
            yield from weights.topics.scores(weights.values)
            return
        prepared = self._prepared(model)
        for held, measured in zip(self.collection.blocks, prepared.measured, strict=True):
            yield held, block_scores(held.block.columns, prepared.model, measured, weights, held.block.rows)


def _found(
    prepared: _Prepared, asked: _Masks, weights: Weights, k: int, without: tuple[int, int], shared: tuple[Ints, Floats]
) -> list[tuple[str, float]]:
    """The *k* best of the blocks that this thread takes, which are all where no other has *shared* too."""
    # prepared and asked are kept by name until the kernel is through, which has only their addresses.
    scratch = _scratch()
    scores, keys = np.zeros(k), np.zeros((k, 12), np.uint8)
    places, size = np.zeros((k, 2), np.int64), np.zeros(1, np.int64)
    kernel.search(
        prepared.table.addresses, asked.table.addresses, prepared.limits, prepared.model.shape, prepared.kind,
        weights.tokens, weights.weights, without,
        scratch.sums, scratch.kept, scratch.some, scratch.lifts, scratch.hits, scratch.reach,
        scores, keys, places, size, *shared,
    )  # fmt: skip
    return [(key.tobytes().hex(), score) for key, score in zip(keys[: size[0]], scores.tolist(), strict=False)]


def block_scores(columns: Columns, model: Model, measured: Measured, weights: Weights, rows: int) -> Floats:
    """The score of every row of *columns*."""
    sums = np.zeros(rows)
    places, present = columns.places(weights.tokens)
    found = zip(places[present].tolist(), weights.weights[present].tolist(), strict=True)
    for place, weight in found:
        kernel.add_column(
            sums, weight, int(columns.start[place]), int(columns.start[place + 1]), columns.rows, columns.counts,
            columns.large_at, columns.large, *model.shape, measured.measure,
        )  # fmt: skip
    return sums


def _alike(measures: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """*measures* all of one kind, which is the widest: a query reads them by one function."""
    kind = np.result_type(*measures) if measures else np.float64
    return [one.astype(kind, copy=False) for one in measures]


def _scratch() -> Scratch:
    """One for each thread."""
    if not hasattr(_of_thread, "scratch"):
        _of_thread.scratch = Scratch()
    scratch: Scratch = _of_thread.scratch
    return scratch
