"""Find the stories of articles that have just been stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from pymongo.database import Database

from pipelines.window import Window
from store import portraits, stories
from store.connection import Document
from store.portraits import Kept
from text.portrait import VERSION, Portrait, bands
from text.portrait_bytes import pack
from text.shortlist import gist
from text.stories import COPY_WINDOW, WINDOW, assign

_COPIES = 40
"""Copies of one text that it is compared with: a site may show the same few words under a thousand addresses."""


def place(
    database: Database[Document], window: Window, batch: Sequence[Portrait], without: Collection[str] = ()
) -> int:
    """Put each of *batch* into the story that it tells, and out of the one it told before; how many found one.

    *without*: articles that have no portrait, or none any more. All are kept before any is compared: of two articles
    that arrive at the same moment through two processes, at least one sees the other.
    """
    known = set(without) if without and portraits.drop(database, without) else set[str]()
    kept = {one.id: (_kept(one), one) for one in batch}
    found: dict[str, dict[str, str]] = {}
    if kept:
        known |= kept.keys() - portraits.keep(database, [row for row, _ in kept.values()])
        window.move(database, kept)
        found = _found(database, window, kept)
        portraits.note_alike(database, (((key, kept[key][0].stamp), others) for key, others in found.items()))
    if known or found:
        # An article that was known before may have to leave the story it was in.
        stories.settle(database, known | found.keys())
    return len(found)


def _found(
    database: Database[Document], window: Window, batch: dict[str, tuple[Kept, Portrait]]
) -> dict[str, dict[str, str]]:
    """For each article that is not alone the articles that tell its story, with their stamps."""
    chosen = _copies(database, batch)
    for key, (_, one) in batch.items():
        chosen[key] |= window.shortlist.of(gist(one), WINDOW)
        chosen[key].discard(key)
    opened = window.portraits(database, set().union(*chosen.values()))
    names = stories.names(database, opened)
    found: dict[str, dict[str, str]] = {}
    for key, (_, one) in batch.items():
        candidates = [opened[other][1] for other in sorted(chosen[key]) if other in opened]
        if others := assign(one, candidates, window.common, names):
            found[key] = {other: opened[other][0] for other in others}
    return found


def _copies(database: Database[Document], batch: dict[str, tuple[Kept, Portrait]]) -> dict[str, set[str]]:
    """For each article those that have a band in common with it, also of other weeks."""
    rows = [kept for kept, _ in batch.values()]
    times = [row.time for row in rows]
    asked = {band for row in rows for band in row.bands}
    since, until = min(times) - COPY_WINDOW, max(times) + COPY_WINDOW
    having: dict[int, set[str]] = {}
    for key, held in portraits.with_bands(database, rows[0].made, asked, since, until).items():
        for band in held & asked:
            having.setdefault(band, set()).add(key)
    shared = {
        row.id: Counter(key for band in row.bands for key in having.get(band, ()) if key != row.id) for row in rows
    }
    return {
        key: {other for other, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_COPIES]}
        for key, counts in shared.items()
    }


def _kept(one: Portrait) -> Kept:
    short = gist(one)
    kept = Kept(
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
    return replace(kept, stamp=portraits.stamped(kept))
