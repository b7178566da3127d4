"""Which articles of a window are worth comparing with a new one: a thousand looked at in a millisecond."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from text.encoder import Int8Vectors, Vectors, to_int8
from text.facts import Number, weight
from text.portrait import Portrait

_BY_MEANING = 40
_BY_NUMBERS = 20
_LEAST_IN_COMMON = 2
_LEAD = 6  # sentences: news says first what it is about; the mean of all of an article is nearer to its neighbours


@dataclass(frozen=True, slots=True)
class Gist:
    """The little of a portrait that a shortlist is made of.

    ``direction`` (d) is the mean of its first sentences (empty without an encoder), ``marks`` stand for its numbers.
    """

    direction: Int8Vectors
    marks: frozenset[int]


def gist(portrait: Portrait) -> Gist:
    """The gist of *portrait*."""
    marks = frozenset(_mark(number) for part in portrait.paragraphs for number in part.numbers if weight(number) >= 0.5)
    if not len(portrait.vectors):
        return Gist(np.zeros(0, np.int8), marks)
    mean = portrait.vectors[:_LEAD].astype(np.float32).mean(axis=0)
    return Gist(to_int8(_unit(mean)), marks)


class Shortlist:
    """Over the *gists* of a window, all made by one encoder or by none."""

    def __init__(self, gists: Sequence[Gist]) -> None:
        self._gists = gists
        self._rows = [row for row, one in enumerate(gists) if len(one.direction)]
        directions = np.array([gists[row].direction for row in self._rows], np.float32)
        # What all have in common (the trade they write about) tells none from another.
        self._middle = directions.mean(axis=0) if self._rows else directions
        self._directions = _unit(directions - self._middle)

    def of(self, one: Gist, among: Collection[int] | None = None) -> list[int]:
        """Places of the gists nearest to *one* in meaning, and of those with most numbers in common; ascending.

        Only places *among* those given, where they are.
        """
        places = range(len(self._gists)) if among is None else among
        chosen: set[int] = set()
        if self._rows and len(one.direction):
            near = self._directions @ _unit(one.direction.astype(np.float32) - self._middle)
            order = (self._rows[row] for row in np.argsort(-near, kind="stable"))
            wanted = set(places)
            chosen |= set(islice((place for place in order if place in wanted), _BY_MEANING))
        shared = [(-len(one.marks & self._gists[place].marks), place) for place in places]
        chosen |= {place for count, place in sorted(shared)[:_BY_NUMBERS] if -count >= _LEAST_IN_COMMON}
        return sorted(chosen)


def _unit(vectors: Vectors) -> Vectors:
    length: Vectors = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32(1e-9))
    return vectors / length


def _mark(number: Number) -> int:
    """Equal for numbers that are written with the same three digits; even for plain ones, odd for percentages."""
    value, percent = number
    return int(f"{value:.2e}".replace(".", "").replace("e+", "").replace("e-", "9")) * 2 + percent
