"""Inversion of packed vectors: from the tokens of each document to the documents of each token.

Writing each posting straight to its posting list would miss the processor's caches nearly every time. So this is a
radix sort in two passes: postings first go into up to 1,024 buckets by token id, each filled from one end to the
other, and then bucket by bucket into their posting lists.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Bytes, Floats
from similarity.jit import compiled
from store.vectors import CorruptVector, Ints

ESCAPE = 255
"""The byte of a count that is too large for a byte; the count itself is in a side table."""

_SPAN = 10  # bits: token ids are counted in spans of 1,024
_BUCKETS = 1024
_LARGEST = 0x7FFFFFFE  # token id or count
_CUT_OFF, _TOO_LARGE, _NOT_ASCENDING, _TOO_LONG = 1, 2, 3, 4
_FAULTS = {
    _CUT_OFF: "a packed vector is cut off",
    _TOO_LARGE: "a number in a packed vector is too large",
    _NOT_ASCENDING: "ids in a packed vector do not ascend",
    _TOO_LONG: "a packed vector goes on behind its end",
}


class Inversion(NamedTuple):
    """The fields of ``similarity.postings.inverted.InvertedIndex`` that follow from the vectors alone; see there."""

    tokens: NDArray[np.int32]
    start: NDArray[np.uint32]
    rows: NDArray[np.uint16]
    counts: Bytes
    norms: Floats
    large_at: NDArray[np.uint32]
    large: NDArray[np.int32]


def inversion(packed: Bytes, start: Ints) -> Inversion:
    """Invert the vectors ``packed[start[i]:start[i + 1]]``, at most 65,536 of them.

    *packed*: (bytes, uint8); *start*: (documents + 1, int64). Raises CorruptVector, and ValueError for 2³² postings.
    """
    fault, spans, large_counts = _survey(packed, start)
    if fault:
        raise CorruptVector(_FAULTS[fault])
    postings = int(spans.sum())
    if postings > np.iinfo(np.uint32).max:
        raise ValueError(f"{postings:,} postings are too many for a segment")
    # Spans without a token are left out: one far too high id, of a damaged vector, must not cost memory for all below.
    used = np.flatnonzero(spans)
    span_of = np.cumsum(spans > 0) - 1
    bucket_of = np.minimum(np.cumsum(spans[used]) * _BUCKETS // max(postings, 1), _BUCKETS - 1)
    sizes = np.bincount(bucket_of, weights=spans[used], minlength=_BUCKETS).astype(np.int64)
    bucket_start = np.concatenate([[0], np.cumsum(sizes)])
    first_span = np.searchsorted(bucket_of, np.arange(_BUCKETS + 1))
    entries, norms, large = _partition(
        packed, start, span_of, bucket_of, bucket_start[:-1].copy(), postings, large_counts
    )
    places, list_start, rows, counts = _scatter(entries, bucket_start, first_span << _SPAN)
    tokens = (used[places >> _SPAN] << _SPAN | places & (1 << _SPAN) - 1).astype(np.int32)
    # Both in the order of postings: by token, then by row.
    large_at = np.flatnonzero(counts == ESCAPE).astype(np.uint32)
    large_in_order = large[np.lexsort((large[:, 0], large[:, 1])), 2].astype(np.int32)
    return Inversion(tokens, list_start, rows, counts, norms, large_at, large_in_order)


@compiled
def _number(packed: Bytes, at: int) -> tuple[int, int]:
    """The LEB128 number at *at* and the offset behind it. One that is too long gives a value above ``_LARGEST``."""
    byte = int(packed[at])
    at += 1
    value, shift = byte & 127, 7
    while byte > 127:
        byte = int(packed[at])
        at += 1
        if shift < 35:
            value |= (byte & 127) << shift
        elif byte:
            value = 1 << 40
        shift += 7
    return value, at


@compiled
def _survey(packed: Bytes, start: Ints) -> tuple[int, Ints, int]:
    """Check all vectors: a key of ``_FAULTS`` or 0, postings by span of token ids, and the number of large counts.

    Later passes need no checks.
    """
    spans = np.zeros(1 << 10, np.int64)
    large_counts = 0
    for row in range(len(start) - 1):
        at, end = int(start[row]), int(start[row + 1])
        # No number runs over the end if the last byte is the last one of a number.
        if at >= end or packed[end - 1] > 127:
            return _CUT_OFF, spans, 0
        size, at = _number(packed, at)
        token, counts = -1, 0
        for place in range(size):
            if at >= end:
                return _CUT_OFF, spans, 0
            value, at = _number(packed, at)
            gap = value >> 1
            if place and not gap:
                return _NOT_ASCENDING, spans, 0
            token = token + gap if place else gap
            counts += 1 - (value & 1)  # a set bit: the count is 1 and is not stored
            if token > _LARGEST:
                return _TOO_LARGE, spans, 0
            span = token >> _SPAN
            if span >= len(spans):
                larger = np.zeros(2 * span + 1, np.int64)
                for known in range(len(spans)):
                    larger[known] = spans[known]
                spans = larger
            spans[span] += 1
        for _ in range(counts):
            if at >= end:
                return _CUT_OFF, spans, 0
            value, at = _number(packed, at)
            if value > _LARGEST:
                return _TOO_LARGE, spans, 0
            large_counts += value >= ESCAPE
        if at != end:
            return _TOO_LONG, spans, 0
    return 0, spans, large_counts


@compiled
def _partition(
    packed: Bytes, start: Ints, span_of: Ints, bucket_of: Ints, next_in: Ints, postings: int, large_counts: int
) -> tuple[Ints, Floats, Ints]:
    """Postings in their buckets, each ``token within used spans << 24 | row << 8 | count`` (int64); norms of documents;
    and row, token and count of each large count.
    """
    entries = np.empty(postings, np.int64)
    norms = np.zeros(len(start) - 1)
    large = np.empty((large_counts, 3), np.int64)
    size = 0
    for row in range(len(start) - 1):
        number, first = _number(packed, int(start[row]))
        counts_at = first
        for _ in range(number):
            while packed[counts_at] > 127:
                counts_at += 1
            counts_at += 1
        at, token, squares = first, 0, 0.0
        for _ in range(number):
            value, at = _number(packed, at)
            token += value >> 1
            count = 1
            if not value & 1:
                count, counts_at = _number(packed, counts_at)
                if count >= ESCAPE:
                    large[size, 0], large[size, 1], large[size, 2] = row, token, count
                    size += 1
            squares += float(count) * count
            span = span_of[token >> _SPAN]
            bucket = bucket_of[span]
            place = span << _SPAN | token & (1 << _SPAN) - 1
            entries[next_in[bucket]] = place << 24 | row << 8 | min(count, ESCAPE)
            next_in[bucket] += 1
        norms[row] = np.sqrt(squares)
    return entries, norms, large


@compiled
def _scatter(
    entries: Ints, bucket_start: Ints, first_token: Ints
) -> tuple[NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint16], Bytes]:
    """Tokens (within used spans), start, rows and counts of posting lists; *entries* are in their buckets by row."""
    limit = min(first_token[-1], len(entries))
    tokens, start = np.empty(limit, np.int32), np.empty(limit + 1, np.uint32)
    rows, counts = np.empty(len(entries), np.uint16), np.empty(len(entries), np.uint8)
    lists, filled = 0, 0
    for bucket in range(len(bucket_start) - 1):
        first, last = bucket_start[bucket], bucket_start[bucket + 1]
        if first == last:
            continue
        base = first_token[bucket]
        place_of = np.zeros(first_token[bucket + 1] - base, np.int64)
        for place in range(first, last):
            place_of[(entries[place] >> 24) - base] += 1
        for offset in range(len(place_of)):
            number = place_of[offset]
            if number:
                tokens[lists], start[lists] = base + offset, filled
                place_of[offset] = filled
                filled += number
                lists += 1
        for place in range(first, last):
            entry = entries[place]
            offset = (entry >> 24) - base
            to = place_of[offset]
            place_of[offset] = to + 1
            rows[to], counts[to] = (entry >> 8) & 0xFFFF, entry & 0xFF
    start[lists] = filled
    return tokens[:lists].copy(), start[: lists + 1].copy(), rows, counts
