"""Where tokens and names lie among the topics of gensim's LSI, and what lies near to them.

A token's place is its row of the projection, each topic times its singular value; a name of several tokens lies in the
middle of them. All places that are given out have length 1, so a product of two is the cosine between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from similarity.lsi import unit_rows
from similarity.naming import Ids
from similarity.turning import Floats
from store.projections import Arrays
from store.vectors import Ints


@dataclass(frozen=True, eq=False)
class Places:
    """The places under the projection *arrays*."""

    arrays: Arrays

    def of_names(self, names: Sequence[Ids]) -> tuple[Floats, Ints]:
        """The places of those of *names* whose tokens are all known, one a row, and which of *names* these are."""
        keys = np.array([key for name in names for key in name], np.int64)
        at = np.minimum(np.searchsorted(self.arrays.tokens, keys), max(len(self.arrays.tokens) - 1, 0))
        known = self.arrays.tokens[at] == keys
        ends = np.cumsum([0, *map(len, names)])
        which = [number for number in range(len(names)) if known[ends[number] : ends[number + 1]].all()]
        out = np.zeros((len(which), len(self.arrays.s)))
        for row, number in enumerate(which):
            own = self.arrays.u[at[ends[number] : ends[number + 1]]].astype(np.float64) * self.arrays.s
            out[row] = unit_rows(own).sum(axis=0)
        return unit_rows(out), np.array(which, np.int64)

    def nearness(self, queries: Floats) -> Floats:
        """For each token of the projection the cosine between it and the nearest of *queries* (one a row)."""
        u, s = self.arrays.u, self.arrays.s
        lengths = np.sqrt((u**2) @ (s**2).astype(np.float32))
        lengths[lengths == 0] = np.inf
        near: Floats = (u @ (queries * s).T.astype(np.float32)).max(axis=1) / lengths
        return near
