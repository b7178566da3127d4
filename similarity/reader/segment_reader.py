"""A segment in memory: its articles' facts, its postings by token, and which of its rows can be found."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from similarity.bitsets import Bitsets, bitsets
from similarity.postings import Columns, columns, columns_of
from similarity.statistics import Statistics, Tokens
from store.connection import Document
from store.manifest import Entry
from store.segments import FIELDS, NEVER, Segment, decode, encode, id_bytes
from store.vectors import CorruptVector, Ints

log = logging.getLogger(__name__)

Flags = NDArray[np.bool_]
WORDS, BIGRAMS, MEANING = "words", "bigrams", "meaning"


@dataclass(frozen=True, eq=False)
class Block:
    """A segment and its postings, by words and by pairs of Han characters; never changed.

    ``name`` is the segment's, "" for articles that no segment has yet. ``frequent`` has the words of many articles once
    more.
    """

    segment: Segment
    columns: Columns
    pairs: Columns
    frequent: Bitsets
    name: str = ""

    @property
    def rows(self) -> int:
        """How many documents it has, found or not."""
        return self.segment.documents

    @cached_property
    def days(self) -> tuple[int, int]:
        """The earliest and the latest time of its articles; the former is NEVER where one has no date."""
        published = self.segment.published
        return (int(published.min()), int(published.max())) if self.rows else (NEVER, NEVER)

    @cached_property
    def lengths(self) -> NDArray[np.unsignedinteger]:
        """Lengths of the documents in tokens, in two bytes each if they fit: every query reads nearly all of them."""
        lengths = self.segment.lengths
        if int(lengths.max(initial=0)) <= np.iinfo(np.uint16).max:
            lengths = lengths.astype(np.uint16)
            lengths.flags.writeable = False  # as arrays of a cache file are: numba compiles for each kind apart
        return lengths

    @cached_property
    def newest(self) -> int:
        """The highest revision in it."""
        return int(self.segment.revisions.max()) if self.rows else 0

    def document(self, row: int) -> Document:
        """What an article's document says of the fields that the index is made of."""
        held = self.segment
        return {
            "_id": held.ids[row].tobytes().hex(),
            "revision": int(held.revisions[row]),
            "length": int(held.lengths[row]),
            "published": _moment(int(held.published[row])),
            "source": held.source_names[held.sources[row]],
            "language": held.language_names[held.languages[row]],
        } | {field: self.packed(name, row) for name, field in FIELDS.items()}

    def packed(self, field: str, row: int) -> bytes:
        """The bytes that a row has in one of the segment's fields."""
        start = self.segment.vector_start[field]
        return self.segment.vectors[field][start[row] : start[row + 1]].tobytes()

    def frequencies(self, rows: Ints) -> tuple[Tokens, Ints]:
        """Of the tokens of *rows*: in how many of these rows each occurs. Read from the packed vectors."""
        start, vectors = self.segment.vector_start[WORDS].astype(np.int64), self.segment.vectors[WORDS]
        parts = [vectors[start[row] : start[row + 1]] for row in rows]
        ends = np.cumsum([0, *(len(part) for part in parts)])
        packed = np.concatenate(parts)
        packed.flags.writeable = False
        some = columns(packed, ends, np.ones(len(rows), np.int64))
        return some.tokens, some.frequencies()


def _moment(seconds: int) -> datetime | None:
    # Not fromtimestamp, which refuses years that a datetime can hold.
    return None if seconds == NEVER else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def block_of(data: bytes | memoryview, name: str = "") -> Block:
    """The block of the segment in *data*. Raises DamagedSegment, CorruptVector."""
    segment = decode(data)
    words, pairs = (
        columns(segment.vectors[field], segment.vector_start[field], segment.lengths) for field in (WORDS, BIGRAMS)
    )
    return Block(segment, words, pairs, bitsets(words, segment.documents), name)


def small_block(documents: list[Document]) -> Block:
    """The block of articles that no segment has yet. One whose vector is damaged is named in the log and left out."""
    try:
        return block_of(encode(documents))
    except CorruptVector:
        return block_of(encode(_readable(documents)))


def _readable(documents: list[Document]) -> list[Document]:
    vectors = [bytes(document["vector"]) for document in documents]
    try:
        columns_of(vectors, np.ones(len(vectors), np.int64))
    except CorruptVector as error:
        if len(documents) == 1:
            log.warning("article %s cannot be found, %s: crawl or reread it", documents[0]["_id"], error)
            return []
        half = len(documents) // 2
        return _readable(documents[:half]) + _readable(documents[half:])
    return documents


@dataclass(frozen=True, eq=False)
class Held:
    """A block in one state of the index: ``alive`` rows can be found. ``entry``: its line of the manifest."""

    block: Block
    alive: Flags
    entry: Entry | None = None

    @cached_property
    def number(self) -> int:
        """How many rows can be found."""
        return int(np.count_nonzero(self.alive))

    @cached_property
    def sources(self) -> frozenset[str]:
        """Sources of the rows that can be found."""
        segment = self.block.segment
        used = np.bincount(segment.sources[self.alive], minlength=len(segment.source_names))
        return frozenset(name for name, number in zip(segment.source_names, used, strict=True) if number)

    @cached_property
    def ended(self) -> Flags:
        """The rows that the manifest calls dead."""
        ended = np.zeros(self.block.rows, bool)
        if self.entry is not None:
            ended[self.entry.dead_rows] = True
        return ended

    def row_of(self, key: NDArray[np.uint8]) -> int | None:
        """The row of the article with the id *key* (12 bytes) if it can be found here."""
        row = int(self.block.segment.rows_of(key.reshape(1, -1))[0])
        return row if row >= 0 and self.alive[row] else None

    def looked_at_again(self, ids: Collection[str], pending: Mapping[str, int], deleted: Mapping[str, int]) -> Held:
        """With the rows of *ids* alive if nothing says otherwise: what is pending stands in place of a packed row."""
        wanted = list(ids)
        rows = self.block.segment.rows_of(id_bytes(wanted)) if wanted else np.zeros(0, np.int64)
        places = np.flatnonzero(rows >= 0)
        if not len(places):
            return self
        alive = self.alive.copy()
        for place in places.tolist():
            key, row = wanted[place], int(rows[place])
            gone = key in pending or deleted.get(key, -1) >= int(self.block.segment.revisions[row])
            alive[row] = not gone and not self.ended[row]
        return self if np.array_equal(alive, self.alive) else Held(self.block, alive, self.entry)


def changed(statistics: Statistics, block: Block, before: Flags | None, after: Flags | None) -> Statistics:
    """*statistics* once the rows *before* of *block* count no more and the rows *after* do (None: no rows)."""
    if before is None and after is not None and 2 * np.count_nonzero(after) > block.rows:
        whole = block.columns
        lengths = int(block.segment.lengths.sum(dtype=np.int64))
        statistics = statistics.plus(block.rows, lengths, whole.tokens, whole.frequencies())
        before = np.ones(block.rows, bool)
    elif after is None and before is not None and 2 * np.count_nonzero(before) > block.rows:
        whole = block.columns
        lengths = int(block.segment.lengths.sum(dtype=np.int64))
        statistics = statistics.plus(-block.rows, -lengths, whole.tokens, -whole.frequencies())
        after = np.ones(block.rows, bool)
    none = np.zeros(block.rows, bool)
    before, after = none if before is None else before, none if after is None else after
    for rows, sign in ((np.flatnonzero(before & ~after), -1), (np.flatnonzero(after & ~before), 1)):
        if len(rows):
            tokens, numbers = block.frequencies(rows)
            length = int(block.segment.lengths[rows].sum(dtype=np.int64))
            statistics = statistics.plus(sign * len(rows), sign * length, tokens, sign * numbers)
    return statistics
