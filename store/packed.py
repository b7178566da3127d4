"""What the segments of a manifest hold, without their vectors: which article is packed where, in which revision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pymongo.database import Database

from store import segments
from store.connection import Document
from store.manifest import Entry, Manifest, packed_rows
from store.segments import DamagedSegment, MissingSegment, Segment, id_bytes

Ids = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(eq=False)
class Held:
    """A segment of the index: its entry, its head, and which of its rows count."""

    entry: Entry
    head: Segment
    alive: Bools

    def rows(self, ids: Ids) -> Ints:
        """The row of each of *ids* that counts here, -1 where none does."""
        rows = self.head.rows_of(ids)
        return np.where((rows >= 0) & self.alive[rows], rows, -1) if len(self.alive) else rows

    def entry_now(self) -> Entry:
        """The entry with the rows that are dead by now."""
        return replace(self.entry, dead=packed_rows(np.flatnonzero(~self.alive)))


class Packed:
    """The readable segments of *manifest*; ``broken`` says of the others what is wrong with them."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.held: list[Held] = []
        self.broken: dict[str, str] = {}

    def load(self, database: Database[Document], thorough: bool, keep: Callable[[], None]) -> None:
        """Read the heads, and when *thorough* every byte; *keep* is called between two segments."""
        parts = [f"{entry.sha256}:{part}" for entry in self.manifest.segments for part in range(entry.parts)]
        stored = {row["_id"] for row in database.segments.find({"_id": {"$in": parts}}, {"_id": 1})}
        for entry in self.manifest.segments:
            keep()
            try:
                if not all(f"{entry.sha256}:{part}" in stored for part in range(entry.parts)):
                    raise MissingSegment(f"segment {entry.sha256[:12]}… is not stored, or not all its parts")
                if thorough:
                    segments.decode(segments.read(database, entry.sha256, entry.parts))
                self.add(entry, segments.read_head(database, entry.sha256))
            except (DamagedSegment, MissingSegment) as error:
                self.broken[entry.sha256] = str(error)

    def add(self, entry: Entry, head: Segment) -> None:
        """Take in a segment; one that is there already (the same bytes) is told all its rows again."""
        if head.documents != entry.documents:
            raise DamagedSegment(f"segment {entry.sha256[:12]}… does not hold what the manifest says")
        alive = np.ones(entry.documents, bool)
        alive[entry.dead_rows] = False
        self.held = [one for one in self.held if one.entry.sha256 != entry.sha256] + [Held(entry, head, alive)]

    def revisions(self, ids: Iterable[str]) -> Ints:
        """The revision in which each of *ids* is packed, -1 for those that are not."""
        wanted = id_bytes(list(ids))
        found = np.full(len(wanted), -1, np.int64)
        for one in self.held:
            rows = one.rows(wanted)
            here = rows >= 0
            found[here] = np.maximum(found[here], one.head.revisions[rows[here]])
        return found

    def bury(self, ids: Iterable[str], stays: Ints) -> int:
        """Mark rows of *ids* dead, all but those of the revision *stays* (-1: all); how many."""
        wanted, dead = id_bytes(list(ids)), 0
        for one in self.held:
            rows = one.rows(wanted)
            here = rows >= 0
            rows = rows[here][one.head.revisions[rows[here]] != stays[here]]
            one.alive[rows] = False
            dead += len(rows)
        return dead

    def alive(self) -> int:
        """How many rows count."""
        return sum(int(one.alive.sum()) for one in self.held)

    def entries(self) -> tuple[Entry, ...]:
        """What the manifest is to name: segments of which some row counts, in an order that follows from them."""
        return tuple(sorted((one.entry_now() for one in self.held if one.alive.any()), key=lambda entry: entry.sha256))

    def missing_from(self, stored: Iterator[list[str]]) -> tuple[list[str], list[str]]:
        """Of all *stored* ids (in batches) those that no row holds, and of the rows that count the ids not stored."""
        seen = [~one.alive for one in self.held]
        lost: list[str] = []
        for batch in stored:
            ids = id_bytes(batch)
            found = np.zeros(len(batch), bool)
            for one, marks in zip(self.held, seen, strict=True):
                rows = one.rows(ids)
                marks[rows[rows >= 0]] = True
                found |= rows >= 0
            lost += [batch[place] for place in np.flatnonzero(~found)]
        unseen = zip(self.held, seen, strict=True)
        return lost, [key for one, marks in unseen for key in segments.id_strings(one.head.ids[~marks])]


def merges(packed: Packed) -> list[list[Held]]:
    """Which segments are to become one: ten of a size, as far as they fit; and alone those with many dead rows."""
    found, tiers = [], dict[int, list[Held]]()
    for one in packed.held:
        alive = int(one.alive.sum())
        if alive and one.entry.documents - alive > one.entry.documents * MOST_DEAD:
            found.append([one])
        elif alive <= segments.MOST_ROWS // 2:
            tiers.setdefault(len(str(alive)), []).append(one)
    for tier in tiers.values():
        if len(tier) >= TIER:
            tier.sort(key=lambda one: (int(one.alive.sum()), one.entry.sha256))
            room = np.cumsum([one.alive.sum() for one in tier]) <= segments.MOST_ROWS
            room &= np.cumsum([one.entry.bytes for one in tier]) <= segments.MOST_BYTES
            if room.sum() > 1:
                found.append(tier[: int(room.sum())])
    return found


TIER = 10
"""Segments of about one size that are merged into one."""

MOST_DEAD = 0.25
"""Share of dead rows above which a segment is written anew."""
