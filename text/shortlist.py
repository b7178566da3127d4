"""Which articles of a window are worth comparing with a new one: a thousand looked at in a millisecond."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from text.encoder import Int8Vectors, Vectors, to_int8
from text.facts import Number, weight
from text.portrait import Portrait

_BY_MEANING = 40
_BY_NUMBERS = 20
_LEAST_IN_COMMON = 2
_LEAD = 6  # sentences: news says first what it is about; the mean of all of an article is nearer to its neighbours
_ROOM = 64  # places to begin with


Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gist:
    """The little of a portrait that a shortlist is made of.

    ``time``: of the article; ``direction`` (d) is the mean of its first sentences (empty without an encoder),
    ``marks`` stand for its numbers.
    """

    time: datetime
    direction: Int8Vectors
    marks: frozenset[int]


def gist(portrait: Portrait) -> Gist:
    """The gist of *portrait*."""
    marks = frozenset(_mark(number) for part in portrait.paragraphs for number in part.numbers if weight(number) >= 0.5)
    if not len(portrait.vectors):
        return Gist(portrait.time, np.zeros(0, np.int8), marks)
    mean = portrait.vectors[:_LEAD].astype(np.float32).mean(axis=0)
    length = max(float(np.linalg.norm(mean)), 1e-9)
    return Gist(portrait.time, to_int8(mean / length), marks)


class Shortlist:
    """Over gists that come and go, all made by one encoder or by none."""

    def __init__(self) -> None:
        self._gists: dict[str, Gist] = {}
        self._place: dict[str, int] = {}
        self._free: list[int] = []
        self._ids: list[str] = []
        # By place; a free one has no time, so that no window holds it.
        self._times = np.zeros(0, np.float64)
        self._directions = np.zeros((0, 0), np.int8)
        self._by_mark: defaultdict[int, set[int]] = defaultdict(set)

    def add(self, key: str, one: Gist) -> None:
        """Take up *one*, the gist of the article *key*, which must not be in."""
        place = self._free.pop() if self._free else len(self._ids)
        if place == len(self._ids):
            self._ids.append(key)
            if place == len(self._times):
                self._grow(max(len(one.direction), self._directions.shape[1]))
        self._gists[key], self._place[key], self._ids[place] = one, place, key
        self._times[place] = one.time.timestamp()
        self._directions[place] = one.direction if len(one.direction) else 0
        for mark in one.marks:
            self._by_mark[mark].add(place)

    def remove(self, key: str) -> None:
        """Forget the article *key*."""
        place = self._place.pop(key)
        for mark in self._gists.pop(key).marks:
            self._by_mark[mark].discard(place)
            if not self._by_mark[mark]:
                del self._by_mark[mark]
        self._times[place] = np.nan
        self._free.append(place)

    def of(self, one: Gist, window: timedelta) -> set[str]:
        """The articles within *window* of *one* that are nearest to it in meaning or have most numbers in common."""
        ages = np.abs(self._times[: len(self._ids)] - one.time.timestamp())
        places = np.flatnonzero(ages <= window.total_seconds())
        if not len(places):
            return set()
        chosen = [*self._by_meaning(one, places), *self._by_numbers(one, places, ages)]
        return {self._ids[place] for place in chosen}

    def _by_meaning(self, one: Gist, places: NDArray[np.intp]) -> list[int]:
        if not len(one.direction):
            return []
        directions = self._directions[places].astype(np.float32)
        # What all have in common (the trade they write about) tells none from another: it is taken off of each,
        # (d - m)(x - m) / |d - m|, without a second table of the differences.
        middle = directions.mean(axis=0)
        apart = one.direction.astype(np.float32) - middle
        products = directions @ np.stack([apart, middle], axis=1)
        squares = np.einsum("ij,ij->i", directions, directions) - 2 * products[:, 1] + middle @ middle
        near = (products[:, 0] - middle @ apart) / np.sqrt(np.maximum(squares, 1e-6))
        best: list[int] = places[_largest(near, _BY_MEANING)].tolist()
        return best

    def _by_numbers(self, one: Gist, places: NDArray[np.intp], ages: Times) -> list[int]:
        sharing = [place for mark in one.marks for place in self._by_mark.get(mark, ())]
        if not sharing:
            return []
        counts = np.bincount(sharing, minlength=len(ages))[places]
        places = places[counts >= _LEAST_IN_COMMON]
        counts = counts[counts >= _LEAST_IN_COMMON]
        # Of equals the nearest in time, so that the order in which articles came does not matter.
        later = ages[places] / (ages[places].max(initial=0) + 1)
        best: list[int] = places[_largest(counts - later, _BY_NUMBERS)].tolist()
        return best

    def _grow(self, dimensions: int) -> None:
        room = max(_ROOM, 2 * len(self._times))
        times, directions = np.full(room, np.nan), np.zeros((room, dimensions), np.int8)
        times[: len(self._times)] = self._times
        directions[: len(self._times), : self._directions.shape[1]] = self._directions
        self._times, self._directions = times, directions


def _largest(values: Vectors | Times, number: int) -> NDArray[np.intp]:
    """Places of the *number* largest of *values*, in no particular order."""
    if len(values) <= number:
        return np.arange(len(values))
    found: NDArray[np.intp] = np.argpartition(values, -number)[-number:]
    return found


def _mark(number: Number) -> int:
    """Equal for numbers that are written with the same three digits; even for plain ones, odd for percentages."""
    value, percent = number
    return int(f"{value:.2e}".replace(".", "").replace("e+", "").replace("e-", "9")) * 2 + percent
