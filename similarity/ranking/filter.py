"""Which articles a search may find: by source, kind, language and day, and by words that they have or lack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from similarity.arrays import Flags
from similarity.postings.inverted import InvertedIndex
from similarity.reader.segment_reader import LiveSegment, SegmentReader
from store.index.segment_format import NO_DATE, id_bytes

TokenIds = tuple[int, ...]
"""Ids of tokens in the index's dictionary."""


class Clause(NamedTuple):
    """Articles that have all tokens of one of ``words``, or all Han bigrams of one of ``bigrams``.

    Both empty: no article.
    """

    words: frozenset[TokenIds] = frozenset()
    bigrams: frozenset[TokenIds] = frozenset()

    def rows(self, reader: SegmentReader) -> Flags:
        """Which rows of a segment, live or deleted, these are: bool, shape (rows,)."""
        found = np.zeros(reader.rows, bool)
        for index, alternatives in ((reader.words, self.words), (reader.bigrams, self.bigrams)):
            _mark(found, index, alternatives)
        return found


def _mark(found: Flags, index: InvertedIndex, alternatives: Iterable[TokenIds]) -> None:
    """Set *found* (rows, bool) for the rows of *index* that have all tokens of one of *alternatives*."""
    for tokens in alternatives:
        ordinals, present = index.ordinals(np.array(tokens, np.int32))
        if not len(tokens) or not present.all():
            continue
        postings = sorted((index.rows[index.start[at] : index.start[at + 1]] for at in ordinals.tolist()), key=len)
        rows = postings[0]
        for other in postings[1:]:
            rows = rows[np.isin(rows, other, assume_unique=True)]
        found[rows] = True


@dataclass(frozen=True)
class Filter:
    """Which articles may be found.

    Those of one of ``sources`` and in one of ``languages``, published in a span (seconds since 1970). Of articles in
    ``ids`` alone, and of none in ``without_ids``. They match each of ``clauses`` and none of ``without``. None stands
    for any.
    """

    sources: frozenset[str] | None = None
    languages: frozenset[str] | None = None
    since: int | None = None
    until: int | None = None
    clauses: frozenset[Clause] = frozenset()
    without: frozenset[Clause] = frozenset()
    ids: frozenset[str] | None = None
    without_ids: frozenset[str] = frozenset()

    def allowed(self, live_segment: LiveSegment) -> tuple[Flags, int]:
        """Which live rows of a segment pass (rows, bool), and how many.

        The names of the segment's sources and languages and its range of days often decide for all rows together.
        """
        segment, reader = live_segment.reader.segment, live_segment.reader
        nothing = np.zeros(reader.rows, bool), 0
        if self == ALL:
            return live_segment.live, live_segment.number
        tests: list[Flags] = []
        if self.sources is not None:
            if live_segment.sources.isdisjoint(self.sources):
                return nothing
            tests.append(_one_of(segment.sources, segment.source_names, self.sources))
        if self.languages is not None:
            if self.languages.isdisjoint(segment.language_names):
                return nothing
            tests.append(_one_of(segment.languages, segment.language_names, self.languages))
        earliest, latest = reader.days
        if self.since is not None and earliest < self.since:
            if latest < self.since:
                return nothing
            tests.append(segment.published >= self.since)
        if self.until is not None:
            if earliest > self.until:
                return nothing
            if latest > self.until:
                tests.append(segment.published <= self.until)
            if earliest == NO_DATE:
                tests.append(segment.published != NO_DATE)
        if self.ids is not None:
            tests.append(_rows_of(reader, self.ids))
        if self.without_ids:
            tests.append(~_rows_of(reader, self.without_ids))
        tests += [clause.rows(reader) for clause in self.clauses]
        tests += [~clause.rows(reader) for clause in self.without]
        if not tests:
            return live_segment.live, live_segment.number
        allowed = live_segment.live.copy()
        for test in tests:
            allowed &= test
        return allowed, int(np.count_nonzero(allowed))


def _one_of(
    column: np.ndarray[tuple[int], np.dtype[np.uint16]], names: tuple[str, ...], wanted: frozenset[str]
) -> Flags:
    """Which rows have a *wanted* name, where *column* (rows,) has the number of each row's name in *names*."""
    passes: Flags = np.array([name in wanted for name in names], bool)[column]
    return passes


def _rows_of(reader: SegmentReader, ids: frozenset[str]) -> Flags:
    """Which rows are those of the articles *ids*: bool, shape (rows,)."""
    found = np.zeros(reader.rows, bool)
    if ids:
        rows = reader.segment.rows_of(id_bytes(sorted(ids)))
        found[rows[rows >= 0]] = True
    return found


ALL = Filter()
