"""The exact best k documents of a query, straight from the columns of its tokens, in one call for all blocks.

Tokens come in one order for all blocks, rarest first, so that equal documents get equal scores to the last bit wherever
they lie. Rare ones are added up; sets of bits tell what each document can reach with the frequent ones. Those few that
can reach most are completed first: the k-th best of these is what every other has to reach. Of the others only those
that still can are completed, by searching for them in the remaining columns (MaxScore). Blocks come in the order of
what their documents can reach at most; those below are not gone through at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import carray
from numpy.typing import NDArray

from similarity.bitsets import FREQUENT, WINDOW
from similarity.compiled import compiled
from similarity.turning import ESCAPE, Bytes, Floats
from store.vectors import Ints

Flags = NDArray[np.bool_]
Rows = NDArray[np.uint16]

_SEARCH = 48
"""Looking for one document in a column costs as much as passing over about this many postings."""
_LOOK = 4
"""The same, where bits tell the place."""
_ABOVE = 1.000001
"""Sums in another order differ in the last digits; a bound must stay above them."""
_NEGLIGIBLE = 0.05
"""What the last tokens can add is not asked of the bits if it is so little of what has to be reached."""
_TOGETHER = 4
"""Sets of bits that are gone through side by side."""
_TOO_MANY = 6
"""Where one in so many documents is left, adding up whole columns is faster than completing these."""
_PATIENCE = 2
"""After so many blocks in which too many were left, the bits are not asked any more."""
_WORTH_A_LOOK = 32
"""A column with one in so many documents or more is worth a look at who can do without it."""
_FEW = 256
"""So many documents are sooner completed than looked through for the best."""
_MORE = 30
"""So many documents more than are asked for are completed first, to know what the others have to reach."""
_MOST_COMPLETED = 1000


def _as_pointer(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


_pointer: Any = intrinsic(_as_pointer)
"""An address as what ``carray`` takes; numba has nothing of its own for this."""


def _adding_where(typing_context: Any, numbers: Any, at: Any, bits: Any, added: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, at, bits, added = arguments
        several = ir.VectorType(ir.IntType(16), 64)
        place = builder.bitcast(builder.gep(pointer, [at]), several.as_pointer())
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
        found = builder.load(place, align=2)
        for one in range(_TOGETHER):
            number = builder.extract_value(added, one)
            alone = builder.insert_element(ir.Constant(several, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
            repeated = builder.shuffle_vector(alone, ir.Constant(several, ir.Undefined), everywhere)
            chosen = builder.bitcast(builder.extract_value(bits, one), ir.VectorType(ir.IntType(1), 64))
            found = builder.add(found, builder.select(chosen, repeated, ir.Constant(several, [0] * 64)))
        builder.store(found, place, align=2)
        return context.get_dummy_value()

    counters: Any = types.CPointer(types.uint16)  # type: ignore[no-untyped-call]
    return types.void(counters, types.intp, bits, added), generate


_add_where: Any = intrinsic(_adding_where)
"""Add a number to those of 64 numbers whose bit is set, four times. As a loop this takes twenty times as long."""


def _taking(typing_context: Any, counter: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", arguments[0], ir.Constant(ir.IntType(64), 1), "monotonic")

    counters: Any = types.CPointer(types.int64)  # type: ignore[no-untyped-call]
    return types.int64(counters), generate


_take: Any = intrinsic(_taking)
"""The number at a place, which is one higher from then on; no two threads get the same."""


def _counting_bits(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


_number_of_bits: Any = intrinsic(_counting_bits)


@compiled
def _postings(addresses: Ints, shape: Any, kind: Any) -> Any:
    """Rows, counts, the places of large ones and these, and the measures (as *kind* is) with *shape*, of one block."""
    columns, large, documents = addresses[15], addresses[16], addresses[17]
    number = int(carray(_pointer(addresses[1]), columns + 1, np.uint32)[columns])
    return (
        carray(_pointer(addresses[2]), number, np.uint16),
        carray(_pointer(addresses[3]), number, np.uint8),
        carray(_pointer(addresses[4]), large, np.uint32),
        carray(_pointer(addresses[5]), large, np.int32),
        carray(_pointer(addresses[7]), documents, kind.dtype),
        shape,
    )


@compiled
def _ids(addresses: Ints) -> Bytes:
    return carray(_pointer(addresses[8]), (addresses[17], 12), np.uint8)


@compiled
def _bitsets(addresses: Ints) -> Any:
    """``similarity.bitsets.Bitsets`` of one block, words and ranks with a row for each set and token."""
    frequent, sets = addresses[18], addresses[19]
    length = -(-addresses[17] // WINDOW) * (WINDOW // 64)
    return (
        carray(_pointer(addresses[9]), frequent, np.int32),
        carray(_pointer(addresses[10]), frequent + 1, np.int32),
        carray(_pointer(addresses[11]), sets, np.int32),
        carray(_pointer(addresses[12]), frequent, np.int32),
        carray(_pointer(addresses[13]), (sets, length), np.uint64),
        carray(_pointer(addresses[14]), (frequent, length), np.uint16),
    )


@compiled
def _flags(allowed: Ints, documents: int) -> Flags:
    return carray(_pointer(allowed[0]), documents, np.bool_)


# As in ``similarity.postings``: see ``similarity.compiled`` on why a compiled function stays in its file.
@compiled
def _count(counts: Bytes, large_at: NDArray[np.uint32], large: NDArray[np.int32], place: int) -> float:
    count = counts[place]
    if count < ESCAPE:
        return float(count)
    low, high = 0, len(large_at)
    while low < high:
        middle = (low + high) >> 1
        if large_at[middle] < place:
            low = middle + 1
        else:
            high = middle
    return float(large[low])


@compiled
def add_column(
    sums: Floats,
    weight: float,
    first: int,
    last: int,
    rows: Rows,
    counts: Bytes,
    large_at: NDArray[np.uint32],
    large: NDArray[np.int32],
    saturation: float,
    base: float,
    slope: float,
    measure: NDArray[np.float64],
) -> None:
    """Add ``weight * c / (saturation * c + base + slope * measure[row])`` to the sum of each document of a column."""
    for place in range(first, last):
        row = rows[place]
        count = _count(counts, large_at, large, place)
        sums[row] += weight * count / (saturation * count + (base + slope * measure[row]))


@compiled
def _added(weight: float, postings: Any, row: int, place: int) -> float:
    """What the posting at *place* adds to the sum of its *row*."""
    _, counts, large_at, large, measure, (saturation, base, slope) = postings
    count = _count(counts, large_at, large, place)
    return float(weight * count / (saturation * count + (base + slope * measure[row])))


@compiled
def _add(sums: Floats, weight: float, postings: Any, first: int, last: int) -> None:
    """Add a column to the sums of its documents."""
    rows = postings[0]
    for place in range(first, last):
        sums[rows[place]] += _added(weight, postings, rows[place], place)


@compiled
def _add_to_allowed(allowed: Flags, kept: Rows, sums: Floats, weight: float, postings: Any, first: int,
                    last: int) -> None:  # fmt: skip
    """As ``_add`` for the documents that are *allowed*: which they are is settled before anything is worked out."""
    rows = postings[0]
    number = 0
    for place in range(first, last):
        kept[number] = place - first
        number += allowed[rows[place]]  # no branch, which would be guessed wrongly as often as not
    for one in range(number):
        place = first + kept[one]
        sums[rows[place]] += _added(weight, postings, rows[place], place)


@compiled
def _place_of(row: int, rows: Rows, low: int, last: int, density: float) -> int:
    """The first place in ``[low, last)`` that holds *row* or a higher one, else *last*.

    Looked for, by leaps and halving, from where it would be if a row in the column came *density* times.
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
def _frequent_place(row: int, words: Any, ranks: Any, first: int) -> int:
    """The place of *row* in a frequent column that begins at *first*, -1 if it is not there."""
    word, bit = words[row >> 6], np.uint64(1) << np.uint64(row & 63)
    if not word & bit:
        return -1
    # Each as int: numba makes a float of a sum of signed and unsigned ones.
    return first + int(ranks[row >> 6]) + int(_number_of_bits(word & (bit - np.uint64(1))))


@compiled
def _add_to_some(some: Rows, sums: Floats, weight: float, postings: Any, bitsets: Any, often: int, first: int,
                 last: int) -> None:  # fmt: skip
    """As ``_add`` for the documents *some* alone (ascending)."""
    if often >= 0:
        words, ranks = bitsets[4][bitsets[1][often]], bitsets[5][often]
        for one in some:
            row = int(one)
            place = _frequent_place(row, words, ranks, first)
            if place >= 0:
                sums[row] += _added(weight, postings, row, place)
        return
    rows, low, density = postings[0], first, (last - first) / len(sums)
    for one in some:
        row = int(one)
        low = _place_of(row, rows, low, last, density)
        if low == last:
            return
        if rows[low] == row:
            sums[row] += _added(weight, postings, row, low)


@compiled
def _comes_before(score: float, key: Bytes, other: float, other_key: Bytes) -> bool:
    if score != other:
        return score > other
    for place in range(12):
        if key[place] != other_key[place]:
            return bool(key[place] < other_key[place])
    return False


@compiled
def _put(keys: Bytes, at: int, key: Bytes) -> None:
    for place in range(12):
        keys[at, place] = key[place]


@compiled
def offer(
    score: float, key: Bytes, block: int, row: int, scores: Floats, keys: Bytes, places: Ints, size: NDArray[np.int64]
) -> None:
    """Keep a document if it is among the best *k* = ``len(scores)`` so far: a heap with the worst of them on top."""
    k = len(scores)
    at = size[0]
    if at < k:
        size[0] = at + 1
        while at > 0:
            above = (at - 1) >> 1
            if not _comes_before(scores[above], keys[above], score, key):
                break
            scores[at], places[at, 0], places[at, 1] = scores[above], places[above, 0], places[above, 1]
            _put(keys, at, keys[above])
            at = above
    else:
        if not _comes_before(score, key, scores[0], keys[0]):
            return
        at = 0
        while True:
            below = 2 * at + 1
            if below >= k:
                break
            if below + 1 < k and _comes_before(scores[below], keys[below], scores[below + 1], keys[below + 1]):
                below += 1
            if not _comes_before(score, key, scores[below], keys[below]):
                break
            scores[at], places[at, 0], places[at, 1] = scores[below], places[below, 0], places[below, 1]
            _put(keys, at, keys[below])
            at = below
    scores[at], places[at, 0], places[at, 1] = score, block, row
    _put(keys, at, key)


@compiled
def _column_of(token: int, named: NDArray[np.int32]) -> int:
    """The first place in *named* (ascending, each once) that holds *token* or a higher one.

    It is *token* or lower, and near it for the frequent tokens, which come early: from there it is a few steps, where
    halving all would fetch a dozen places from all over memory.
    """
    high, step = min(token, len(named)), 1
    low = high - step
    while low >= 0 and named[low] >= token:
        high = low
        step += step
        low = high - step
    low = max(low, -1) + 1
    while low < high:
        middle = (low + high) >> 1
        if named[middle] < token:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _find(addresses: Ints, looseness: float, tokens: NDArray[np.int32], weights: Floats, first: Ints, last: Ints,
          often: Ints, rest: Floats) -> bool:  # fmt: skip
    """Where the columns of *tokens* lie, as frequent ones too; the most that those from each on can add.

    Whether any weighs less than 0.
    """
    columns = addresses[15]
    named = carray(_pointer(addresses[0]), columns, np.int32)
    start = carray(_pointer(addresses[1]), columns + 1, np.uint32)
    bounds = carray(_pointer(addresses[6]), columns, np.float32)
    frequent = carray(_pointer(addresses[9]), addresses[18], np.int32)
    least = addresses[17] // FREQUENT if addresses[18] else addresses[17] + 1
    negative = False
    for term in range(len(tokens) - 1, -1, -1):
        place = _column_of(tokens[term], named)
        rest[term] = rest[term + 1]
        often[term] = -1
        if place < columns and named[place] == tokens[term]:
            first[term], last[term] = start[place], start[place + 1]
            rest[term] += weights[term] * (bounds[place] * looseness) * _ABOVE
            negative |= weights[term] < 0
            if last[term] - first[term] >= least:
                number = np.searchsorted(frequent, place)
                if number < len(frequent) and frequent[number] == place:
                    often[term] = number
    return negative


@compiled
def _candidates(sums: Floats, rest: float, least: float) -> int:
    """How many documents can still reach *least* if *rest* is the most that can be added."""
    number = 0
    for row in range(len(sums)):
        number += sums[row] + rest >= least
    return number


@compiled
def _listed(hits: Flags, documents: int, some: Rows) -> int:
    """The rows that have *hits*, into *some*; how many. Most of eight rows together have none."""
    hits[documents : documents + 7] = False
    number, eights = 0, hits.view(np.uint64)
    for eight in range((documents + 7) >> 3):
        if eights[eight]:
            for row in range(8 * eight, 8 * eight + 8):
                some[number] = row
                number += hits[row]
    return number


@compiled
def _gathered(sums: Floats, rest: float, least: float, allowed: Flags, hits: Flags, some: Rows) -> int:
    """The rows of ``_candidates`` that are allowed, into *some*; how many."""
    for row in range(len(sums)):
        hits[row] = (sums[row] + rest >= least) & allowed[row]
    return _listed(hits, len(sums), some)


@compiled
def _lifted(lifts: Rows, scale: float, sums: Floats, least: float, shape: Any, usual: float, measure: Any,
            allowed: Flags, hits: Flags) -> None:  # fmt: skip
    """Which rows that are allowed can reach *least* with their *lifts*, into *hits*."""
    saturation, base, slope = shape
    for row in range(len(sums)):
        lacking = (least - sums[row]) * (saturation + min(base + slope * measure[row], usual))
        hits[row] = (lifts[row] >= scale * lacking) & allowed[row]


@compiled
def _times(count: float, saturation: float, measure: float) -> float:
    """How many times what one of a token gives so many give, where the length gives *measure*."""
    return count * (saturation + measure) / (saturation * count + measure) if saturation else count


@compiled
def _steps(weights: Floats, often: Ints, terms: range, bitsets: Any, shape: Any, usual: float) -> Any:
    """Sets of bits, and how much more a document in each can have: its weight times ``_times``.

    That is higher the longer the document, so this holds up to the *usual* length; what is longer has less of every
    token than one of that length. Besides, where the sets of each term begin, how much less than by its last one a
    document in that can have, and what the usual length gives.
    """
    first, counts, most = bitsets[1], bitsets[2], bitsets[3]
    saturation, base, slope = shape
    measure = base + slope * usual
    size = 0
    for term in terms:
        if often[term] >= 0:
            size += first[often[term] + 1] - first[often[term]]
    filled = -(-size // _TOGETHER) * _TOGETHER  # the last ones add nothing
    sets, more = np.zeros(filled, np.int64), np.zeros(filled)
    begin, doubt = np.zeros(len(weights), np.int64), np.zeros(len(weights))
    size = 0
    for term in terms:
        if often[term] < 0:
            continue
        before, end = 0.0, first[often[term] + 1]
        begin[term] = size
        for one in range(first[often[term]], end):
            count = float(counts[one + 1] - 1 if one + 1 < end else most[often[term]])
            times = _times(count, saturation, measure)
            sets[size], more[size] = one, weights[term] * (times - before)
            before = times
            size += 1
        doubt[term] = weights[term] * (before - _times(float(counts[end - 1]), saturation, measure))
    return sets, more, begin, doubt, measure


@compiled
def _within_reach(sums: Floats, steps: Any, words: Any, postings: Any, least: float, allowed: Flags, lifts: Rows,
                  hits: Flags, some: Rows, reach: Floats) -> int:  # fmt: skip
    """The rows that are allowed and can still reach *least* by the sets that they are in, into *some*; how many.

    What each can reach at most, into *reach*. *steps*: those of ``_steps``.
    """
    (measure, shape), (sets, more, _, _, usual) = postings[4:], steps
    saturation, base, slope = shape
    scale = (np.iinfo(np.uint16).max - len(sets)) / (more.sum() * _ABOVE)  # each is rounded up, and their sum must fit
    scaled = np.ceil(more * (scale * _ABOVE)).astype(np.uint16)
    number = 0
    for start in range(0, len(sums), len(lifts)):
        end = min(start + len(lifts), 64 * words.shape[1])
        lifts[: end - start] = 0
        for one in range(0, len(sets), _TOGETHER):
            a, b, c, d = sets[one], sets[one + 1], sets[one + 2], sets[one + 3]
            own = words[:, start // 64 : end // 64]
            added = scaled[one], scaled[one + 1], scaled[one + 2], scaled[one + 3]
            for word in range(own.shape[1]):
                _add_where(lifts.ctypes, 64 * word, (own[a, word], own[b, word], own[c, word], own[d, word]), added)
        here, measures = sums[start:end], measure[start:end]
        _lifted(lifts, scale, here, least, shape, usual, measures, allowed[start:end], hits)
        found = _listed(hits, len(here), some[number:])
        for one in range(number, number + found):
            row = some[one]
            reach[one] = here[row] + lifts[row] / (scale * (saturation + min(base + slope * measures[row], usual)))
            some[one] = start + row
        number += found
    return number


@compiled
def _reached(number: int, some: Rows, reach: Floats, sums: Floats, left_out: int, terms: range, weights: Floats,
             first: Ints, often: Ints, bitsets: Any, postings: Any, known: Floats, k: int) -> float:  # fmt: skip
    """What the k-th best score of all is at least, by the scores *known* and those of the few that can *reach* most."""
    most = k + _MORE
    if k > _MOST_COMPLETED:
        return 0.0
    highest, rows = np.zeros(most), np.zeros(most, np.int64)
    for one in range(number):
        if reach[one] > highest[0] and some[one] != left_out:
            at = 0
            while at + 1 < most and highest[at + 1] < reach[one]:
                highest[at], rows[at] = highest[at + 1], rows[at + 1]
                at += 1
            highest[at], rows[at] = reach[one], some[one]
    scores = np.zeros(most + len(known))
    scores[most:] = known
    for one in range(most):
        if highest[one]:
            scores[one] = sums[rows[one]]
    for term in terms:
        if often[term] < 0:
            continue
        words, ranks = bitsets[4][bitsets[1][often[term]]], bitsets[5][often[term]]
        for one in range(most):
            place = _frequent_place(rows[one], words, ranks, first[term])
            if highest[one] and place >= 0:
                scores[one] += _added(weights[term], postings, rows[one], place)
    return float(np.sort(scores)[len(scores) - k])


@compiled
def _still_within(number: int, reach: Floats, least: float) -> int:
    """How many of so many can *reach* the *least*."""
    left = 0
    for one in range(number):
        left += reach[one] * _ABOVE >= least
    return left


@compiled
def _narrowed(number: int, some: Rows, reach: Floats, terms: range, weights: Floats, first: Ints, often: Ints,
              bitsets: Any, steps: Any, postings: Any, least: float) -> int:  # fmt: skip
    """How many of *some* can *reach* the *least* with what they have of the frequent tokens; these come first.

    What a document has of a token takes the place of the most that it can have by its sets (see ``_steps``), of the
    most doubtful tokens first.
    """
    counts, measure, (saturation, base, slope) = postings[1], postings[4], postings[5]
    _, more, begin, doubt, usual = steps
    most = np.empty(ESCAPE + 1)
    for at in np.argsort(-doubt[terms.start : terms.stop]):
        term = terms.start + at
        if often[term] < 0:
            continue
        token, before, low = often[term], 0.0, 1
        for one in range(bitsets[1][token], bitsets[1][token + 1]):
            high = bitsets[2][one + 1] if one + 1 < bitsets[1][token + 1] else min(bitsets[3][token], ESCAPE) + 1
            before += more[begin[term] + one - bitsets[1][token]]
            most[low:high] = before
            low = high
        words, ranks = bitsets[4][bitsets[1][token]], bitsets[5][token]
        left = 0
        for one in range(number):
            if reach[one] * _ABOVE < least:
                continue
            row = int(some[one])
            some[left], reach[left] = row, reach[one]
            place = _frequent_place(row, words, ranks, first[term])
            if place >= 0:
                added = _added(weights[term], postings, row, place)
                reach[left] += added - most[counts[place]] / (saturation + min(base + slope * measure[row], usual))
            left += 1
        number = left
    return number


@compiled
def _collect(block: int, addresses: Ints, allowed: Ints, shape: Any, kind: Any, weights: Floats, first: Ints,
             last: Ints, often: Ints, rest: Floats, usual: float, least: float, without: tuple[int, int],
             sums: Floats, kept: Rows, some: Rows, lifts: Rows, hits: Flags, reach: Floats, scores: Floats,
             keys: Bytes, places: Ints, size: Ints, in_vain: int) -> tuple[int, float]:  # fmt: skip
    """Offer the best documents of one block to the heap of the query, those that reach *least*.

    *in_vain*: for how many blocks the bits left too many documents; the same after this one.
    """
    postings, bitsets, ids = _postings(addresses, shape, kind), _bitsets(addresses), _ids(addresses)
    documents, terms, k = len(ids), len(weights), len(scores)
    rare = terms
    while rare and (often[rare - 1] >= 0 or first[rare - 1] == last[rare - 1]):
        rare -= 1
    flags, left_out = _flags(allowed, documents), without[1] if block == without[0] else -1
    masked = 2 * allowed[3] < documents
    number, term = -1, 0
    if allowed[2]:
        number = allowed[2]
        some[:number] = carray(_pointer(allowed[1]), number, np.uint16)
    while term < terms and number < 0:
        many = last[term] - first[term]
        if rest[term] < least and many * _WORTH_A_LOOK > documents:
            candidates = _candidates(sums[:documents], rest[term], least)
            if candidates * _SEARCH < many:
                number = _gathered(sums[:documents], rest[term], least, flags, hits, some)
                break
        bounded = term == rare and 0 < rest[term] < np.inf
        if bounded and not least:
            steps = _steps(weights, often, range(term, terms), bitsets, shape, usual)
            number = _within_reach(
                sums[: min(documents, WINDOW)], steps, bitsets[4], postings, 5e-324, flags, lifts[:WINDOW], hits, some,
                reach,
            )  # fmt: skip
            least = _reached(
                number, some, reach, sums, left_out, range(term, terms), weights, first, often, bitsets, postings,
                scores[: size[0]], k,
            )  # fmt: skip
            number = -1
        if bounded and in_vain < _PATIENCE and rest[term] >= _NEGLIGIBLE * least:
            end = terms
            while rest[end - 1] < _NEGLIGIBLE * least:
                end -= 1
            steps = _steps(weights, often, range(term, end), bitsets, shape, usual)
            number = _within_reach(
                sums[:documents], steps, bitsets[4], postings, least - rest[end], flags, lifts, hits, some, reach
            )
            if number > _FEW:
                more = _reached(
                    number, some, reach, sums, left_out, range(term, end), weights, first, often, bitsets, postings,
                    scores[: size[0]], k,
                )  # fmt: skip
                least = max(least, more)
            if _still_within(number, reach, least - rest[end]) * _TOO_MANY < documents:
                number = _narrowed(
                    number, some, reach, range(term, end), weights, first, often, bitsets, steps, postings,
                    least - rest[end],
                )  # fmt: skip
                break
            number = -1
            in_vain += 1
        if masked:
            _add_to_allowed(flags, kept, sums, weights[term], postings, first[term], last[term])
        else:
            _add(sums, weights[term], postings, first[term], last[term])
        term += 1
    if number < 0:
        number = _gathered(sums[:documents], 0.0, max(least, 5e-324), flags, hits, some)
    while term < terms and number:
        if rest[term] < least:
            left = 0
            for one in range(number):
                if sums[some[one]] + rest[term] >= least:
                    some[left] = some[one]
                    left += 1
            number = left
        if number * (_LOOK if often[term] >= 0 else _SEARCH) < last[term] - first[term]:
            _add_to_some(
                some[:number], sums[:documents], weights[term], postings, bitsets, often[term], first[term], last[term]
            )
        elif masked:
            _add_to_allowed(flags, kept, sums, weights[term], postings, first[term], last[term])
        else:
            _add(sums, weights[term], postings, first[term], last[term])
        term += 1
    for one in range(number):
        row = some[one]
        score = sums[row]
        if score > 0 and score >= least and row != left_out:
            offer(score, ids[row], block, row, scores, keys, places, size)
            if size[0] == k:
                least = max(least, scores[0])
    sums[:documents] = 0
    return in_vain, least


@compiled
def search(addresses: Ints, allowed: Ints, limits: Floats, shape: Any, kind: Any, tokens: NDArray[np.int32],
           weights: Floats, without: tuple[int, int], sums: Floats, kept: Rows, some: Rows, lifts: Rows, hits: Flags,
           reach: Floats, scores: Floats, keys: Bytes, places: Ints, size: Ints, taken: Ints,
           floor: Floats) -> None:  # fmt: skip
    """The best documents, for which ``len(scores)`` places are there, and in ``size[0]`` how many they are.

    *addresses* and *allowed* are those of ``similarity.addresses``. The score is the sum over *tokens* of
    ``weight * c / (saturation * c + base + slope * measure[row])`` with the three numbers of *shape*; *kind* is an
    array of the measures' type. *limits* are by block: its bounds times the first are what the factor of a posting is
    at most, by column, and the second a usual measure. *without*: block and row of one left out. Threads that
    share *taken* and *floor* take blocks in turn and tell each other what has to be reached.
    """
    blocks, terms, k = len(addresses), len(tokens), len(scores)
    first, last = np.zeros((blocks, terms), np.int64), np.zeros((blocks, terms), np.int64)
    often, rest = np.full((blocks, terms), -1), np.zeros((blocks, terms + 1))
    negative = False
    for block in range(blocks):
        if allowed[block, 3]:
            negative |= _find(
                addresses[block], limits[block, 0], tokens, weights, first[block], last[block], often[block],
                rest[block],
            )  # fmt: skip
    least, in_vain = 0.0, 0
    order = np.argsort(-rest[:, 0])
    while True:
        turn = _take(taken.ctypes)
        if turn >= blocks:
            break
        block, least = order[turn], max(least, floor[0])
        if negative:
            rest[block] = np.inf  # more tokens may mean less: nothing can be left out
        if allowed[block, 3] and rest[block, 0] > 0 and rest[block, 0] >= least:
            in_vain, least = _collect(
                block, addresses[block], allowed[block], shape, kind, weights, first[block], last[block],
                often[block], rest[block], limits[block, 1], least, without, sums, kept, some, lifts, hits, reach,
                scores, keys, places, size, in_vain,
            )  # fmt: skip
            if size[0] == k:
                least = max(least, scores[0])
            floor[0] = max(floor[0], least)
