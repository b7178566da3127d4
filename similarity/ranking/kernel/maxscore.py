"""Exact top-k search over the inverted indexes of all segments, in one compiled call: MaxScore with bitset bounds.

The score of a document is the sum, over the tokens of the query, of

    weight * count / (saturation * count + base + slope * norm)

where ``count`` is how often the document contains the token; see ``similarity.ranking.models`` for the rest.

MaxScore (H. Turtle and J. Flood, "Query evaluation: strategies and optimizations", Information Processing & Management
31(6), 1995; Lucene's ``MaxScoreBulkScorer``) knows for each posting list the most that it can add. Once the lists that
are left can add less than the k-th best score so far (the threshold, Lucene's "minimum competitive score"), a document
that has no score yet cannot be a hit. From then on only documents that have one are looked up in these lists.

Differences from Lucene: we go term at a time through a segment of at most 65,536 documents, with an array of sums, and
not document at a time. And where Lucene has the highest impact of each block of 128 postings (block-max), we have for
each frequent token bitsets of the documents that contain it at least 1, 2, 3, ... times (``postings.bitsets``). They
bound each document by itself. One segment is searched like this (``_collect``):

1. The query's tokens come rarest first. The posting lists of the rare ones are added to ``sums``.
2. When only frequent tokens are left, ``_reachable`` computes from the bitsets, 64 documents at a time and in 16 bits,
   what each document can reach at most. ``_kth_score`` completes the few that can reach most: the k-th best of these is
   a lower bound of the threshold. Documents that cannot reach it drop out.
3. ``_narrowed`` replaces bounds by exact contributions, those of the most uncertain tokens first; more drop out.
4. The remaining candidates are completed, in the order of the tokens, by look-ups in the posting lists (by rank in a
   bitset, else by galloping search). Where they are too many, whole posting lists are added instead.
5. The completed ones are offered to the heap of the k best (``_offer``).

Segments come in descending order of the most that a document of theirs can reach; once that is below the threshold,
they are skipped. Equal documents get equal scores to the last bit, because all segments use one order of the tokens.
Equal scores are ordered by id, in ``_comes_before``; see ``similarity.ranking`` on ties.

Everything compiled is in this one file: numba's cache does not notice a change in another file (see
``similarity.jit``). For the same reason the tuples and column numbers that Python code shares with the kernel are
defined here. Arrays are one-dimensional where no shape is given.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import carray
from numpy.typing import NDArray

from similarity.arrays import Bytes, Flags, Floats, Tokens
from similarity.jit import compiled
from similarity.postings.bitsets import FREQUENT, WINDOW, Bits
from similarity.postings.inversion import ESCAPE
from store.vectors import Ints

Rows = NDArray[np.uint16]

_SEARCH_COST = 48
"""A look-up of one document by galloping search costs as much as adding about this many postings."""
_RANK_COST = 4
"""The same for a look-up by rank in a bitset."""
_ABOVE = 1.000001
"""Sums in another order differ in the last digits; this factor keeps a bound above them."""
_NEGLIGIBLE = 0.05
"""The last tokens are left out of the bitset bounds if they can add at most this share of the threshold."""
_TOGETHER = 4
"""Bitsets that are added in one pass."""
_MIN_SELECTIVITY = 6
"""If more than one in this many documents is left, adding whole posting lists is faster than completing these."""
_MAX_FRUITLESS = 2
"""After this many segments in which too many documents were left, the bitsets are not used any more."""
_WORTH_COUNTING = 32
"""Candidates are counted before a posting list that has one in this many documents or more is added."""
_FEW = 256
"""Up to this many candidates are completed without a search for a better threshold."""
_MORE = 30
"""``_kth_score`` completes this many documents more than the k that are wanted."""
_MAX_COMPLETED = 1000
"""For a higher k ``_kth_score`` would cost more than it saves."""
_ID_BYTES = 12
_TINY = 5e-324
"""The smallest positive number: as a threshold it lets pass every document with a score above 0."""


class Column(IntEnum):
    """Columns of the segment table (see ``kernel_tables.table``): addresses of arrays, then their sizes.

    ``TOKENS`` to ``LARGE`` are those of ``InvertedIndex``, ``BITSET_...`` those of ``Bitsets``.
    """

    TOKENS = 0
    START = 1
    ROWS = 2
    COUNTS = 3
    LARGE_AT = 4
    LARGE = 5
    BOUNDS = 6
    NORMS = 7
    IDS = 8
    BITSET_COLUMNS = 9
    BITSET_FIRST = 10
    BITSET_COUNTS = 11
    BITSET_MOST = 12
    BITSET_WORDS = 13
    BITSET_RANKS = 14
    NUM_TOKENS = 15
    NUM_LARGE = 16
    NUM_DOCUMENTS = 17
    NUM_FREQUENT = 18
    NUM_BITSETS = 19


class FilterColumn(IntEnum):
    """Columns of the filter table (see ``kernel_tables.filter_table``)."""

    FLAGS = 0  # address of a bool for each document
    ROWS = 1  # address of the allowed rows (uint16, ascending), where they are few
    NUM_ROWS = 2  # how many are listed, 0 where they are not few
    NUM_ALLOWED = 3


class TfNormalization(NamedTuple):
    """The three numbers of the score formula: see the module."""

    saturation: float
    base: float
    slope: float


class KernelIndex(NamedTuple):
    """S segments under a model and a filter."""

    segments: Ints  # (S, 20), int64: see Column
    filters: Ints  # (S, 4), int64: see FilterColumn
    limits: Floats  # (S, 2), float64: SegmentNorms.bound_scale and typical_norm
    normalization: TfNormalization
    norm_type: NDArray[Any]  # empty; its dtype is that of all norms


class KernelQuery(NamedTuple):
    """T tokens, in the same order for all segments."""

    tokens: Tokens  # (T,), int32, rarest first
    weights: Floats  # (T,), float64
    excluded: tuple[int, int]  # segment and row of a document that is left out, (-1, -1) for none


class KernelScratch(NamedTuple):
    """Memory of one thread, which need not be cleared between queries; N is ``MAX_ROWS``."""

    sums: Floats  # (N,), float64: scores so far; all zeros between segments
    positions: Rows  # (N + 1,), uint16: postings of allowed documents
    candidates: Rows  # (N + 1,), uint16: rows, ascending; one more is written than counts
    gains: Rows  # (4 * WINDOW,), uint16: what each document can gain at most, quantized
    flags: Flags  # (N + 8,), bool
    reach: Floats  # (N,), float64: what each of the candidates can reach at most


class TopK(NamedTuple):
    """A heap of the k best documents so far, the worst of them on top; k is the length of the arrays."""

    scores: Floats  # (k,), float64
    ids: Bytes  # (k, 12), uint8
    places: Ints  # (k, 2), int64: segment and row
    size: Ints  # (1,), int64: how many of the k are filled


class Progress(NamedTuple):
    """Shared by the threads that search for one query."""

    next_segment: Ints  # (1,), int64: how many segments have been taken
    threshold: Floats  # (1,), float64: what a document has to reach, by all threads


class Postings(NamedTuple):
    """Posting lists of a segment (see ``InvertedIndex``) and what turns counts into contributions."""

    rows: Rows
    counts: Bytes
    large_at: NDArray[np.uint32]
    large: NDArray[np.int32]
    norms: NDArray[Any]
    normalization: TfNormalization


class _SegmentBitsets(NamedTuple):
    """``similarity.postings.bitsets.Bitsets`` with ``words`` (S, W) and ``ranks`` (F, W) in two dimensions."""

    columns: NDArray[np.int32]
    first: NDArray[np.int32]
    counts: NDArray[np.int32]
    most: NDArray[np.int32]
    words: Bits
    ranks: Rows


class _Terms(NamedTuple):
    """The query's T tokens in one segment."""

    weights: Floats  # (T,), float64
    first: Ints  # (T,), int64: where the posting list begins
    last: Ints  # (T,), int64: where it ends; as first for a token that does not occur
    frequent: Ints  # (T,), int64: the token's number among those with bitsets, -1 for none
    remaining: Floats  # (T + 1,), float64: the most that the tokens from each one on can add


class _Steps(NamedTuple):
    """The bitsets of some terms with their gains.

    The gain of a bitset is how much more of the term a document in it can score than one that is only in the bitsets
    before it. It has to be divided by ``saturation + scale`` of the document; see ``_steps``.
    """

    sets: Ints  # (S,), int64: numbers of bitsets; S is a multiple of _TOGETHER
    gains: Floats  # (S,), float64: weight times _times
    begin: Ints  # (T,), int64: where in sets those of a term begin
    doubt: Floats  # (T,), float64: by how much the bound of a document in the last set of a term can be too high
    scale: float  # of a document with the typical norm: base + slope * norm


# Intrinsics: instructions that numba cannot express.


def _as_pointer(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


_pointer: Any = intrinsic(_as_pointer)
"""An address (int64) as the pointer that ``carray`` takes."""


def _adding_where(typing_context: Any, numbers: Any, at: Any, bits: Any, added: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, at, bits, added = arguments
        several = ir.VectorType(ir.IntType(16), 64)
        place = builder.bitcast(builder.gep(pointer, [at]), several.as_pointer())
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
        sums = builder.load(place, align=2)
        for lane in range(_TOGETHER):
            number = builder.extract_value(added, lane)
            alone = builder.insert_element(ir.Constant(several, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
            repeated = builder.shuffle_vector(alone, ir.Constant(several, ir.Undefined), everywhere)
            chosen = builder.bitcast(builder.extract_value(bits, lane), ir.VectorType(ir.IntType(1), 64))
            sums = builder.add(sums, builder.select(chosen, repeated, ir.Constant(several, [0] * 64)))
        builder.store(sums, place, align=2)
        return context.get_dummy_value()

    counters: Any = types.CPointer(types.uint16)
    return types.void(counters, types.intp, bits, added), generate


_add_where: Any = intrinsic(_adding_where)
"""Add a number to those of 64 numbers (uint16) whose bit is set, four times. As a loop this takes twenty times as long.
"""


def _taking(typing_context: Any, counter: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", arguments[0], ir.Constant(ir.IntType(64), 1), "monotonic")

    counters: Any = types.CPointer(types.int64)
    return types.int64(counters), generate


_fetch_add: Any = intrinsic(_taking)
"""Atomic fetch-and-add of 1: no two threads get the same number."""


def _counting_bits(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


_popcount: Any = intrinsic(_counting_bits)


# Arrays of a segment, by their addresses.


@compiled
def _postings(segment: Ints, normalization: TfNormalization, norm_type: NDArray[Any]) -> Postings:
    tokens, large, documents = segment[Column.NUM_TOKENS], segment[Column.NUM_LARGE], segment[Column.NUM_DOCUMENTS]
    size = int(carray(_pointer(segment[Column.START]), tokens + 1, np.uint32)[tokens])
    return Postings(
        carray(_pointer(segment[Column.ROWS]), size, np.uint16),
        carray(_pointer(segment[Column.COUNTS]), size, np.uint8),
        carray(_pointer(segment[Column.LARGE_AT]), large, np.uint32),
        carray(_pointer(segment[Column.LARGE]), large, np.int32),
        carray(_pointer(segment[Column.NORMS]), documents, norm_type.dtype),
        normalization,
    )


@compiled
def _bitsets(segment: Ints) -> _SegmentBitsets:
    frequent, sets = segment[Column.NUM_FREQUENT], segment[Column.NUM_BITSETS]
    length = -(-segment[Column.NUM_DOCUMENTS] // WINDOW) * (WINDOW // 64)
    return _SegmentBitsets(
        carray(_pointer(segment[Column.BITSET_COLUMNS]), frequent, np.int32),
        carray(_pointer(segment[Column.BITSET_FIRST]), frequent + 1, np.int32),
        carray(_pointer(segment[Column.BITSET_COUNTS]), sets, np.int32),
        carray(_pointer(segment[Column.BITSET_MOST]), frequent, np.int32),
        carray(_pointer(segment[Column.BITSET_WORDS]), (sets, length), np.uint64),
        carray(_pointer(segment[Column.BITSET_RANKS]), (frequent, length), np.uint16),
    )


@compiled
def _ids(segment: Ints) -> Bytes:
    return carray(_pointer(segment[Column.IDS]), (segment[Column.NUM_DOCUMENTS], _ID_BYTES), np.uint8)


@compiled
def _allowed_flags(filters: Ints, documents: int) -> Flags:
    return carray(_pointer(filters[FilterColumn.FLAGS]), documents, np.bool_)


# Contributions of postings.


# A copy of the one in ``similarity.postings.inverted`` with a search of its own, which is compiled to less code.
@compiled
def _count(counts: Bytes, large_at: NDArray[np.uint32], large: NDArray[np.int32], posting: int) -> float:
    count = counts[posting]
    if count < ESCAPE:
        return float(count)
    low, high = 0, len(large_at)
    while low < high:
        middle = (low + high) >> 1
        if large_at[middle] < posting:
            low = middle + 1
        else:
            high = middle
    return float(large[low])


@compiled
def _contribution(weight: float, count: float, normalization: TfNormalization, norm: float) -> float:
    """The score formula; with a saturation of 1 a compiled copy of ``similarity.postings.bm25.saturated``."""
    saturation, base, slope = normalization
    return float(weight * count / (saturation * count + (base + slope * norm)))


@compiled
def _contribution_of(weight: float, postings: Postings, row: int, posting: int) -> float:
    count = _count(postings.counts, postings.large_at, postings.large, posting)
    return _contribution(weight, count, postings.normalization, postings.norms[row])


@compiled
def add_posting_list(sums: Floats, weight: float, postings: Postings, first: int, last: int) -> None:
    """Add the contributions of the postings ``first:last`` to the *sums* (documents, float64) of their documents."""
    rows = postings.rows
    for posting in range(first, last):
        sums[rows[posting]] += _contribution_of(weight, postings, rows[posting], posting)


@compiled
def _add_to_allowed(
    allowed: Flags, positions: Rows, sums: Floats, weight: float, postings: Postings, first: int, last: int
) -> None:
    """As ``add_posting_list`` for the documents that are *allowed*: these are listed before sums are computed."""
    rows = postings.rows
    size = 0
    for posting in range(first, last):
        positions[size] = posting - first
        size += allowed[rows[posting]]  # no branch, which would be mispredicted as often as not
    for number in range(size):
        posting = first + positions[number]
        sums[rows[posting]] += _contribution_of(weight, postings, rows[posting], posting)


@compiled
def _galloped(row: int, rows: Rows, low: int, last: int, density: float) -> int:
    """The first posting in ``[low, last)`` that has *row* or a higher one, else *last*: galloping, then binary search.

    It starts where the posting would be if the list had *density* postings a row.
    """
    if low >= last or rows[low] >= row:
        return low
    high = min(low + int((row - rows[low]) * density) + 1, last)
    step = 4
    while high < last and rows[high] < row:
        low = high
        high = min(high + step, last)
        step += step
    step = 8
    while high - step > low and rows[high - step] >= row:
        high -= step
        step += step
    low = max(low, high - step)
    while low < high:
        middle = (low + high) >> 1
        if rows[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _ranked(row: int, words: Bits, ranks: Rows, first: int) -> int:
    """The posting of *row* in the list of a frequent token that begins at *first*, -1 for none: rank in a bitset.

    *words* and *ranks*: those of the token's first bitset.
    """
    word, bit = words[row >> 6], np.uint64(1) << np.uint64(row & 63)
    if not word & bit:
        return -1
    # Each as int: numba makes a float of a sum of signed and unsigned ones.
    return first + int(ranks[row >> 6]) + int(_popcount(word & (bit - np.uint64(1))))


@compiled
def _add_to_candidates(
    candidates: Rows, sums: Floats, weight: float, postings: Postings, bitsets: _SegmentBitsets, frequent: int,
    first: int, last: int,
) -> None:  # fmt: skip
    """As ``add_posting_list`` for the *candidates* (rows, ascending) alone: each is looked up."""
    if frequent >= 0:
        words, ranks = bitsets.words[bitsets.first[frequent]], bitsets.ranks[frequent]
        for candidate in candidates:
            row = int(candidate)
            posting = _ranked(row, words, ranks, first)
            if posting >= 0:
                sums[row] += _contribution_of(weight, postings, row, posting)
        return
    rows, low, density = postings.rows, first, (last - first) / len(sums)
    for candidate in candidates:
        row = int(candidate)
        low = _galloped(row, rows, low, last, density)
        if low == last:
            return
        if rows[low] == row:
            sums[row] += _contribution_of(weight, postings, row, low)


# The heap of the k best.


@compiled
def _comes_before(score: float, key: Bytes, other: float, other_key: Bytes) -> bool:
    """Whether a document is better than another: the higher score, of equal scores the lower id (12 bytes)."""
    if score != other:
        return score > other
    for place in range(_ID_BYTES):
        if key[place] != other_key[place]:
            return bool(key[place] < other_key[place])
    return False


@compiled
def _copy_id(ids: Bytes, at: int, key: Bytes) -> None:
    for place in range(_ID_BYTES):
        ids[at, place] = key[place]


@compiled
def _offer(score: float, key: Bytes, segment: int, row: int, top: TopK) -> None:
    """Put a document into the heap if it is among the k best so far."""
    scores, ids, places, size = top.scores, top.ids, top.places, top.size
    k = len(scores)
    at = size[0]
    if at < k:
        size[0] = at + 1
        while at > 0:
            parent = (at - 1) >> 1
            if not _comes_before(scores[parent], ids[parent], score, key):
                break
            scores[at], places[at, 0], places[at, 1] = scores[parent], places[parent, 0], places[parent, 1]
            _copy_id(ids, at, ids[parent])
            at = parent
    else:
        if not _comes_before(score, key, scores[0], ids[0]):
            return
        at = 0
        while True:
            child = 2 * at + 1
            if child >= k:
                break
            if child + 1 < k and _comes_before(scores[child], ids[child], scores[child + 1], ids[child + 1]):
                child += 1
            if not _comes_before(score, key, scores[child], ids[child]):
                break
            scores[at], places[at, 0], places[at, 1] = scores[child], places[child, 0], places[child, 1]
            _copy_id(ids, at, ids[child])
            at = child
    scores[at], places[at, 0], places[at, 1] = score, segment, row
    _copy_id(ids, at, key)


# Terms of a segment.


@compiled
def _ordinal(token: int, tokens: Tokens) -> int:
    """The first place in *tokens* (ascending, each once) that holds *token* or a higher one.

    Ids are dense, so it is *token* or a little lower for the frequent tokens, whose ids are low: from there it is a few
    steps, where a binary search would fetch a dozen cache lines.
    """
    high, step = min(token, len(tokens)), 1
    low = high - step
    while low >= 0 and tokens[low] >= token:
        high = low
        step += step
        low = high - step
    low = max(low, -1) + 1
    while low < high:
        middle = (low + high) >> 1
        if tokens[middle] < token:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _find(segment: Ints, bound_scale: float, query: KernelQuery, terms: _Terms) -> bool:
    """Fill *terms* with the posting lists of the query's tokens in a segment; whether any has a negative weight."""
    number = segment[Column.NUM_TOKENS]
    tokens = carray(_pointer(segment[Column.TOKENS]), number, np.int32)
    start = carray(_pointer(segment[Column.START]), number + 1, np.uint32)
    bounds = carray(_pointer(segment[Column.BOUNDS]), number, np.float32)
    with_bitsets = carray(_pointer(segment[Column.BITSET_COLUMNS]), segment[Column.NUM_FREQUENT], np.int32)
    documents = segment[Column.NUM_DOCUMENTS]
    min_frequent = documents // FREQUENT if segment[Column.NUM_FREQUENT] else documents + 1
    first, last, remaining, weights = terms.first, terms.last, terms.remaining, terms.weights
    negative = False
    for term in range(len(query.tokens) - 1, -1, -1):
        ordinal = _ordinal(query.tokens[term], tokens)
        remaining[term] = remaining[term + 1]
        terms.frequent[term] = -1
        if ordinal < number and tokens[ordinal] == query.tokens[term]:
            first[term], last[term] = start[ordinal], start[ordinal + 1]
            remaining[term] += weights[term] * (bounds[ordinal] * bound_scale) * _ABOVE
            negative |= weights[term] < 0
            if last[term] - first[term] >= min_frequent:
                at = np.searchsorted(with_bitsets, ordinal)
                if at < len(with_bitsets) and with_bitsets[at] == ordinal:
                    terms.frequent[term] = at
    return negative


# Which documents can still reach the threshold.


@compiled
def _number_within(sums: Floats, remaining: float, threshold: float) -> int:
    """How many documents can reach *threshold* if *remaining* is the most that can be added."""
    number = 0
    for row in range(len(sums)):
        number += sums[row] + remaining >= threshold
    return number


@compiled
def _listed(flags: Flags, documents: int, candidates: Rows) -> int:
    """Write the rows whose flag is set to *candidates*; returns how many.

    Eight flags are tested at a time, as most are not set.
    """
    flags[documents : documents + 7] = False
    size, eights = 0, flags.view(np.uint64)
    for eight in range((documents + 7) >> 3):
        if eights[eight]:
            for row in range(8 * eight, 8 * eight + 8):
                candidates[size] = row
                size += flags[row]
    return size


@compiled
def _list_within(sums: Floats, remaining: float, threshold: float, allowed: Flags, scratch: KernelScratch) -> int:
    """Write the allowed rows that ``_number_within`` counts to ``scratch.candidates``; returns how many."""
    flags = scratch.flags
    for row in range(len(sums)):
        flags[row] = (sums[row] + remaining >= threshold) & allowed[row]
    return _listed(flags, len(sums), scratch.candidates)


@compiled
def _flag_reachable(
    gains: Rows, quantum: float, sums: Floats, threshold: float, normalization: TfNormalization, max_scale: float,
    norms: Any, allowed: Flags, flags: Flags,
) -> None:  # fmt: skip
    """Flag the allowed rows that can reach *threshold* with their *gains*."""
    saturation, base, slope = normalization
    for row in range(len(sums)):
        lacking = (threshold - sums[row]) * (saturation + min(base + slope * norms[row], max_scale))
        flags[row] = (gains[row] >= quantum * lacking) & allowed[row]


@compiled
def _times(count: float, saturation: float, scale: float) -> float:
    """The contribution of *count* occurrences divided by that of one, for a document with this *scale*."""
    return count * (saturation + scale) / (saturation * count + scale) if saturation else count


@compiled
def _steps(terms: _Terms, span: range, bitsets: _SegmentBitsets, normalization: TfNormalization,
           typical_norm: float) -> _Steps:  # fmt: skip
    """The bitsets of the terms in *span* with their gains.

    ``_times`` grows with the length of the document, so these gains are upper bounds for documents up to the
    *typical_norm*. A longer document scores less than one of that norm, so ``_flag_reachable`` treats it as if it had
    that norm.
    """
    first, counts, most = bitsets.first, bitsets.counts, bitsets.most
    weights, frequent = terms.weights, terms.frequent
    saturation, base, slope = normalization
    scale = base + slope * typical_norm
    size = 0
    for term in span:
        if frequent[term] >= 0:
            size += first[frequent[term] + 1] - first[frequent[term]]
    padded = -(-size // _TOGETHER) * _TOGETHER  # the last ones add nothing
    sets, gains = np.zeros(padded, np.int64), np.zeros(padded)
    begin, doubt = np.zeros(len(weights), np.int64), np.zeros(len(weights))
    size = 0
    for term in span:
        if frequent[term] < 0:
            continue
        before, end = 0.0, first[frequent[term] + 1]
        begin[term] = size
        for number in range(first[frequent[term]], end):
            count = float(counts[number + 1] - 1 if number + 1 < end else most[frequent[term]])
            times = _times(count, saturation, scale)
            sets[size], gains[size] = number, weights[term] * (times - before)
            before = times
            size += 1
        doubt[term] = weights[term] * (before - _times(float(counts[end - 1]), saturation, scale))
    return _Steps(sets, gains, begin, doubt, scale)


@compiled
def _reachable(sums: Floats, gains: Rows, steps: _Steps, words: Bits, postings: Postings, threshold: float,
               allowed: Flags, scratch: KernelScratch) -> int:  # fmt: skip
    """Write the allowed rows that can still reach *threshold* to ``scratch.candidates``; returns how many.

    By the bitsets that a row is in, ``scratch.reach`` gets what it can reach at most. *sums* (documents, float64);
    *gains* (documents of a pass, uint16, whole windows) is scratch memory.
    """
    norms, normalization = postings.norms, postings.normalization
    sets, added_gains, max_scale = steps.sets, steps.gains, steps.scale
    flags, candidates, reach = scratch.flags, scratch.candidates, scratch.reach
    saturation, base, slope = normalization
    # Each gain is rounded up, and the sum of all must fit into 16 bits.
    quantum = (np.iinfo(np.uint16).max - len(sets)) / (added_gains.sum() * _ABOVE)
    quantized = np.ceil(added_gains * (quantum * _ABOVE)).astype(np.uint16)
    size = 0
    for start in range(0, len(sums), len(gains)):
        end = min(start + len(gains), 64 * words.shape[1])
        gains[: end - start] = 0
        for at in range(0, len(sets), _TOGETHER):
            a, b, c, d = sets[at], sets[at + 1], sets[at + 2], sets[at + 3]
            here = words[:, start // 64 : end // 64]
            added = quantized[at], quantized[at + 1], quantized[at + 2], quantized[at + 3]
            for word in range(here.shape[1]):
                _add_where(gains.ctypes, 64 * word, (here[a, word], here[b, word], here[c, word], here[d, word]), added)
        own_sums, own_norms = sums[start:end], norms[start:end]
        _flag_reachable(
            gains, quantum, own_sums, threshold, normalization, max_scale, own_norms, allowed[start:end], flags
        )
        listed = _listed(flags, len(own_sums), candidates[size:])
        for at in range(size, size + listed):
            row = candidates[at]
            scale = min(base + slope * own_norms[row], max_scale)
            reach[at] = own_sums[row] + gains[row] / (quantum * (saturation + scale))
            candidates[at] = start + row
        size += listed
    return size


@compiled
def _kth_score(size: int, scratch: KernelScratch, excluded: int, terms: _Terms, span: range, bitsets: _SegmentBitsets,
               postings: Postings, known: Floats, k: int) -> float:  # fmt: skip
    """A lower bound of the k-th best score: the k-th best of the *known* scores and of those of a few candidates.

    The candidates that can reach most are completed with the frequent terms of *span*. *excluded*: the row of a
    document that does not count, -1 for none.
    """
    candidates, reach, sums = scratch.candidates, scratch.reach, scratch.sums
    number = k + _MORE
    if k > _MAX_COMPLETED:
        return 0.0
    highest, rows = np.zeros(number), np.zeros(number, np.int64)  # ascending by what they can reach
    for candidate in range(size):
        if reach[candidate] > highest[0] and candidates[candidate] != excluded:
            at = 0
            while at + 1 < number and highest[at + 1] < reach[candidate]:
                highest[at], rows[at] = highest[at + 1], rows[at + 1]
                at += 1
            highest[at], rows[at] = reach[candidate], candidates[candidate]
    scores = np.zeros(number + len(known))
    scores[number:] = known
    for at in range(number):
        if highest[at]:
            scores[at] = sums[rows[at]]
    for term in span:
        frequent = terms.frequent[term]
        if frequent < 0:
            continue
        words, ranks = bitsets.words[bitsets.first[frequent]], bitsets.ranks[frequent]
        for at in range(number):
            posting = _ranked(rows[at], words, ranks, terms.first[term])
            if highest[at] and posting >= 0:
                scores[at] += _contribution_of(terms.weights[term], postings, rows[at], posting)
    return float(np.sort(scores)[len(scores) - k])


@compiled
def _still_within(size: int, reach: Floats, threshold: float) -> int:
    """How many of the first *size* candidates can *reach* the *threshold*."""
    number = 0
    for candidate in range(size):
        number += reach[candidate] * _ABOVE >= threshold
    return number


@compiled
def _narrowed(size: int, scratch: KernelScratch, terms: _Terms, span: range, bitsets: _SegmentBitsets, steps: _Steps,
              postings: Postings, threshold: float) -> int:  # fmt: skip
    """Drop the candidates that cannot reach *threshold* with exact contributions; returns how many are left.

    Term by term of the frequent ones, those with the most doubt first, the exact contribution takes the place of the
    bound by the bitsets (see ``_steps``).
    """
    candidates, reach = scratch.candidates, scratch.reach
    counts, norms = postings.counts, postings.norms
    saturation, base, slope = postings.normalization
    gain_of = np.empty(ESCAPE + 1)  # by count (one byte)
    for at in np.argsort(-steps.doubt[span.start : span.stop]):
        term = span.start + at
        frequent = terms.frequent[term]
        if frequent < 0:
            continue
        gain, low = 0.0, 1
        first_set, end_set = bitsets.first[frequent], bitsets.first[frequent + 1]
        for number in range(first_set, end_set):
            high = bitsets.counts[number + 1] if number + 1 < end_set else min(bitsets.most[frequent], ESCAPE) + 1
            gain += steps.gains[steps.begin[term] + number - first_set]
            gain_of[low:high] = gain
            low = high
        words, ranks = bitsets.words[first_set], bitsets.ranks[frequent]
        left = 0
        for candidate in range(size):
            if reach[candidate] * _ABOVE < threshold:
                continue
            row = int(candidates[candidate])
            candidates[left], reach[left] = row, reach[candidate]
            posting = _ranked(row, words, ranks, terms.first[term])
            if posting >= 0:
                exact = _contribution_of(terms.weights[term], postings, row, posting)
                scale = min(base + slope * norms[row], steps.scale)
                reach[left] += exact - gain_of[counts[posting]] / (saturation + scale)
            left += 1
        size = left
    return size


@compiled
def _collect(number: int, index: KernelIndex, query: KernelQuery, terms: _Terms, threshold: float,
             scratch: KernelScratch, top: TopK, fruitless: int) -> tuple[int, float]:  # fmt: skip
    """Offer the best documents of segment *number* to the heap, those that reach *threshold*.

    *fruitless*: in how many segments the bitsets left too many documents. Returns *fruitless* and the threshold as they
    are after this segment.
    """
    segment, filters, typical_norm = index.segments[number], index.filters[number], index.limits[number, 1]
    postings, bitsets = _postings(segment, index.normalization, index.norm_type), _bitsets(segment)
    ids, normalization = _ids(segment), index.normalization
    weights, first, last, frequent, remaining = terms
    documents, length, k = len(ids), len(weights), len(top.scores)
    sums, candidates, reach = scratch.sums, scratch.candidates, scratch.reach
    rare = length  # from this term on all are frequent, or do not occur
    while rare and (frequent[rare - 1] >= 0 or first[rare - 1] == last[rare - 1]):
        rare -= 1
    allowed, excluded = _allowed_flags(filters, documents), query.excluded[1] if number == query.excluded[0] else -1
    filtered = 2 * filters[FilterColumn.NUM_ALLOWED] < documents
    size, term = -1, 0  # size: the number of candidates, -1 while all documents can be hits
    if filters[FilterColumn.NUM_ROWS]:
        size = filters[FilterColumn.NUM_ROWS]
        candidates[:size] = carray(_pointer(filters[FilterColumn.ROWS]), size, np.uint16)
    while term < length and size < 0:
        list_length = last[term] - first[term]
        if remaining[term] < threshold and list_length * _WORTH_COUNTING > documents:
            within = _number_within(sums[:documents], remaining[term], threshold)
            if within * _SEARCH_COST < list_length:
                size = _list_within(sums[:documents], remaining[term], threshold, allowed, scratch)
                break
        bounded = term == rare and 0 < remaining[term] < np.inf
        if bounded and not threshold:
            # A first threshold from one window of documents.
            steps = _steps(terms, range(term, length), bitsets, normalization, typical_norm)
            size = _reachable(
                sums[: min(documents, WINDOW)], scratch.gains[:WINDOW], steps, bitsets.words, postings, _TINY, allowed,
                scratch,
            )  # fmt: skip
            threshold = _kth_score(
                size, scratch, excluded, terms, range(term, length), bitsets, postings, top.scores[: top.size[0]], k
            )
            size = -1
        if bounded and fruitless < _MAX_FRUITLESS and remaining[term] >= _NEGLIGIBLE * threshold:
            end = length
            while remaining[end - 1] < _NEGLIGIBLE * threshold:
                end -= 1
            steps = _steps(terms, range(term, end), bitsets, normalization, typical_norm)
            size = _reachable(
                sums[:documents], scratch.gains, steps, bitsets.words, postings, threshold - remaining[end], allowed,
                scratch,
            )  # fmt: skip
            if size > _FEW:
                higher = _kth_score(
                    size, scratch, excluded, terms, range(term, end), bitsets, postings, top.scores[: top.size[0]], k
                )
                threshold = max(threshold, higher)
            if _still_within(size, reach, threshold - remaining[end]) * _MIN_SELECTIVITY < documents:
                size = _narrowed(
                    size, scratch, terms, range(term, end), bitsets, steps, postings, threshold - remaining[end]
                )
                break
            size = -1
            fruitless += 1
        if filtered:
            _add_to_allowed(allowed, scratch.positions, sums, weights[term], postings, first[term], last[term])
        else:
            add_posting_list(sums, weights[term], postings, first[term], last[term])
        term += 1
    if size < 0:
        size = _list_within(sums[:documents], 0.0, max(threshold, _TINY), allowed, scratch)
    while term < length and size:
        if remaining[term] < threshold:
            left = 0
            for candidate in range(size):
                if sums[candidates[candidate]] + remaining[term] >= threshold:
                    candidates[left] = candidates[candidate]
                    left += 1
            size = left
        if size * (_RANK_COST if frequent[term] >= 0 else _SEARCH_COST) < last[term] - first[term]:
            _add_to_candidates(
                candidates[:size], sums[:documents], weights[term], postings, bitsets, frequent[term], first[term],
                last[term],
            )  # fmt: skip
        elif filtered:
            _add_to_allowed(allowed, scratch.positions, sums, weights[term], postings, first[term], last[term])
        else:
            add_posting_list(sums, weights[term], postings, first[term], last[term])
        term += 1
    for candidate in range(size):
        row = candidates[candidate]
        score = sums[row]
        if score > 0 and score >= threshold and row != excluded:
            _offer(score, ids[row], number, row, top)
            if top.size[0] == k:
                threshold = max(threshold, top.scores[0])
    sums[:documents] = 0
    return fruitless, threshold


@compiled
def search(index: KernelIndex, query: KernelQuery, scratch: KernelScratch, top: TopK, progress: Progress) -> None:
    """Fill *top* with the best documents with a score above 0, in no order.

    Threads that share *progress* take segments in turn and share the threshold; each fills a *top* of its own. The
    caller must keep the arrays alive whose addresses *index* has.
    """
    segments, length, k = len(index.segments), len(query.tokens), len(top.scores)
    first, last = np.zeros((segments, length), np.int64), np.zeros((segments, length), np.int64)
    frequent, remaining = np.full((segments, length), -1), np.zeros((segments, length + 1))
    negative = False
    for number in range(segments):
        if index.filters[number, FilterColumn.NUM_ALLOWED]:
            terms = _Terms(query.weights, first[number], last[number], frequent[number], remaining[number])
            negative |= _find(index.segments[number], index.limits[number, 0], query, terms)
    threshold, fruitless = 0.0, 0
    order = np.argsort(-remaining[:, 0])
    while True:
        turn = _fetch_add(progress.next_segment.ctypes)
        if turn >= segments:
            break
        number, threshold = order[turn], max(threshold, progress.threshold[0])
        if negative:
            remaining[number] = np.inf  # another token may lower a score: nothing can be left out
        allowed = index.filters[number, FilterColumn.NUM_ALLOWED]
        if allowed and remaining[number, 0] > 0 and remaining[number, 0] >= threshold:
            terms = _Terms(query.weights, first[number], last[number], frequent[number], remaining[number])
            fruitless, threshold = _collect(number, index, query, terms, threshold, scratch, top, fruitless)
            if top.size[0] == k:
                threshold = max(threshold, top.scores[0])
            progress.threshold[0] = max(progress.threshold[0], threshold)
