"""How much each of the best documents is like the best of them: relevant texts are like one another.

What a query left unsaid stands in the documents that answer it best. Adding their words to the query drifts away from
questions with one answer; here the best hit is its own neighbour, so it stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from similarity.compiled import compiled
from similarity.statistics import Frequencies
from similarity.turning import Floats
from store.vectors import Ints, unpack_many

SHARPNESS = 6
"""Power of a document's evidence in the mean: the few best decide."""


def support(vectors: Sequence[bytes], evidence: Floats, frequencies: Frequencies, documents: int) -> Floats:
    """For each of the packed *vectors* its cosine with their mean, times the mean *evidence* of those that made it.

    Both means weigh a document by a power of its evidence; vectors are log tf-idf. Not above the highest evidence.
    """
    best = evidence.max(initial=0.0)
    if best <= 0:
        return np.zeros(len(vectors))
    postings = unpack_many(vectors)
    row = np.repeat(np.arange(len(vectors)), np.diff(postings.start))
    held = frequencies.of(postings.ids.astype(np.int32))
    weights: Floats = (1 + np.log(postings.counts)) * np.log((documents + 1) / (held + 0.5))
    norms = np.sqrt(np.bincount(row, weights * weights, minlength=len(vectors)))
    weights = weights / np.where(norms > 0, norms, 1.0)[row]
    power = np.maximum(evidence / best, 0) ** SHARPNESS
    size = 1 << max(4, int(2 * len(row)).bit_length())
    centre = _summed(postings.ids, weights * (power * evidence)[row], size) / power.sum()
    return np.bincount(row, weights * centre, minlength=len(vectors)).astype(np.float64)


@compiled
def _summed(keys: Ints, values: Floats, size: int) -> Floats:
    """For each place the sum of the *values* of its key, wherever that stands; *size*: a power of 2, twice as many.

    By a table of remainders, as sorting the keys takes ten times as long.
    """
    held = np.full(size, -1, np.int64)
    sums = np.zeros(size)
    slots = np.empty(len(keys), np.int64)
    for place in range(len(keys)):
        slot = (keys[place] * 0x9E3779B1 >> 7) & (size - 1)
        while held[slot] >= 0 and held[slot] != keys[place]:
            slot = (slot + 1) & (size - 1)
        held[slot] = keys[place]
        sums[slot] += values[place]
        slots[place] = slot
    return sums[slots]
