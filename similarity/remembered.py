"""Vectors that were asked for lately, up to a number of bytes; safe to use from threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)
Vectors = NDArray[np.int8]

BESIDE = 400
"""Bytes that a key and what is around a vector take, about."""


class Remembered(Generic[Key]):
    """Keys with their vectors; of more than *most* bytes those that were not asked for longest are forgotten."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._vectors: OrderedDict[Key, Vectors] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Iterable[Key]) -> dict[Key, Vectors]:
        """The vectors of those of *keys* that are remembered."""
        with self._lock:
            found = {key: self._vectors[key] for key in keys if key in self._vectors}
            for key in found:
                self._vectors.move_to_end(key)
        return found

    def put(self, vectors: Mapping[Key, Vectors]) -> None:
        """Remember *vectors*."""
        with self._lock:
            for key, vector in vectors.items():
                if key not in self._vectors:
                    self._vectors[key] = vector
                    self._held += vector.nbytes + BESIDE
            while self._held > self._most:
                _, vector = self._vectors.popitem(last=False)
                self._held -= vector.nbytes + BESIDE

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._vectors.clear()
            self._held = 0
