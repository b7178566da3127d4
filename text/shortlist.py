"""Which articles of a window are worth comparing with a new one: a thousand looked at in a millisecond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from text.encoder import Int8Vectors, cosines, to_int8
from text.facts import Number, weight
from text.portrait import Portrait

_BY_MEANING = 20
_BY_NUMBERS = 20
_LEAST_IN_COMMON = 2


@dataclass(frozen=True, slots=True)
class Gist:
    """The little of a portrait that a shortlist is made of.

    ``direction`` (d) is the mean of its sentences (empty without an encoder), ``marks`` stand for its numbers.
    """

    direction: Int8Vectors
    marks: frozenset[int]


def gist(portrait: Portrait) -> Gist:
    """The gist of *portrait*."""
    marks = frozenset(_mark(number) for part in portrait.paragraphs for number in part.numbers if weight(number) >= 0.5)
    if not len(portrait.vectors):
        return Gist(np.zeros(0, np.int8), marks)
    mean = portrait.vectors.astype(np.float32).mean(axis=0)
    return Gist(to_int8(mean / max(float(np.linalg.norm(mean)), 1e-9)), marks)


class Shortlist:
    """Over the *gists* of a window."""

    def __init__(self, gists: Sequence[Gist]) -> None:
        self._gists = gists
        self._rows = [row for row, one in enumerate(gists) if len(one.direction)]
        self._directions = np.array([gists[row].direction for row in self._rows], np.int8)

    def of(self, one: Gist) -> list[int]:
        """Places of the gists nearest to *one* in meaning, and of those with most numbers in common; ascending."""
        chosen: set[int] = set()
        if self._rows and self._directions.shape[1] == len(one.direction):
            near = cosines(one.direction[None, :], self._directions)[0]
            chosen |= {self._rows[place] for place in np.argsort(-near, kind="stable")[:_BY_MEANING]}
        shared = [(-len(one.marks & other.marks), place) for place, other in enumerate(self._gists)]
        chosen |= {place for count, place in sorted(shared)[:_BY_NUMBERS] if -count >= _LEAST_IN_COMMON}
        return sorted(chosen)


def _mark(number: Number) -> int:
    """Equal for numbers that are written with the same three digits; even for plain ones, odd for percentages."""
    value, percent = number
    return int(f"{value:.2e}".replace(".", "").replace("e+", "").replace("e-", "9")) * 2 + percent
