"""Vectors of tokens and names in gensim's LSI, and the cosine between them.

The vector of a token is its row of U times the singular values; that of a name with several tokens is the sum of its
tokens' unit vectors. All vectors that are returned have length 1, so a dot product is a cosine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from similarity.analytics.concepts import NameIds
from similarity.arrays import Floats
from similarity.ranking.lsi import unit_rows
from store.index.projections import LsiArrays
from store.vectors import Ints


@dataclass(frozen=True, eq=False)
class TermVectors:
    """The term vectors of a projection: ``arrays`` has U, float32, (vocabulary, topics), and s, float64, (topics,)."""

    arrays: LsiArrays

    def of_names(self, names: Sequence[NameIds]) -> tuple[Floats, Ints]:
        """The vectors of those of *names* whose tokens the projection all knows, and which of *names* these are.

        The vectors are float64 of shape (known names, topics), the indices int64 of shape (known names,).
        """
        ids = np.array([key for name in names for key in name], np.int64)
        rows = np.minimum(np.searchsorted(self.arrays.tokens, ids), max(len(self.arrays.tokens) - 1, 0))
        known = self.arrays.tokens[rows] == ids
        ends = np.cumsum([0, *map(len, names)])
        which = [number for number in range(len(names)) if known[ends[number] : ends[number + 1]].all()]
        vectors = np.zeros((len(which), len(self.arrays.s)))
        for row, number in enumerate(which):
            of_tokens = self.arrays.u[rows[ends[number] : ends[number + 1]]].astype(np.float64) * self.arrays.s
            vectors[row] = unit_rows(of_tokens).sum(axis=0)
        return unit_rows(vectors), np.array(which, np.int64)

    def nearness(self, queries: Floats) -> Floats:
        """For each token the cosine to the nearest of *queries* (queries, topics): shape (vocabulary,)."""
        u, s = self.arrays.u, self.arrays.s
        lengths = np.sqrt((u**2) @ (s**2).astype(np.float32))
        lengths[lengths == 0] = np.inf
        cosines: Floats = (u @ (queries * s).T.astype(np.float32)).max(axis=1) / lengths
        return cosines
