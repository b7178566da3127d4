"""Find the stories of articles that have just been stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np
from pymongo.database import Database

from store import stories
from store.connection import Document
from store.stories import Kept
from text.portrait import VERSION, Portrait, bands
from text.portrait_bytes import pack, unpack
from text.shortlist import Gist, Shortlist, gist
from text.stories import COPY_WINDOW, WINDOW, assign, common_keys


def place(database: Database[Document], portraits: Sequence[Portrait]) -> int:
    """Join each of *portraits* with the stored articles that tell its story; how many found one.

    All are kept before any is compared: of two articles that arrive at the same moment through two processes, at
    least one sees the other.
    """
    if not portraits:
        return 0
    kept = {one.id: _kept(one) for one in portraits}
    stories.keep(database, list(kept.values()))
    made = next(iter(kept.values())).made
    near = stories.in_windows(database, made, _windows(one.time for one in portraits))
    common = common_keys((row.source, set(row.paragraphs)) for row in near)
    shortlist = Shortlist([Gist(np.frombuffer(row.direction, np.int8), frozenset(row.marks)) for row in near])
    chosen = {one.id: _candidates(database, one, kept[one.id], near, shortlist) for one in portraits}
    data = stories.data_of(database, {key for keys in chosen.values() for key in keys})
    known = {key: unpack(packed) for key, packed in data.items()}
    joined = 0
    for one in portraits:
        found = assign(one, [known[key] for key in chosen[one.id] if key in known], common)
        if found:
            stories.join(database, [one.id, *found])
            joined += 1
    return joined


def _candidates(
    database: Database[Document], one: Portrait, kept: Kept, near: list[Kept], shortlist: Shortlist
) -> list[str]:
    within = [place for place, row in enumerate(near) if row.id != one.id and abs(row.time - one.time) <= WINDOW]
    listed = {near[place].id for place in shortlist.of(gist(one), within)}
    copies = stories.with_bands(database, kept.made, kept.bands, one.time - COPY_WINDOW, one.time + COPY_WINDOW)
    return sorted(listed | set(copies) - {one.id})


def _windows(times: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """What lies within ``WINDOW`` of one of *times*, as intervals that do not overlap."""
    found: list[tuple[datetime, datetime]] = []
    for time in sorted(times):
        since, until = time - WINDOW, time + WINDOW
        if found and since <= found[-1][1]:
            since = found.pop()[0]
        found.append((since, until))
    return found


def _kept(one: Portrait) -> Kept:
    short = gist(one)
    return Kept(
        one.id,
        f"{VERSION} {one.encoder}",
        one.source,
        one.time,
        bands(one.signature),
        [part.key for part in one.paragraphs[1:]],
        sorted(short.marks),
        short.direction.tobytes(),
        pack(one),
    )
