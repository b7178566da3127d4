"""How much each of the best documents is like the best of them: relevant texts are like one another.

What a query left unsaid stands in the documents that answer it best. Adding their words to the query drifts away from
questions with one answer; here the best hit is its own neighbour, so it stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity.compiled import compiled, dividing
from similarity.statistics import Frequencies
from similarity.turning import Bytes, Floats
from store.vectors import Ints

SHARPNESS = 6
"""Power of a document's evidence in the mean: the few best decide."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Documents as vectors of length 1, end to end: where each begins and ends, and of each posting token and weight.

    There are ``size`` tokens, numbered from 0 on.
    """

    bounds: Ints
    which: Ints
    weights: Floats
    size: int


def texts(vectors: Sequence[bytes], frequencies: Frequencies, documents: int) -> Texts:
    """The documents with these packed *vectors*, which are those of a block: log tf-idf."""
    start = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(vector) for vector in vectors], out=start[1:])
    bounds, tokens, counts = _unpacked(np.frombuffer(b"".join(vectors), np.uint8), start)
    which, different = _numbered(tokens, 1 << max(4, int(2 * len(tokens)).bit_length()))
    rarity = np.log((documents + 1) / (frequencies.of(different) + 0.5))
    weights = 1 + np.log(counts)
    _weigh(bounds, which, rarity, weights)
    return Texts(bounds, which, weights, len(different))


def support(documents: Texts, evidence: Floats) -> Floats:
    """For each of *documents* its cosine with their mean, times the mean *evidence* of those that made it.

    Both means weigh a document by a power of its evidence. Not above the highest evidence.
    """
    best = evidence.max(initial=0.0)
    if best <= 0:
        return np.zeros(len(evidence))
    power = np.maximum(evidence / best, 0) ** SHARPNESS
    return _likeness(
        documents.bounds, documents.which, documents.weights, power * evidence, power.sum(), documents.size
    )


# As in ``similarity.turning``: see ``similarity.compiled`` on why a compiled function stays in its file.
@compiled
def _number(packed: Bytes, at: int) -> tuple[int, int]:
    """The LEB128 number at *at* and the place behind it."""
    byte = int(packed[at])
    at += 1
    value, shift = byte & 127, 7
    while byte > 127:
        byte = int(packed[at])
        at += 1
        value |= (byte & 127) << shift
        shift += 7
    return value, at


@compiled
def _unpacked(packed: Bytes, start: Ints) -> tuple[Ints, NDArray[np.int32], Floats]:
    """Bounds, tokens and counts of all ``packed[start[i]:start[i + 1]]``, which have been read once before."""
    bounds = np.zeros(len(start), np.int64)
    for number in range(len(start) - 1):
        bounds[number + 1] = bounds[number] + _number(packed, start[number])[0]
    tokens, counts = np.empty(bounds[-1], np.int32), np.empty(bounds[-1])
    for number in range(len(start) - 1):
        first = bounds[number]
        size, at = _number(packed, start[number])
        token = 0
        for place in range(first, first + size):
            value, at = _number(packed, at)
            token += value >> 1
            tokens[place], counts[place] = token, value & 1
        for place in range(first, first + size):
            if not counts[place]:
                count, at = _number(packed, at)
                counts[place] = count
    return bounds, tokens, counts


@dividing
def _weigh(bounds: Ints, which: Ints, rarity: Floats, weights: Floats) -> None:
    """Multiply *weights* by the *rarity* of their tokens and bring each document to length 1."""
    for number in range(len(bounds) - 1):
        first, last = bounds[number], bounds[number + 1]
        squares = 0.0
        for place in range(first, last):
            weights[place] *= rarity[which[place]]
            squares += weights[place] * weights[place]
        length = np.sqrt(squares) if squares > 0 else 1.0
        for place in range(first, last):
            weights[place] /= length


@compiled
def _numbered(tokens: NDArray[np.int32], size: int) -> tuple[Ints, NDArray[np.int32]]:
    """For each of *tokens* which of the different ones it is, and these.

    By a table of remainders, as sorting the tokens takes ten times as long; *size*: a power of 2, twice as many.
    """
    slots = np.full(size, -1, np.int64)
    which = np.empty(len(tokens), np.int64)
    different = np.empty(len(tokens), np.int32)
    many = 0
    for place in range(len(tokens)):
        token = np.int64(tokens[place])
        slot = (token * 0x9E3779B1 >> 7) & (size - 1)
        while slots[slot] >= 0 and different[slots[slot]] != token:
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = many
            different[many] = token
            many += 1
        which[place] = slots[slot]
    return which, different[:many]


@dividing
def _likeness(bounds: Ints, which: Ints, weights: Floats, shares: Floats, whole: float, size: int) -> Floats:
    """The product of each document with the sum of all times their *shares*, divided by *whole*."""
    centre = np.zeros(size)
    for number in range(len(shares)):
        for place in range(bounds[number], bounds[number + 1]):
            centre[which[place]] += weights[place] * shares[number]
    for token in range(size):
        centre[token] /= whole
    found = np.zeros(len(shares))
    for number in range(len(shares)):
        total = 0.0
        for place in range(bounds[number], bounds[number + 1]):
            total += weights[place] * centre[which[place]]
        found[number] = total
    return found
