"""Collection statistics of the live documents, updated incrementally: a change costs in proportion to its size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Tokens
from store.vectors import Ints

_SMALL = 8_192
"""A layer of up to this many tokens is not folded into the array: looking tokens up in it costs little."""

_FAR = 1 << 26
"""Ids from here on stay in a layer. Only a damaged vector has them, and one of them must not cost gigabytes."""


@dataclass(frozen=True)
class Frequencies:
    """Document frequencies: in how many live documents each token occurs.

    ``base`` (ids, int32) is an array by token id. Later changes are ``layers`` of sorted token ids (n, int32) with
    their changes (n, int64), as in an LSM tree: each layer is at most half of the one before, so there are few. They
    are folded into the array once they have grown to an eighth of it.
    """

    base: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    layers: tuple[tuple[Tokens, Ints], ...] = ()

    def plus(self, tokens: Tokens, change: Ints) -> Frequencies:
        """These frequencies with *change* (n, int64) added for each of *tokens* (n, int32, ascending, each once)."""
        if not len(tokens):
            return self
        layers = [*self.layers, (tokens, change)]
        while len(layers) > 1 and 2 * len(layers[-1][0]) > len(layers[-2][0]):
            layers[-2:] = [_merged(*layers[-2:])]
        if len(layers[0][0]) <= max(_SMALL, len(self.base) // 8):
            return Frequencies(self.base, tuple(layers))
        tokens, change = layers[0] if len(layers) == 1 else _merged(*layers)
        near = tokens < _FAR
        base = np.zeros(max(len(self.base), int(tokens[near][-1]) + 1 if near.any() else 0), np.int32)
        base[: len(self.base)] = self.base
        base[tokens[near]] += change[near].astype(np.int32)
        return Frequencies(base, () if near.all() else ((tokens[~near], change[~near]),))

    def of(self, tokens: Tokens) -> Ints:
        """The document frequency of each of *tokens*, 0 for one that does not occur: (tokens, int64)."""
        found = np.zeros(len(tokens), np.int64)
        inside = tokens < len(self.base)
        found[inside] = self.base[tokens[inside]]
        for named, number in self.layers:
            place = np.minimum(np.searchsorted(named, tokens), len(named) - 1)
            found += np.where(named[place] == tokens, number[place], 0)
        return found

    def occurring(self) -> tuple[Tokens, Ints]:
        """All tokens that occur, ascending, with their document frequencies: as many as the dictionary has."""
        used = np.flatnonzero(self.base).astype(np.int32)
        tokens = np.unique(np.concatenate([used, *(named for named, _ in self.layers)]))
        numbers = self.of(tokens)
        return tokens[numbers > 0], numbers[numbers > 0]


@dataclass(frozen=True)
class Statistics:
    """Of the live documents: how many they are, the sum of their lengths in tokens, and document frequencies."""

    documents: int = 0
    tokens: int = 0
    frequencies: Frequencies = field(default_factory=Frequencies)

    @property
    def mean_length(self) -> float:
        """Mean length of a document in tokens; 1 for an empty collection, so that nothing is divided by 0."""
        return self.tokens / self.documents if self.documents and self.tokens else 1.0

    def plus(self, documents: int, length: int, tokens: Tokens, change: Ints) -> Statistics:
        """These statistics after *documents* with *length* tokens in all are added, or removed where both are negative.

        *tokens* and *change*: see ``Frequencies.plus``.
        """
        return Statistics(self.documents + documents, self.tokens + length, self.frequencies.plus(tokens, change))

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Statistics) or (self.documents, self.tokens) != (other.documents, other.tokens):
            return False
        ours, theirs = self.frequencies.occurring(), other.frequencies.occurring()
        return np.array_equal(ours[0], theirs[0]) and np.array_equal(ours[1], theirs[1])


def _merged(*layers: tuple[Tokens, Ints]) -> tuple[Tokens, Ints]:
    tokens, place = np.unique(np.concatenate([named for named, _ in layers]), return_inverse=True)
    number = np.zeros(len(tokens), np.int64)
    np.add.at(number, place, np.concatenate([change for _, change in layers]))
    return tokens, number
