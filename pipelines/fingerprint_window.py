"""Cache of the fingerprints published around a batch of articles: only new and changed ones are read from MongoDB."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import numpy as np
from pymongo.database import Database

from store.connection import Document
from store.documents import fingerprints
from store.documents.fingerprints import StoredFingerprint
from text.stories.fingerprint import Fingerprint
from text.stories.same_story import MIN_COMMON, WINDOW
from text.stories.shortlist import Gist, Shortlist

T = TypeVar("T", bound=Hashable)

_MAX_LOADED = 1_000
"""Whole fingerprints in memory, about 20 kB each."""


class FingerprintWindow:
    """The stored fingerprints within ``WINDOW`` of the last batch of articles, as they were at the last ``move``."""

    def __init__(self) -> None:
        self.shortlist = Shortlist()
        self.common: Counter[int] = Counter()
        """Keys of paragraphs that ``MIN_COMMON`` articles of one source share, with the number of such sources."""
        self._made = ""
        """Versions of program and encoder; fingerprints of others are not comparable."""
        self._stored: dict[str, StoredFingerprint] = {}
        self._shared: Counter[tuple[str, int]] = Counter()
        """How many articles have a paragraph, by source and key of the paragraph."""
        self._loaded: OrderedDict[str, tuple[str, Fingerprint]] = OrderedDict()
        """Stamp and whole fingerprint by article id, the least recently used first."""

    def move(self, database: Database[Document], batch: Mapping[str, tuple[StoredFingerprint, Fingerprint]]) -> None:
        """Move to the days around *batch* (not empty, stored): drop what has left or changed, read what is new."""
        made = next(iter(batch.values()))[0].made
        if made != self._made:
            self._forget(list(self._stored))
            self._made = made
        stamps = fingerprints.stamps(database, made, windows(stored.time for stored, _ in batch.values()))
        self._forget([key for key, stored in self._stored.items() if stamps.get(key) != stored.stamp])
        for key, (stored, fingerprint) in batch.items():
            self._remember(key, stored.stamp, fingerprint)
            if stamps.get(key) == stored.stamp and key not in self._stored:
                self._add(stored)
        for stored in fingerprints.without_data(database, stamps.keys() - self._stored.keys()):
            self._add(stored)

    def fingerprints(self, database: Database[Document], keys: set[str]) -> dict[str, tuple[str, Fingerprint]]:
        """The stored fingerprints of the articles *keys*, each with its stamp."""
        # A copy from outside the window is read every time: ``move`` does not notice when it changes.
        loaded = {
            key: self._loaded[key]
            for key in keys
            if key in self._stored and key in self._loaded and self._loaded[key][0] == self._stored[key].stamp
        }
        for key, (stamp, data) in fingerprints.data_of(database, keys - loaded.keys()).items():
            loaded[key] = stamp, Fingerprint.from_bytes(data)
        for key, (stamp, fingerprint) in loaded.items():
            self._remember(key, stamp, fingerprint)
        while len(self._loaded) > _MAX_LOADED:
            self._loaded.popitem(last=False)
        return loaded

    def _remember(self, key: str, stamp: str, fingerprint: Fingerprint) -> None:
        self._loaded[key] = stamp, fingerprint
        self._loaded.move_to_end(key)

    def _add(self, stored: StoredFingerprint) -> None:
        self._stored[stored.id] = stored
        self.shortlist.add(
            stored.id, Gist(stored.time, np.frombuffer(stored.direction, np.int8), frozenset(stored.marks))
        )
        self._count(stored, 1)

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.shortlist.remove(key)
            self._count(self._stored.pop(key), -1)

    def _count(self, stored: StoredFingerprint, by: int) -> None:
        if not stored.source:
            return
        for paragraph in set(stored.paragraphs):
            before = self._shared[stored.source, paragraph]
            _add_to(self._shared, (stored.source, paragraph), by)
            _add_to(self.common, paragraph, (before + by >= MIN_COMMON) - (before >= MIN_COMMON))


def _add_to(counts: Counter[T], key: T, by: int) -> None:
    counts[key] += by
    if not counts[key]:
        del counts[key]


def windows(times: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """The times within ``WINDOW`` of one of *times*, as sorted intervals (since, until) that do not overlap."""
    intervals: list[tuple[datetime, datetime]] = []
    for time in sorted(times):
        since, until = time - WINDOW, time + WINDOW
        if intervals and since <= intervals[-1][1]:
            since = intervals.pop()[0]
        intervals.append((since, until))
    return intervals
