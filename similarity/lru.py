"""A least-recently-used (LRU) cache, limited in bytes; safe to use from threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

ENTRY_OVERHEAD = 400
"""Bytes that a key and the objects around a value take, about."""


class LruCache(Generic[Key, Value]):
    """Caches values by key. When they take more than *max_bytes*, the least recently used ones are dropped.

    *size* gives the bytes of a value.
    """

    def __init__(self, max_bytes: int, size: Callable[[Value], int]) -> None:
        self._max_bytes, self._size, self._bytes = max_bytes, size, 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """The values of those of *keys* that are cached; they count as used now."""
        with self._lock:
            values = {key: self._values[key] for key in keys if key in self._values}
            for key in values:
                self._values.move_to_end(key)
        return values

    def put(self, values: Mapping[Key, Value]) -> None:
        """Cache *values*; a key that is cached keeps its value."""
        with self._lock:
            for key, value in values.items():
                if key not in self._values:
                    self._values[key] = value
                    self._bytes += self._size(value) + ENTRY_OVERHEAD
            while self._bytes > self._max_bytes:
                _, value = self._values.popitem(last=False)
                self._bytes -= self._size(value) + ENTRY_OVERHEAD

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._values.clear()
            self._bytes = 0
