"""All hits of one question, however many: ranked part by part in arrays of a few bytes a hit, and read part by part.

A search ranks the best hits alone. Here the exact score of every hit is computed, a part at a time, and only its place
in the index is kept with it; what explains a hit is computed again when it is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Bytes, Flags, Floats
from similarity.option_values import ORDERS, PUBLISHED
from similarity.query.hybrid_query import HybridQuery
from similarity.ranking.hybrid import two_stage
from similarity.ranking.passages import PassageReader
from similarity.ranking.request.request_reader import Request
from similarity.ranking.results.hit_reader import HitReader
from similarity.ranking.results.hits import Hit, with_phrases
from similarity.ranking.selection import MIN_SHARE, Selector, recency
from similarity.ranking.state import Query, State
from similarity.reader.segment_reader import SegmentReader
from store.documents import articles
from store.index.segment_format import ID_BYTES, id_strings
from store.vectors import Ints

PART = 500
"""Hits that are scored at once."""

Part = tuple[int, Ints, Floats]
"""The number of a segment, rows of it, and their scores."""

Read = Callable[["HitPlaces"], list[Hit]]


@dataclass(frozen=True)
class HitPlaces:
    """Hits by their places in a snapshot: for each the number of a segment, a row of it, and its score."""

    state: State
    segments: Ints
    rows: Ints
    scores: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, start: int, stop: int) -> HitPlaces:
        """The hits from number *start* to *stop*."""
        return self.take(slice(start, stop))

    def take(self, wanted: Ints | slice) -> HitPlaces:
        """The hits with the numbers *wanted*, in that order."""
        return HitPlaces(self.state, self.segments[wanted], self.rows[wanted], self.scores[wanted])

    @property
    def keys(self) -> list[str]:
        """The ids of the articles."""
        return id_strings(self._ids)

    @property
    def published(self) -> Ints:
        """When the articles were published, in seconds since 1970; without a date long ago."""
        found = np.zeros(len(self), np.int64)
        for reader, own in self._by_segment():
            found[own] = reader.segment.published[self.rows[own]]
        return found

    @property
    def by_id(self) -> tuple[NDArray[np.unsignedinteger], NDArray[np.unsignedinteger]]:
        """Two sort keys, the second of which counts more: together the order of the ids."""
        first, last = np.ascontiguousarray(self._ids[:, :8]), np.ascontiguousarray(self._ids[:, 8:])
        return last.view(">u4").ravel(), first.view(">u8").ravel()

    @property
    def _ids(self) -> Bytes:
        found = np.zeros((len(self), ID_BYTES), np.uint8)
        for reader, own in self._by_segment():
            found[own] = reader.segment.ids[self.rows[own]]
        return found

    def _by_segment(self) -> Iterator[tuple[SegmentReader, Flags]]:
        for number in np.unique(self.segments).tolist():
            yield self.state.collection.segments[number].reader, self.segments == number


@dataclass
class AllHits:
    """The hits of a question. ``rank`` first; then ``total`` says how many there are, and ``read`` reads some."""

    state: State
    request: Request
    selector: Selector
    _parts: Callable[[], Iterator[Part]]
    _read: Read
    _places: HitPlaces | None = field(default=None, init=False)

    @property
    def total(self) -> int:
        """How many hits there are."""
        return len(self._ranked)

    def rank(self) -> Iterator[int]:
        """Rank all hits in short steps; after each, how many were ranked so far."""
        segments, rows, scores = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
        number = 0
        for segment, some, of_some in self._parts():
            passing = self._passing(HitPlaces(self.state, np.full(len(some), segment), some, of_some))
            segments.append(passing.segments)
            rows.append(passing.rows)
            scores.append(passing.scores)
            number += len(passing)
            yield number
        found = HitPlaces(self.state, np.concatenate(segments), np.concatenate(rows), np.concatenate(scores))
        self._places = found.take(self._order(found))

    def keys(self, start: int, stop: int) -> list[str]:
        """The ids of the hits from number *start* to *stop*."""
        return self._ranked.part(start, stop).keys

    def read(self, start: int, stop: int) -> list[Hit]:
        """The hits from number *start* to *stop*; those that were deleted since are missing."""
        return with_phrases(self.request.phrases, self._read(self._ranked.part(start, stop)))

    @property
    def _ranked(self) -> HitPlaces:
        if self._places is None:
            raise RuntimeError("the hits are not ranked yet")
        return self._places

    def _passing(self, places: HitPlaces) -> HitPlaces:
        """Those of *places* that are no worse than the threshold and whose texts pass."""
        places = places.take(np.flatnonzero(places.scores >= self.request.options.min_score))
        if not self.request.unchecked and not self.request.without:
            return places
        keys = places.keys
        passing = self.selector.passing(self.request, keys)
        return places.take(np.flatnonzero([key in passing for key in keys]))

    def _order(self, places: HitPlaces) -> Ints:
        """The numbers of *places* in the order that is asked for: see ``Selector.best``."""
        options, scores = self.request.options, places.scores
        if ORDERS[options.sort] == PUBLISHED:  # ~: unlike -, it turns the order of the smallest number too
            order = np.lexsort((*places.by_id, -scores, ~places.published))
            return order[scores[order] > MIN_SHARE * scores.max(initial=0.0)] if scores.any() else order
        if options.half_life is not None:
            now, half_life = time.time(), options.half_life.total_seconds()
            shares = np.array([recency(now - moment, half_life) for moment in places.published.tolist()], np.float64)
            return np.lexsort((*places.by_id, -scores, -scores * shares))
        return np.lexsort((*places.by_id, -scores))


def newest_first(state: State, request: Request, selector: Selector) -> AllHits:
    """All articles that pass the filter of *request*, the newest first, those without a date last."""

    def parts() -> Iterator[Part]:
        for number, segment in enumerate(state.collection.segments):
            rows = np.flatnonzero(state.allowed(request.article_filter, number, segment)[0])
            for some in _split(rows):
                yield number, some, np.zeros(len(some))

    def read(places: HitPlaces) -> list[Hit]:
        keys = places.keys
        stored = articles.read(selector.database, keys)
        return [Hit(stored[key].article, 0.0) for key in keys if key in stored]

    return _Newest(state, request, selector, parts, read)


class _Newest(AllHits):
    def _order(self, places: HitPlaces) -> Ints:
        return np.lexsort((*places.by_id, ~places.published))


def of_default_model(
    state: State,
    request: Request,
    selector: Selector,
    query: HybridQuery,
    reading: tuple[HitReader, PassageReader],
    without: tuple[int, int] | None,
) -> AllHits:
    """All hits of *query* by the default model, without the article at the place *without*."""
    reader, passages = reading

    def scored(places: HitPlaces) -> list[two_stage.ScoredDocument]:
        pairs = np.stack([places.segments, places.rows], axis=1).tolist()
        return two_stage.score_places(state, query, pairs, places.keys, passages.begin)

    def parts() -> Iterator[Part]:
        # All rows first: their scores are in arrays that other searches share.
        for number, rows in list(two_stage.hit_rows(state, query, request.article_filter, without)):
            for some in _split(rows):
                places = HitPlaces(state, np.full(len(some), number), some, np.zeros(len(some)))
                scores = np.array([document.score for document in scored(places)])
                yield number, some[scores > 0], scores[scores > 0]

    def read(places: HitPlaces) -> list[Hit]:
        return reader.explained(query, scored(places), request.options.explain)

    return AllHits(state, request, selector, parts, read)


def of_model(
    state: State, request: Request, selector: Selector, query: Query, reader: HitReader, without: tuple[int, int] | None
) -> AllHits:
    """All hits of *query* by one of the other models, without the article at the place *without*."""
    model = request.options.model

    def parts() -> Iterator[Part]:
        for number, (segment, scores) in enumerate(state.scores(model, query)):
            allowed, _ = state.allowed(request.article_filter, number, segment)
            found = allowed & (scores > 0)
            if without is not None and without[0] == number:
                found[without[1]] = False
            for some in _split(np.flatnonzero(found)):
                yield number, some, scores[some]

    def read(places: HitPlaces) -> list[Hit]:
        scored = list(zip(places.keys, places.scores.tolist(), strict=True))
        (hits,) = reader.of_model(model, [query], [scored])
        return hits

    return AllHits(state, request, selector, parts, read)


def _split(rows: Ints) -> Sequence[Ints]:
    return [rows[start : start + PART] for start in range(0, len(rows), PART)]
