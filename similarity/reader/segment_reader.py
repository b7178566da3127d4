"""Segment readers: a decoded segment with its inverted indexes, and which of its rows are live."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Flags, Tokens
from similarity.postings.bitsets import Bitsets, bitsets
from similarity.postings.inverted import InvertedIndex, invert, invert_vectors
from similarity.reader.statistics import Statistics
from store.connection import Document
from store.index.manifest import SegmentEntry
from store.index.segment_format import FIELDS, NO_DATE, Segment, decode, encode, id_bytes
from store.vectors import CorruptVector, Ints

log = logging.getLogger(__name__)

WORDS, BIGRAMS, EMBEDDINGS = "words", "bigrams", "meaning"
"""Vector fields of a segment. The last name is older than the term."""


@dataclass(frozen=True, eq=False)
class SegmentReader:
    """An immutable segment: its stored fields (``segment``) and inverted indexes of its words and Chinese bigrams.

    ``bitsets``: those of its frequent words. ``name``: the sha256 of the segment, "" for one in memory alone.
    """

    segment: Segment
    words: InvertedIndex
    bigrams: InvertedIndex
    bitsets: Bitsets
    name: str = ""

    @property
    def rows(self) -> int:
        """The number of its documents, live or not."""
        return self.segment.documents

    @cached_property
    def days(self) -> tuple[int, int]:
        """The earliest and the latest time of its articles; the former is NO_DATE where one has no date."""
        published = self.segment.published
        return (int(published.min()), int(published.max())) if self.rows else (NO_DATE, NO_DATE)

    @cached_property
    def lengths(self) -> NDArray[np.unsignedinteger]:
        """Lengths in tokens (rows, uint16 if they fit, else uint32): every query reads nearly all of them."""
        lengths = self.segment.lengths
        if int(lengths.max(initial=0)) <= np.iinfo(np.uint16).max:
            lengths = lengths.astype(np.uint16)
            lengths.flags.writeable = False  # as in a mapped file: numba would compile once more for writable arrays
        return lengths

    @cached_property
    def newest(self) -> int:
        """The highest revision of its articles, 0 without any."""
        return int(self.segment.revisions.max()) if self.rows else 0

    def document(self, row: int) -> Document:
        """The fields of an article's MongoDB document that are in the index, from its *row*."""
        stored = self.segment
        return {
            "_id": stored.ids[row].tobytes().hex(),
            "revision": int(stored.revisions[row]),
            "length": int(stored.lengths[row]),
            "published": _moment(int(stored.published[row])),
            "source": stored.source_names[stored.sources[row]],
            "language": stored.language_names[stored.languages[row]],
        } | {field: self.packed(name, row) for name, field in FIELDS.items()}

    def packed(self, field: str, row: int) -> bytes:
        """The packed vector of *row* in *field* (``WORDS``, ``BIGRAMS`` or ``EMBEDDINGS``)."""
        start = self.segment.vector_start[field]
        return self.segment.vectors[field][start[row] : start[row + 1]].tobytes()

    def frequencies(self, rows: Ints, field: str = WORDS) -> tuple[Tokens, Ints]:
        """The tokens of *rows* in *field*, and in how many of these rows each occurs; read from the packed vectors."""
        start, vectors = self.segment.vector_start[field].astype(np.int64), self.segment.vectors[field]
        parts = [vectors[start[row] : start[row + 1]] for row in rows]
        ends = np.cumsum([0, *(len(part) for part in parts)])
        packed = np.concatenate(parts)
        packed.flags.writeable = False
        index = invert(packed, ends, np.ones(len(rows), np.int64))
        return index.tokens, index.document_frequencies()


def _moment(seconds: int) -> datetime | None:
    # Not fromtimestamp, which refuses years that a datetime can hold.
    return None if seconds == NO_DATE else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def open_segment(data: bytes | memoryview, name: str = "") -> SegmentReader:
    """A reader of the segment in *data*. Raises DamagedSegment, CorruptVector."""
    segment = decode(data)
    words, pairs = (
        invert(segment.vectors[field], segment.vector_start[field], segment.lengths) for field in (WORDS, BIGRAMS)
    )
    return SegmentReader(segment, words, pairs, bitsets(words, segment.documents), name)


def pending_segment(documents: list[Document]) -> SegmentReader:
    """A reader of articles that no segment has yet. Articles with a damaged vector are logged and left out."""
    try:
        return open_segment(encode(documents))
    except CorruptVector:
        return open_segment(encode(_readable(documents)))


def _readable(documents: list[Document]) -> list[Document]:
    vectors = [bytes(document["vector"]) for document in documents]
    try:
        invert_vectors(vectors, np.ones(len(vectors), np.int64))
    except CorruptVector as error:
        if len(documents) == 1:
            log.warning("article %s cannot be found, %s: crawl or reread it", documents[0]["_id"], error)
            return []
        half = len(documents) // 2
        return _readable(documents[:half]) + _readable(documents[half:])
    return documents


@dataclass(frozen=True, eq=False)
class LiveSegment:
    """A segment in one snapshot: its reader and which rows are live, as Lucene's ``liveDocs`` (rows, bool).

    ``entry``: its entry in the manifest, None for one that is in memory alone.
    """

    reader: SegmentReader
    live: Flags
    entry: SegmentEntry | None = None

    @cached_property
    def number(self) -> int:
        """The number of live rows."""
        return int(np.count_nonzero(self.live))

    @cached_property
    def sources(self) -> frozenset[str]:
        """Sources of the live rows."""
        segment = self.reader.segment
        used = np.bincount(segment.sources[self.live], minlength=len(segment.source_names))
        return frozenset(name for name, number in zip(segment.source_names, used, strict=True) if number)

    @cached_property
    def dead(self) -> Flags:
        """The rows that are deleted by the manifest (rows, bool)."""
        dead = np.zeros(self.reader.rows, bool)
        if self.entry is not None:
            dead[self.entry.deleted_rows] = True
        return dead

    def row_of(self, key: NDArray[np.uint8]) -> int | None:
        """The row of the article with the id *key* (12, uint8) if it is live here."""
        row = int(self.reader.segment.rows_of(key.reshape(1, -1))[0])
        return row if row >= 0 and self.live[row] else None

    def updated(self, ids: Collection[str], pending: Mapping[str, int], deleted: Mapping[str, int]) -> LiveSegment:
        """This segment with the rows of *ids* live, except those that are *pending* elsewhere or *deleted*."""
        wanted = list(ids)
        rows = self.reader.segment.rows_of(id_bytes(wanted)) if wanted else np.zeros(0, np.int64)
        known = np.flatnonzero(rows >= 0)
        if not len(known):
            return self
        live = self.live.copy()
        for number in known.tolist():
            key, row = wanted[number], int(rows[number])
            hidden = key in pending or deleted.get(key, -1) >= int(self.reader.segment.revisions[row])
            live[row] = not hidden and not self.dead[row]
        return self if np.array_equal(live, self.live) else LiveSegment(self.reader, live, self.entry)


def updated_statistics(
    statistics: Statistics, reader: SegmentReader, before: Flags | None, after: Flags | None
) -> Statistics:
    """*statistics* after the live rows of a segment change from *before* to *after* (rows, bool; None: no rows).

    Where most of the segment changes, its document frequencies are added or subtracted as a whole, then corrected.
    """
    if before is None and after is not None and 2 * np.count_nonzero(after) > reader.rows:
        whole = reader.words
        lengths = int(reader.segment.lengths.sum(dtype=np.int64))
        statistics = statistics.plus(reader.rows, lengths, whole.tokens, whole.document_frequencies())
        before = np.ones(reader.rows, bool)
    elif after is None and before is not None and 2 * np.count_nonzero(before) > reader.rows:
        whole = reader.words
        lengths = int(reader.segment.lengths.sum(dtype=np.int64))
        statistics = statistics.plus(-reader.rows, -lengths, whole.tokens, -whole.document_frequencies())
        after = np.ones(reader.rows, bool)
    none = np.zeros(reader.rows, bool)
    before, after = none if before is None else before, none if after is None else after
    for rows, sign in ((np.flatnonzero(before & ~after), -1), (np.flatnonzero(after & ~before), 1)):
        if len(rows):
            tokens, numbers = reader.frequencies(rows)
            length = int(reader.segment.lengths[rows].sum(dtype=np.int64))
            statistics = statistics.plus(sign * len(rows), sign * length, tokens, sign * numbers)
    return statistics
