"""How alike people found texts: the fifty news texts of Lee, Pincombe and Welsh, from gensim's own test data."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from gensim.test.utils import datapath

from similarity.turning import Floats

LEE50 = "lee50"
"""Name under which ``evaluate`` knows them; no folder is needed."""


FILES = tuple(Path(datapath(name)) for name in ("lee.cor", "lee_background.cor", "similarities0-1.txt"))


class Rated(NamedTuple):
    """n texts, other texts that make the statistics wider, and the ratings (n x n, 0 to 1)."""

    texts: list[str]
    background: list[str]
    ratings: Floats


def lee50() -> Rated:
    """The set as gensim carries it."""
    ratings = np.loadtxt(datapath("similarities0-1.txt"))
    return Rated(_lines("lee.cor"), _lines("lee_background.cor"), ratings)


def agreement(rated: Floats, given: Floats) -> float:
    """Pearson's r over the pairs of two different texts; *given* is made the same in both directions first."""
    pairs = np.triu_indices(len(rated), 1)
    return float(np.corrcoef(rated[pairs], ((given + given.T) / 2)[pairs])[0, 1])


def _lines(name: str) -> list[str]:
    text = Path(datapath(name)).read_text(encoding="latin-1")
    return [line.strip() for line in text.splitlines() if line.strip()]
