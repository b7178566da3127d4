"""What was asked for lately, up to a number of bytes; safe to use from threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

BESIDE = 400
"""Bytes that a key and what is around a value take, about."""


class Remembered(Generic[Key, Value]):
    """Keys with their values; of more than *most* bytes those that were not asked for longest are forgotten.

    *size* tells the bytes of a value.
    """

    def __init__(self, most: int, size: Callable[[Value], int]) -> None:
        self._most, self._size, self._held = most, size, 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """The values of those of *keys* that are remembered."""
        with self._lock:
            found = {key: self._values[key] for key in keys if key in self._values}
            for key in found:
                self._values.move_to_end(key)
        return found

    def put(self, values: Mapping[Key, Value]) -> None:
        """Remember *values*."""
        with self._lock:
            for key, value in values.items():
                if key not in self._values:
                    self._values[key] = value
                    self._held += self._size(value) + BESIDE
            while self._held > self._most:
                _, value = self._values.popitem(last=False)
                self._held -= self._size(value) + BESIDE

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._values.clear()
            self._held = 0
