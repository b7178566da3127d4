"""How much each of the best documents is like the best of them: relevant texts are like one another.

What a query left unsaid stands in the documents that answer it best. Adding their words to the query drifts away from
questions with one answer; here the best hit is its own neighbour, so it stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity.compiled import compiled, dividing
from similarity.statistics import Frequencies
from similarity.turning import Floats
from similarity.unpacking import Unpacked
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


def texts(documents: Unpacked, frequencies: Frequencies, collection: int) -> Texts:
    """The log tf-idf of *documents* out of a *collection* of so many."""
    bounds, tokens, counts = documents
    which, different = _numbered(tokens, 1 << max(4, int(2 * len(tokens)).bit_length()))
    rarity = np.log((collection + 1) / (frequencies.of(different) + 0.5))
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
