"""The portraits near those that arrive, kept in the process from batch to batch: only what is new is read."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import numpy as np
from pymongo.database import Database

from store import portraits
from store.connection import Document
from store.portraits import Kept
from text.portrait import Portrait
from text.portrait_bytes import unpack
from text.shortlist import Gist, Shortlist
from text.stories import COMMON_FROM, WINDOW

T = TypeVar("T", bound=Hashable)

_OPENED = 1_000
"""Whole portraits that are kept: about 20 kB each."""


class Window:
    """What is stored of the days around the articles of a batch, as the database had it when it was last asked."""

    def __init__(self) -> None:
        self.shortlist = Shortlist()
        self.common: Counter[int] = Counter()
        """Keys of paragraphs that ``COMMON_FROM`` articles of one source share, with the number of such sources."""
        self._made = ""
        self._held: dict[str, Kept] = {}
        self._shared: Counter[tuple[str, int]] = Counter()
        self._opened: OrderedDict[str, tuple[str, Portrait]] = OrderedDict()

    def move(self, database: Database[Document], batch: Mapping[str, tuple[Kept, Portrait]]) -> None:
        """To the days around those of *batch* (not empty), which is stored: take up what is new or another by now."""
        made = next(iter(batch.values()))[0].made
        if made != self._made:
            self._forget(list(self._held))
            self._made = made
        stamps = portraits.stamps(database, made, windows(kept.time for kept, _ in batch.values()))
        self._forget([key for key, kept in self._held.items() if stamps.get(key) != kept.stamp])
        for key, (kept, portrait) in batch.items():
            self._open(key, kept.stamp, portrait)
            if stamps.get(key) == kept.stamp and key not in self._held:
                self._take(kept)
        for kept in portraits.near(database, stamps.keys() - self._held.keys()):
            self._take(kept)

    def portraits(self, database: Database[Document], keys: set[str]) -> dict[str, tuple[str, Portrait]]:
        """Those of the articles *keys* that are stored, each with its stamp."""
        # What is not held (copies of other weeks) may have changed, and nobody would have told.
        found = {
            key: self._opened[key]
            for key in keys
            if key in self._held and key in self._opened and self._opened[key][0] == self._held[key].stamp
        }
        for key, (stamp, data) in portraits.data_of(database, keys - found.keys()).items():
            found[key] = stamp, unpack(data)
        for key, (stamp, portrait) in found.items():
            self._open(key, stamp, portrait)
        while len(self._opened) > _OPENED:
            self._opened.popitem(last=False)
        return found

    def _open(self, key: str, stamp: str, portrait: Portrait) -> None:
        self._opened[key] = stamp, portrait
        self._opened.move_to_end(key)

    def _take(self, kept: Kept) -> None:
        self._held[kept.id] = kept
        self.shortlist.add(kept.id, Gist(kept.time, np.frombuffer(kept.direction, np.int8), frozenset(kept.marks)))
        self._count(kept, 1)

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.shortlist.remove(key)
            self._count(self._held.pop(key), -1)

    def _count(self, kept: Kept, by: int) -> None:
        if not kept.source:
            return
        for paragraph in set(kept.paragraphs):
            before = self._shared[kept.source, paragraph]
            _add(self._shared, (kept.source, paragraph), by)
            _add(self.common, paragraph, (before + by >= COMMON_FROM) - (before >= COMMON_FROM))


def _add(counts: Counter[T], key: T, by: int) -> None:
    counts[key] += by
    if not counts[key]:
        del counts[key]


def windows(times: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """What lies within ``WINDOW`` of one of *times*, as intervals that do not overlap."""
    found: list[tuple[datetime, datetime]] = []
    for time in sorted(times):
        since, until = time - WINDOW, time + WINDOW
        if found and since <= found[-1][1]:
            since = found.pop()[0]
        found.append((since, until))
    return found
