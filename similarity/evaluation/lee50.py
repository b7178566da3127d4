"""Likeness of texts as rated by people: the fifty news texts of Lee, Pincombe and Welsh (2005).

They come with gensim's own test data, so no folder is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from gensim.test.utils import datapath

from similarity.arrays import Floats

LEE50 = "lee50"
"""The name by which ``evaluate`` knows them."""

FILES = tuple(Path(datapath(name)) for name in ("lee.cor", "lee_background.cor", "similarities0-1.txt"))


class RatedTexts(NamedTuple):
    """n texts, background texts that widen the term statistics, and the mean ratings: float64, (n, n), 0 to 1."""

    texts: list[str]
    background: list[str]
    ratings: Floats


def lee50() -> RatedTexts:
    """The set from gensim's package."""
    ratings = np.loadtxt(datapath("similarities0-1.txt"))
    return RatedTexts(_lines("lee.cor"), _lines("lee_background.cor"), ratings)


def pearson(ratings: Floats, scores: Floats) -> float:
    """Pearson's r between *ratings* and *scores*, both (n, n), over the pairs of two different texts.

    *scores* is averaged over both directions first: a text as query of another may score differently than the reverse.
    """
    pairs = np.triu_indices(len(ratings), 1)
    return float(np.corrcoef(ratings[pairs], ((scores + scores.T) / 2)[pairs])[0, 1])


def _lines(name: str) -> list[str]:
    text = Path(datapath(name)).read_text(encoding="latin-1")
    return [line.strip() for line in text.splitlines() if line.strip()]
