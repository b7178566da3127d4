"""How much each of the best documents is like the best of them: relevant texts are like one another.

What a query left unsaid stands in the documents that answer it best. Adding their words to the query drifts away from
questions with one answer; here the best hit is its own neighbour, so it stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity.compiled import compiled
from similarity.statistics import Frequencies
from similarity.turning import Bytes, Floats
from store.vectors import Ints

SHARPNESS = 6
"""Power of a document's evidence in the mean: the few best decide."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Documents as vectors of length 1, end to end: the ``row`` of each posting, a ``slot`` for its token, its weight.

    Tokens have slots below ``size``, each its own.
    """

    number: int
    row: Ints
    slots: Ints
    weights: Floats
    size: int


def texts(vectors: Sequence[bytes], frequencies: Frequencies, documents: int) -> Texts:
    """The documents with these packed *vectors*, which are those of a block: log tf-idf."""
    start = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(vector) for vector in vectors], out=start[1:])
    row, tokens, counts = _unpacked(np.frombuffer(b"".join(vectors), np.uint8), start)
    held = frequencies.of(tokens)
    weights: Floats = (1 + np.log(counts)) * np.log((documents + 1) / (held + 0.5))
    _to_length_1(row, weights, len(vectors))
    size = 1 << max(4, int(2 * len(row)).bit_length())
    return Texts(len(vectors), row, _slots(tokens, size), weights, size)


def support(documents: Texts, evidence: Floats) -> Floats:
    """For each of *documents* its cosine with their mean, times the mean *evidence* of those that made it.

    Both means weigh a document by a power of its evidence. Not above the highest evidence.
    """
    best = evidence.max(initial=0.0)
    if best <= 0:
        return np.zeros(documents.number)
    power = np.maximum(evidence / best, 0) ** SHARPNESS
    return _likeness(documents.row, documents.slots, documents.weights, power * evidence, power.sum(), documents.size)


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
def _unpacked(packed: Bytes, start: Ints) -> tuple[Ints, NDArray[np.int32], Ints]:
    """Row, token and count of each posting of ``packed[start[i]:start[i + 1]]``, which have been read once before."""
    total = 0
    for number in range(len(start) - 1):
        total += _number(packed, start[number])[0]
    row, tokens, counts = np.empty(total, np.int64), np.empty(total, np.int32), np.ones(total, np.int64)
    first = 0
    for number in range(len(start) - 1):
        size, at = _number(packed, start[number])
        token = 0
        for place in range(first, first + size):
            value, at = _number(packed, at)
            token += value >> 1
            row[place], tokens[place], counts[place] = number, token, value & 1
        for place in range(first, first + size):
            if not counts[place]:
                counts[place], at = _number(packed, at)
        first += size
    return row, tokens, counts


@compiled
def _to_length_1(row: Ints, weights: Floats, number: int) -> None:
    lengths = np.zeros(number)
    for place in range(len(row)):
        lengths[row[place]] += weights[place] * weights[place]
    lengths = np.sqrt(lengths)
    for place in range(len(row)):
        if lengths[row[place]] > 0:
            weights[place] /= lengths[row[place]]


@compiled
def _slots(tokens: NDArray[np.int32], size: int) -> Ints:
    """A slot for each token, the same wherever it stands; *size*: a power of 2, twice as many.

    By a table of remainders, as sorting the tokens takes ten times as long.
    """
    held = np.full(size, -1, np.int64)
    slots = np.empty(len(tokens), np.int64)
    for place in range(len(tokens)):
        token = np.int64(tokens[place])
        slot = (token * 0x9E3779B1 >> 7) & (size - 1)
        while held[slot] >= 0 and held[slot] != token:
            slot = (slot + 1) & (size - 1)
        held[slot] = token
        slots[place] = slot
    return slots


@compiled
def _likeness(row: Ints, slots: Ints, weights: Floats, shares: Floats, whole: float, size: int) -> Floats:
    """The product of each row with the sum of all rows times their *shares*, divided by *whole*."""
    centre = np.zeros(size)
    for place in range(len(row)):
        centre[slots[place]] += weights[place] * shares[row[place]]
    found = np.zeros(len(shares))
    for place in range(len(row)):
        found[row[place]] += weights[place] * (centre[slots[place]] / whole)
    return found
