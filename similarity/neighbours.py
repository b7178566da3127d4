"""How much each of the best documents is like the best of them: relevant texts are like one another.

What a query left unsaid stands in the documents that answer it best. Adding their words to the query drifts away from
questions with one answer; here the best hit is its own neighbour, so it stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from similarity.statistics import Frequencies
from similarity.turning import Floats
from store.vectors import unpack_many

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
    tokens, column = np.unique(postings.ids, return_inverse=True)
    held = frequencies.of(tokens.astype(np.int32))
    weights: Floats = (1 + np.log(postings.counts)) * np.log((documents + 1) / (held + 0.5))[column]
    norms = np.sqrt(np.bincount(row, weights * weights, minlength=len(vectors)))
    weights = weights / np.where(norms > 0, norms, 1.0)[row]
    power = np.maximum(evidence / best, 0) ** SHARPNESS
    centre = np.bincount(column, weights * (power * evidence)[row], minlength=len(tokens)) / power.sum()
    return np.bincount(row, weights * centre[column], minlength=len(vectors)).astype(np.float64)
