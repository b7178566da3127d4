"""The shortlist: which articles of a time window are worth comparing with a new one.

Chosen by vectors and by numbers in common; a thousand articles are scanned in a millisecond.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from text.embedding.encoder import Int8Vectors, Vectors, to_int8
from text.stories.fingerprint import Fingerprint
from text.stories.numbers import Number, weight

_BY_EMBEDDING = 40  # articles
_BY_NUMBERS = 20  # articles
_MIN_IN_COMMON = 2  # numbers
_LEAD = 6  # sentences: news says first what it is about, and the mean of a whole article is like its neighbours'
_MIN_CAPACITY = 64  # rows


Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gist:
    """The part of a fingerprint that the shortlist needs.

    ``time``: of the article. ``direction``: int8 (d), the mean of its first sentences; empty without an encoder.
    ``number_keys``: see ``_number_key``.
    """

    time: datetime
    direction: Int8Vectors
    number_keys: frozenset[int]


def gist(fingerprint: Fingerprint) -> Gist:
    """The gist of *fingerprint*."""
    numbers = (number for paragraph in fingerprint.paragraphs for number in paragraph.numbers)
    keys = frozenset(_number_key(number) for number in numbers if weight(number) >= 0.5)
    if not len(fingerprint.vectors):
        return Gist(fingerprint.time, np.zeros(0, np.int8), keys)
    mean = fingerprint.vectors[:_LEAD].astype(np.float32).mean(axis=0)
    length = max(float(np.linalg.norm(mean)), 1e-9)
    return Gist(fingerprint.time, to_int8(mean / length), keys)


class Shortlist:
    """A set of gists, all made by one encoder or by none; articles are added and removed."""

    def __init__(self) -> None:
        self._gists: dict[str, Gist] = {}
        self._row_of: dict[str, int] = {}
        self._free: list[int] = []
        self._ids: list[str] = []
        # Each article has a row in both arrays. A free row has the time NaN, so that no window contains it.
        self._times = np.zeros(0, np.float64)  # (rows), seconds
        self._directions = np.zeros((0, 0), np.int8)  # (rows, d)
        self._by_number_key: defaultdict[int, set[int]] = defaultdict(set)

    def add(self, key: str, article: Gist) -> None:
        """Add the gist of the article *key*, which must not be in the set."""
        row = self._free.pop() if self._free else len(self._ids)
        if row == len(self._ids):
            self._ids.append(key)
            if row == len(self._times):
                self._grow(max(len(article.direction), self._directions.shape[1]))
        self._gists[key], self._row_of[key], self._ids[row] = article, row, key
        self._times[row] = article.time.timestamp()
        self._directions[row] = article.direction if len(article.direction) else 0
        for number in article.number_keys:
            self._by_number_key[number].add(row)

    def remove(self, key: str) -> None:
        """Remove the article *key*."""
        row = self._row_of.pop(key)
        for number in self._gists.pop(key).number_keys:
            self._by_number_key[number].discard(row)
            if not self._by_number_key[number]:
                del self._by_number_key[number]
        self._times[row] = np.nan
        self._free.append(row)

    def of(self, article: Gist, window: timedelta) -> set[str]:
        """The ids within *window* of *article* whose vectors are nearest to it or that share most numbers with it."""
        ages = np.abs(self._times[: len(self._ids)] - article.time.timestamp())
        rows = np.flatnonzero(ages <= window.total_seconds())
        if not len(rows):
            return set()
        chosen = [*self._by_embedding(article, rows), *self._by_numbers(article, rows, ages)]
        return {self._ids[row] for row in chosen}

    def _by_embedding(self, article: Gist, rows: NDArray[np.intp]) -> list[int]:
        """The nearest of *rows* (n)."""
        if not len(article.direction):
            return []
        directions = self._directions[rows].astype(np.float32)
        # What all have in common (the trade they write about) distinguishes none. It is subtracted from each:
        # (d - m)(x - m) / |d - m|, without a second table of the differences.
        mean = directions.mean(axis=0)
        difference = article.direction.astype(np.float32) - mean
        products = directions @ np.stack([difference, mean], axis=1)
        squares = np.einsum("ij,ij->i", directions, directions) - 2 * products[:, 1] + mean @ mean
        similarities = (products[:, 0] - mean @ difference) / np.sqrt(np.maximum(squares, 1e-6))
        nearest: list[int] = rows[_largest(similarities, _BY_EMBEDDING)].tolist()
        return nearest

    def _by_numbers(self, article: Gist, rows: NDArray[np.intp], ages: Times) -> list[int]:
        """Those of *rows* (n) that share most numbers; *ages*: distances in seconds, of all rows."""
        sharing = [row for number in article.number_keys for row in self._by_number_key.get(number, ())]
        if not sharing:
            return []
        counts = np.bincount(sharing, minlength=len(ages))[rows]
        rows = rows[counts >= _MIN_IN_COMMON]
        counts = counts[counts >= _MIN_IN_COMMON]
        # Of equals the nearest in time, so that the order in which articles came does not matter.
        later = ages[rows] / (ages[rows].max(initial=0) + 1)
        best: list[int] = rows[_largest(counts - later, _BY_NUMBERS)].tolist()
        return best

    def _grow(self, dimensions: int) -> None:
        capacity = max(_MIN_CAPACITY, 2 * len(self._times))
        times, directions = np.full(capacity, np.nan), np.zeros((capacity, dimensions), np.int8)
        times[: len(self._times)] = self._times
        directions[: len(self._times), : self._directions.shape[1]] = self._directions
        self._times, self._directions = times, directions


def _largest(values: Vectors | Times, number: int) -> NDArray[np.intp]:
    """Indices of the *number* largest of *values*, in no particular order."""
    if len(values) <= number:
        return np.arange(len(values))
    indices: NDArray[np.intp] = np.argpartition(values, -number)[-number:]
    return indices


def _number_key(number: Number) -> int:
    """Equal for numbers with the same three leading digits and power of ten; odd for percentages, even for others."""
    value, unit = number
    return int(f"{value:.2e}".replace(".", "").replace("e+", "").replace("e-", "9")) * 2 + (unit == "%")
