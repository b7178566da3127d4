"""Assigns articles that have just been stored to their stories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from pymongo.database import Database

from pipelines.fingerprint_window import FingerprintWindow
from store.connection import Document
from store.documents import fingerprints, stories
from store.documents.fingerprints import StoredFingerprint
from store.failover import repeat
from text.stories.fingerprint import VERSION, Fingerprint, bands
from text.stories.same_story import COPY_WINDOW, WINDOW, assign
from text.stories.shortlist import gist

_MAX_COPIES = 40
"""Copies that an article is compared with: a site may show the same few words at a thousand addresses."""


def assign_stories(
    database: Database[Document], window: FingerprintWindow, batch: Sequence[Fingerprint], without: Collection[str] = ()
) -> int:
    """Store the fingerprints of *batch* and put each article into its story; how many articles may share one.

    *without*: ids of articles that have no fingerprint, or none any more. An article that has changed leaves the story
    it was in. All fingerprints are stored before any is compared: of two articles that two processes store at the same
    moment, at least one sees the other.
    """
    known = set(without) if without and fingerprints.drop(database, without) else set[str]()
    stored = {fingerprint.id: (_to_store(fingerprint), fingerprint) for fingerprint in batch}
    alike: dict[str, dict[str, tuple[str, float]]] = {}
    if stored:
        known |= stored.keys() - fingerprints.keep(database, [row for row, _ in stored.values()])
        repeat(database, lambda: window.move(database, stored))
        alike = repeat(database, lambda: _find_alike(database, window, stored))
        fingerprints.record_alike(database, (((key, stored[key][0].stamp), others) for key, others in alike.items()))
    if known or alike:
        # An article that was stored before may have to leave its story.
        stories.regroup(database, known | alike.keys())
    return len(alike)


def _find_alike(
    database: Database[Document], window: FingerprintWindow, batch: dict[str, tuple[StoredFingerprint, Fingerprint]]
) -> dict[str, dict[str, tuple[str, float]]]:
    """For each article of *batch* that has any: those that may tell its story, with stamps and agreements."""
    candidates = _copies(database, batch)
    for key, (_, fingerprint) in batch.items():
        candidates[key] |= window.shortlist.of(gist(fingerprint), WINDOW)
        candidates[key].discard(key)
    loaded = window.fingerprints(database, set().union(*candidates.values()))
    alike: dict[str, dict[str, tuple[str, float]]] = {}
    for key, (_, fingerprint) in batch.items():
        others = [loaded[other][1] for other in sorted(candidates[key]) if other in loaded]
        if agreements := assign(fingerprint, others, window.common):
            alike[key] = {other: (loaded[other][0], value) for other, value in agreements.items()}
    return alike


def _copies(
    database: Database[Document], batch: dict[str, tuple[StoredFingerprint, Fingerprint]]
) -> dict[str, set[str]]:
    """For each article the ids of those that share most bands of the MinHash signature, within ``COPY_WINDOW``."""
    rows = [stored for stored, _ in batch.values()]
    times = [row.time for row in rows]
    wanted = {band for row in rows for band in row.bands}
    since, until = min(times) - COPY_WINDOW, max(times) + COPY_WINDOW
    ids_with_band: dict[int, set[str]] = {}
    for key, bands_of_key in fingerprints.with_bands(database, rows[0].made, wanted, since, until).items():
        for band in bands_of_key & wanted:
            ids_with_band.setdefault(band, set()).add(key)
    shared = {
        row.id: Counter(key for band in row.bands for key in ids_with_band.get(band, ()) if key != row.id)
        for row in rows
    }
    return {
        key: {other for other, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MAX_COPIES]}
        for key, counts in shared.items()
    }


def _to_store(fingerprint: Fingerprint) -> StoredFingerprint:
    short_form = gist(fingerprint)
    stored = StoredFingerprint(
        fingerprint.id,
        f"{VERSION} {fingerprint.encoder}",
        fingerprint.source,
        fingerprint.time,
        bands(fingerprint.signature),
        [part.key for part in fingerprint.paragraphs[1:]],
        sorted(short_form.number_keys),
        short_form.direction.tobytes(),
        fingerprint.to_bytes(),
    )
    return replace(stored, stamp=fingerprints.stamp_of(stored))
