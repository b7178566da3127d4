"""One immutable snapshot of the index, with what is prepared for searching it: models, filters and kernel tables."""

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

from similarity.arrays import Flags, Floats
from similarity.background import in_background
from similarity.option_values import LSI
from similarity.postings.inverted import InvertedIndex
from similarity.ranking.filter import ALL, Filter
from similarity.ranking.kernel import maxscore
from similarity.ranking.kernel.kernel_tables import Table, filter_table, scratch, table
from similarity.ranking.kernel.maxscore import KernelIndex, KernelQuery, KernelScratch, Postings, Progress, TopK
from similarity.ranking.lsi import TopicQuery, Topics, untrained
from similarity.ranking.models import MODELS, BagOfWords, Model, SegmentNorms, Weights
from similarity.reader.collection import Collection
from similarity.reader.segment_reader import LiveSegment

_of_thread = local()

_MAX_FILTERS = 256
"""For how many pairs of filter and segment the filtered rows are kept, at up to 64 KiB each."""

_TWO_THREADS_FROM = 100
"""For a query of at least this many tokens two threads share the segments. For a shorter one, starting the second
thread takes longer than it saves."""

Query = Weights | TopicQuery
"""A query under a model of ``MODELS``, or under the trained one."""


class _Filtered(NamedTuple):
    """For each segment the rows that pass a filter (documents, bool) and how many they are; also as a kernel table."""

    allowed: list[tuple[Flags, int]]
    table: Table


class _Prepared(NamedTuple):
    """A model with the norms of each segment, also as a kernel table.

    ``limits`` (segments, 2, float64): ``bound_scale`` and ``typical_norm`` of each segment. ``norm_type``: an empty
    array of the dtype of the norms, by which numba chooses the compiled kernel.
    """

    model: Model
    norms: list[SegmentNorms]
    table: Table
    limits: Floats
    norm_type: NDArray[Any]

    def kernel_index(self, filtered: _Filtered) -> KernelIndex:
        """What the kernel takes; see there for shapes. ``self`` and *filtered* must outlive its use."""
        return KernelIndex(self.table.rows, filtered.table.rows, self.limits, self.model.normalization, self.norm_type)


@dataclass(eq=False)
class State:
    """One immutable snapshot of the index (``collection``) and what has been prepared for it so far.

    Models and filters are prepared when a query first needs them; any number of threads may search. ``topics`` gives
    the trained projection of a collection.
    """

    collection: Collection = field(default_factory=Collection)
    topics: Callable[[Collection], Topics] = untrained
    ids_of_kinds: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    """The ids of the articles of some kinds, as ``RequestReader`` has read them for this snapshot."""
    _models: dict[str, _Prepared] = field(default_factory=dict)
    _filters: dict[Filter, _Filtered] = field(default_factory=dict)
    _preparing: Lock = field(default_factory=Lock)

    def queries(self, model: str, bags: Sequence[BagOfWords]) -> list[Query]:
        """Each of *bags* as a query under *model*. Raises NoProjection."""
        weighting = self.topics(self.collection) if model == LSI else self.model(model)
        return [weighting.query(bag) for bag in bags]

    def model(self, name: str) -> Model:
        """The model *name* (a key of ``MODELS``) under the statistics of this snapshot."""
        return self._prepared(name).model

    def _prepared(self, name: str) -> _Prepared:
        if name not in self._models:
            with self._preparing:
                if name not in self._models:
                    self._models[name] = self._prepare(MODELS[name](self.collection.statistics))
        return self._models[name]

    def _prepare(self, model: Model) -> _Prepared:
        readers = [segment.reader for segment in self.collection.segments]
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:  # tf-idf reads all postings
            segment_norms = list(threads.map(lambda reader: model.segment_norms(reader.words, reader.lengths), readers))
        norms = _of_one_type([of_segment.norms for of_segment in segment_norms])
        segments = table(
            [reader.words for reader in readers],
            [of_segment.bounds for of_segment in segment_norms],
            norms,
            [reader.segment.ids for reader in readers],
            [reader.bitsets for reader in readers],
        )
        limits = np.array(
            [(of_segment.bound_scale, of_segment.typical_norm) for of_segment in segment_norms], np.float64
        ).reshape(-1, 2)
        norm_type = norms[0][:0] if norms else np.zeros(0)
        return _Prepared(model, segment_norms, segments, limits, norm_type)

    def best(
        self, model: str, weights: Query, k: int, article_filter: Filter = ALL, without: tuple[int, int] | None = None
    ) -> list[tuple[str, float]]:
        """The *k* best articles with a score above 0 as (id, score), best first, equal scores in ascending order of id.

        *article_filter*: only articles that pass it. *without*: segment and row of one article that is left out.
        """
        k = min(k, len(self.collection))
        if isinstance(weights, TopicQuery):
            return weights.topics.best(weights.values, k, partial(self.allowed, article_filter), without)
        if not k or not len(weights.tokens):
            return []
        prepared, filtered = self._prepared(model), self._filtered(article_filter)
        query = KernelQuery(weights.tokens, weights.weights, without or (-1, -1))
        progress = Progress(np.zeros(1, np.int64), np.zeros(1))
        search = partial(_search, prepared, filtered, query, k, progress)
        in_two_threads = len(weights.tokens) >= _TWO_THREADS_FROM and len(prepared.norms) > 1
        other = in_background(search) if in_two_threads else list
        hits = search() + other()
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]

    def allowed(self, article_filter: Filter, number: int, segment: LiveSegment) -> tuple[Flags, int]:
        """``article_filter.allowed(segment)``, kept for later queries; *number*: of *segment* in ``collection``."""
        return self._filtered(article_filter).allowed[number]

    def _filtered(self, article_filter: Filter) -> _Filtered:
        """``Filter.allowed`` of each segment, kept for the filters of recent queries."""
        filtered = self._filters.get(article_filter)
        if filtered is None:
            if len(self._filters) * len(self.collection.segments) >= _MAX_FILTERS:
                self._filters.clear()
            allowed = [article_filter.allowed(segment) for segment in self.collection.segments]
            filtered = self._filters[article_filter] = _Filtered(allowed, filter_table(allowed))
        return filtered

    def scores(self, model: str, weights: Query) -> Iterator[tuple[LiveSegment, Floats]]:
        """Each segment with the score of each of its rows (documents, float64), also of deleted ones."""
        if isinstance(weights, TopicQuery):
            yield from weights.topics.scores(weights.values)
            return
        prepared = self._prepared(model)
        for segment, norms in zip(self.collection.segments, prepared.norms, strict=True):
            yield segment, segment_scores(segment.reader.words, prepared.model, norms, weights, segment.reader.rows)


def _search(
    prepared: _Prepared, filtered: _Filtered, query: KernelQuery, k: int, progress: Progress
) -> list[tuple[str, float]]:
    """The *k* best hits, as (id, score), of the segments that this thread takes.

    Threads that share *progress* take turns at taking the next segment; one thread alone takes all.
    """
    # prepared and filtered are held by name until the kernel returns: it has only the addresses of their arrays.
    top = TopK(np.zeros(k), np.zeros((k, 12), np.uint8), np.zeros((k, 2), np.int64), np.zeros(1, np.int64))
    maxscore.search(prepared.kernel_index(filtered), query, _scratch(), top, progress)
    return [
        (key.tobytes().hex(), score) for key, score in zip(top.ids[: top.size[0]], top.scores.tolist(), strict=False)
    ]


def segment_scores(index: InvertedIndex, model: Model, norms: SegmentNorms, weights: Weights, rows: int) -> Floats:
    """The score of every one of the *rows* documents of *index*: (rows, float64)."""
    sums = np.zeros(rows)
    postings = Postings(index.rows, index.counts, index.large_at, index.large, norms.norms, model.normalization)
    ordinals, present = index.ordinals(weights.tokens)
    for ordinal, weight in zip(ordinals[present].tolist(), weights.weights[present].tolist(), strict=True):
        first, last = int(index.start[ordinal]), int(index.start[ordinal + 1])
        maxscore.add_posting_list(sums, weight, postings, first, last)
    return sums


def _of_one_type(norms: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """*norms*, each (documents,), in the widest of their dtypes: the kernel reads all segments by one dtype."""
    widest = np.result_type(*norms) if norms else np.float64
    return [of_segment.astype(widest, copy=False) for of_segment in norms]


def _scratch() -> KernelScratch:
    """The scratch memory of this thread."""
    if not hasattr(_of_thread, "scratch"):
        _of_thread.scratch = scratch()
    memory: KernelScratch = _of_thread.scratch
    return memory
