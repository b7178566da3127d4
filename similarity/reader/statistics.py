"""Counts over the documents that can be found, kept up step by step: a change costs what it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.vectors import Ints

Tokens = NDArray[np.int32]

_SMALL = 8_192
"""Tokens of a layer that are not worth an array: a query looks up thousands, and the cost of that grows with layers."""

_FAR = 1 << 26
"""Ids from here on, which only a damaged vector has, stay in a layer: one of them must not cost gigabytes."""


@dataclass(frozen=True)
class Frequencies:
    """In how many documents each token occurs: an array by token id, and what came since as small sorted layers.

    Layers at least halve in size from one to the next, so that there are few, and are folded into the array once they
    have grown to a fair part of it.
    """

    base: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    layers: tuple[tuple[Tokens, Ints], ...] = ()

    def plus(self, tokens: Tokens, change: Ints) -> Frequencies:
        """With *change* added for each of *tokens* (ascending, each once)."""
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
        """The number of documents of each of *tokens*; 0 for those that do not occur."""
        found = np.zeros(len(tokens), np.int64)
        inside = tokens < len(self.base)
        found[inside] = self.base[tokens[inside]]
        for named, number in self.layers:
            place = np.minimum(np.searchsorted(named, tokens), len(named) - 1)
            found += np.where(named[place] == tokens, number[place], 0)
        return found

    def occurring(self) -> tuple[Tokens, Ints]:
        """Every token that occurs, ascending, and its number of documents. As large as the dictionary."""
        used = np.flatnonzero(self.base).astype(np.int32)
        tokens = np.unique(np.concatenate([used, *(named for named, _ in self.layers)]))
        numbers = self.of(tokens)
        return tokens[numbers > 0], numbers[numbers > 0]


@dataclass(frozen=True)
class Statistics:
    """Of the documents that can be found: how many, the sum of their lengths in tokens, documents per token."""

    documents: int = 0
    tokens: int = 0
    frequencies: Frequencies = field(default_factory=Frequencies)

    @property
    def mean_length(self) -> float:
        """Tokens of a document on the average; 1 where there are none, so that nothing is divided by 0."""
        return self.tokens / self.documents if self.documents and self.tokens else 1.0

    def plus(self, documents: int, length: int, tokens: Tokens, change: Ints) -> Statistics:
        """With so many documents more (or fewer), of that length together, and *change* for each of *tokens*."""
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
