"""The exact best k documents of a query, straight from the columns of its tokens, in one call for all blocks.

Tokens come in one order for all blocks, rarest first, so that equal documents get equal scores to the last bit wherever
they lie. A few documents that have the rarest of them are completed first: the k-th best of these is what every other
has to reach. Once the tokens that remain cannot lift a document that has nothing yet so far, only documents that can
still make it are completed, by searching for them in the remaining columns (MaxScore). Blocks come in the order of what
their documents can reach at most; those below are not gone through at all.
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
_TOO_MANY = 6
"""Where one in so many documents is left, adding up whole columns is faster than completing these."""
_PATIENCE = 2
"""After so many blocks in which too many were left, the bits are not asked any more."""
_WORTH_A_LOOK = 32
"""A column with one in so many documents or more is worth a look at who can do without it."""
_SHARE_FOR_SEEDS = 1024
"""One in so many postings is looked at to find the first documents to complete."""
_MORE_SEEDS = 6
_MOST_SEEDS = 1000


def _as_pointer(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


_pointer: Any = intrinsic(_as_pointer)
"""An address as what ``carray`` takes; numba has nothing of its own for this."""


def _adding_where(typing_context: Any, numbers: Any, at: Any, bits: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, at, bits, number = arguments
        several = ir.VectorType(ir.IntType(16), 64)
        place = builder.bitcast(builder.gep(pointer, [at]), several.as_pointer())
        alone = builder.insert_element(ir.Constant(several, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
        repeated = builder.shuffle_vector(alone, ir.Constant(several, ir.Undefined), everywhere)
        chosen = builder.bitcast(bits, ir.VectorType(ir.IntType(1), 64))
        added = builder.select(chosen, repeated, ir.Constant(several, [0] * 64))
        builder.store(builder.add(builder.load(place, align=2), added), place, align=2)
        return context.get_dummy_value()

    counters: Any = types.CPointer(types.uint16)  # type: ignore[no-untyped-call]
    return types.void(counters, types.intp, types.uint64, types.uint16), generate


_add_where: Any = intrinsic(_adding_where)
"""Add a number to those of 64 numbers whose bit is set. Written as a loop, this takes twenty times as long."""


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
def _add_to_allowed(
    allowed: Flags, kept: Rows, sums: Floats, weight: float, postings: Any, first: int, last: int
) -> None:
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
def _score(row: int, weights: Floats, postings: Any, bitsets: Any, first: Ints, last: Ints, often: Ints) -> float:
    """The score of one document."""
    rows, score = postings[0], 0.0
    for term in range(len(weights)):
        if often[term] >= 0:
            number = often[term]
            place = _frequent_place(row, bitsets[4][bitsets[1][number]], bitsets[5][number], first[term])
            if place >= 0:
                score += _added(weights[term], postings, row, place)
            continue
        place = _place_of(row, rows, first[term], last[term], (last[term] - first[term]) / len(postings[4]))
        if place < last[term] and rows[place] == row:
            score += _added(weights[term], postings, row, place)
    return score


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
def _seeded(addresses: Ints, allowed: Ints, shape: Any, kind: Any, weights: Floats, first: Ints, last: Ints,
            often: Ints, without: tuple[int, int], sums: Floats, k: int) -> float:  # fmt: skip
    """What the k-th best score is at least: that of the k-th best of a few that share rare tokens with the query."""
    total = (last - first).sum()
    number = k + _MORE_SEEDS
    if k > _MOST_SEEDS or total < _SEARCH * number * len(weights):
        return 0.0  # sooner done by going through all
    terms, looked_at = 0, 0
    while terms < len(weights) and looked_at * _SHARE_FOR_SEEDS < total:
        looked_at += (last[:, terms] - first[:, terms]).sum()
        terms += 1
    scores, keys = np.zeros(number), np.zeros((number, 12), np.uint8)
    places, size = np.zeros((number, 2), np.int64), np.zeros(1, np.int64)
    for block in range(len(addresses)):
        if not allowed[block, 3]:
            continue
        postings, ids = _postings(addresses[block], shape, kind), _ids(addresses[block])
        flags = _flags(allowed[block], len(ids))
        for term in range(terms):
            _add(sums, weights[term], postings, first[block, term], last[block, term])
        for term in range(terms):
            for place in range(first[block, term], last[block, term]):
                row = postings[0][place]
                score = sums[row]
                sums[row] = 0.0
                enough = score > 0 and (score >= scores[0] or size[0] < number)
                if enough and flags[row] and (block != without[0] or row != without[1]):
                    offer(score, ids[row], block, row, scores, keys, places, size)
    if size[0] < k:
        return 0.0
    for seed in range(size[0]):
        block, row = places[seed, 0], places[seed, 1]
        scores[seed] = _score(
            row, weights, _postings(addresses[block], shape, kind), _bitsets(addresses[block]), first[block],
            last[block], often[block],
        )  # fmt: skip
    return float(np.sort(scores[: size[0]])[size[0] - k])


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
def _lifted(lifts: Rows, scale: float, sums: Floats, least: float, shape: Any, measure: Any, allowed: Flags,
            hits: Flags) -> None:  # fmt: skip
    """Which rows that are allowed can reach *least* with their *lifts*, into *hits*."""
    saturation, base, slope = shape
    for row in range(len(sums)):
        lacking = (least - sums[row]) * (saturation + (base + slope * measure[row]))
        hits[row] = (lifts[row] >= scale * lacking) & allowed[row]


@compiled
def _steps(weights: Floats, often: Ints, terms: range, bitsets: Any, shape: Any, longest: float) -> tuple[Ints, Floats]:
    """Sets of bits, and how much more a document in each can have: its weight times
    ``c (saturation + m) / (saturation c + m)``.

    That is highest where m is that of the *longest* document.
    """
    first, counts, most = bitsets[1], bitsets[2], bitsets[3]
    saturation, base, slope = shape
    measure = base + slope * longest
    size = 0
    for term in terms:
        if often[term] >= 0:
            size += first[often[term] + 1] - first[often[term]]
    sets, more = np.empty(size, np.int64), np.empty(size)
    size = 0
    for term in terms:
        if often[term] < 0:
            continue
        before, end = 0.0, first[often[term] + 1]
        for one in range(first[often[term]], end):
            count = float(counts[one + 1] - 1 if one + 1 < end else most[often[term]])
            times = count * (saturation + measure) / (saturation * count + measure) if saturation else count
            sets[size], more[size] = one, weights[term] * (times - before)
            before = times
            size += 1
    return sets, more


@compiled
def _within_reach(
    sums: Floats,
    sets: Ints,
    more: Floats,
    words: Any,
    postings: Any,
    least: float,
    allowed: Flags,
    lifts: Rows,
    hits: Flags,
    some: Rows,
    reach: Floats,
) -> int:
    """The rows that are allowed and can still reach *least* by the *sets* that they are in, into *some*; how many.

    What each can reach at most, into *reach*. *sets* and *more* are those of ``_steps``.
    """
    measure, shape = postings[4], postings[5]
    saturation, base, slope = shape
    scale = (np.iinfo(np.uint16).max - len(sets)) / (more.sum() * _ABOVE)  # each is rounded up, and their sum must fit
    steps = np.ceil(more * (scale * _ABOVE)).astype(np.uint16)
    number = 0
    for start in range(0, len(sums), WINDOW):
        end = start + WINDOW
        lifts[:] = 0
        for one in range(len(sets)):
            own, step = words[sets[one], start // 64 : end // 64], steps[one]
            for word in range(len(own)):
                _add_where(lifts.ctypes, 64 * word, own[word], step)
        here, measures = sums[start:end], measure[start:end]
        _lifted(lifts, scale, here, least, shape, measures, allowed[start:end], hits)
        found = _listed(hits, len(here), some[number:])
        for one in range(number, number + found):
            row = some[one]
            reach[one] = here[row] + lifts[row] / (scale * (saturation + (base + slope * measures[row])))
            some[one] = start + row
        number += found
    return number


@compiled
def _complete(
    number: int,
    some: Rows,
    reach: Floats,
    sums: Floats,
    terms: range,
    weights: Floats,
    first: Ints,
    often: Ints,
    bitsets: Any,
    sets: Ints,
    more: Floats,
    postings: Any,
    least: float,
) -> int:
    """Add frequent columns to the sums of *some*, leaving out those that can *reach* less than *least*; how many stay.

    What a document has of a token takes the place of the most that it can have by its sets (see ``_steps``).
    """
    counts, measure, (saturation, base, slope) = postings[1], postings[4], postings[5]
    most, at = np.empty(ESCAPE + 1), 0
    for term in terms:
        if often[term] < 0:
            continue
        token, before, low = often[term], 0.0, 1
        for one in range(bitsets[1][token], bitsets[1][token + 1]):
            high = bitsets[2][one + 1] if one + 1 < bitsets[1][token + 1] else min(bitsets[3][token], ESCAPE) + 1
            before += more[at]
            most[low:high] = before
            low = high
            at += 1
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
                sums[row] += added
                reach[left] += added - most[counts[place]] / (saturation + (base + slope * measure[row]))
            left += 1
        number = left
    return number


@compiled
def _collect(
    block: int,
    addresses: Ints,
    allowed: Ints,
    shape: Any,
    kind: Any,
    weights: Floats,
    first: Ints,
    last: Ints,
    often: Ints,
    rest: Floats,
    longest: float,
    least: float,
    without: tuple[int, int],
    sums: Floats,
    kept: Rows,
    some: Rows,
    lifts: Rows,
    hits: Flags,
    reach: Floats,
    scores: Floats,
    keys: Bytes,
    places: Ints,
    size: Ints,
    in_vain: int,
) -> int:
    """Offer the best documents of one block to the heap of the query, those that reach *least*.

    *in_vain*: for how many blocks the bits left too many documents; the same after this one.
    """
    postings, bitsets, ids = _postings(addresses, shape, kind), _bitsets(addresses), _ids(addresses)
    documents, terms, k = len(ids), len(weights), len(scores)
    rare = terms
    while rare and (often[rare - 1] >= 0 or first[rare - 1] == last[rare - 1]):
        rare -= 1
    flags = _flags(allowed, documents)
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
        if term == rare and least > 0 and in_vain < _PATIENCE and rest[term] >= _NEGLIGIBLE * least:
            end = terms
            while rest[end - 1] < _NEGLIGIBLE * least:
                end -= 1
            sets, more = _steps(weights, often, range(term, end), bitsets, shape, longest)
            enough = least - rest[end]
            number = _within_reach(
                sums[:documents], sets, more, bitsets[4], postings, enough, flags, lifts, hits, some, reach
            )
            if number * _TOO_MANY < documents:
                number = _complete(
                    number, some, reach, sums, range(term, end), weights, first, often, bitsets, sets, more, postings,
                    enough,
                )  # fmt: skip
                term = end
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
        if score > 0 and score >= least and (block != without[0] or row != without[1]):
            offer(score, ids[row], block, row, scores, keys, places, size)
            if size[0] == k:
                least = max(least, scores[0])
    sums[:documents] = 0
    return in_vain


@compiled
def search(
    addresses: Ints,
    allowed: Ints,
    limits: Floats,
    shape: Any,
    kind: Any,
    tokens: NDArray[np.int32],
    weights: Floats,
    without: tuple[int, int],
    sums: Floats,
    kept: Rows,
    some: Rows,
    lifts: Rows,
    hits: Flags,
    reach: Floats,
    scores: Floats,
    keys: Bytes,
    places: Ints,
    size: Ints,
) -> None:
    """The best documents, for which ``len(scores)`` places are there, and in ``size[0]`` how many they are.

    *addresses* and *allowed* are those of ``similarity.addresses``. The score is the sum over *tokens* of
    ``weight * c / (saturation * c + base + slope * measure[row])`` with the three numbers of *shape*; *kind* is an
    array of the measures' type. *limits* are by block: its bounds times the first are what the factor of a posting is
    at most, by column, and the second is the largest measure. *without*: block and row of one left out.
    """
    blocks, terms, k = len(addresses), len(tokens), len(scores)
    first, last = np.zeros((blocks, terms), np.int64), np.zeros((blocks, terms), np.int64)
    often, rest = np.full((blocks, terms), -1), np.zeros((blocks, terms + 1))
    negative = False
    for block in range(blocks):
        if allowed[block, 3]:
            negative |= _find(
                addresses[block],
                limits[block, 0],
                tokens,
                weights,
                first[block],
                last[block],
                often[block],
                rest[block],
            )
    least, in_vain = 0.0, 0
    if not negative:
        least = _seeded(addresses, allowed, shape, kind, weights, first, last, often, without, sums, k)
    for block in np.argsort(-rest[:, 0]):
        if negative:
            rest[block] = np.inf  # more tokens may mean less: nothing can be left out
        if allowed[block, 3] and rest[block, 0] > 0 and rest[block, 0] >= least:
            in_vain = _collect(
                block, addresses[block], allowed[block], shape, kind, weights, first[block], last[block],
                often[block], rest[block], limits[block, 1], least, without, sums, kept, some, lifts, hits, reach,
                scores, keys, places, size, in_vain,
            )  # fmt: skip
            if size[0] == k:
                least = max(least, scores[0])
