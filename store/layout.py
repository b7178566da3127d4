"""The number of the stored layout: which collections, fields and MongoDB indexes a program finds and leaves.

It is the field ``format`` of the manifest. ``store/upgrade`` has the steps from each layout to the next:

1. articles with vectors, terms and runs; no segments (before 0.1.0);
2. segments, manifest, pending articles and deletion notes; the lease of the compactor in ``manifest`` (0.1.0);
3. all leases in ``leases``, of sources too; collections and indexes of watches, messages, tokens and rankings.
"""

from __future__ import annotations

LAYOUT = 3
"""The layout that this program writes."""

OLDEST_READ = 2
"""The oldest layout that this program searches; it is written to only after the upgrade."""

UPGRADE = "xinwen upgrade"


def wrong_layout(found: object) -> str:
    """The sentence for a store of another layout than the one that this program can use."""
    if isinstance(found, int) and 0 < found < LAYOUT:
        meanwhile = "searches go on" if found >= OLDEST_READ else "it is searched after that"
        return f"the store has layout {found}, this program writes {LAYOUT}: {UPGRADE} converts it; {meanwhile}"
    return f"the store has layout {found}, this program knows none later than {LAYOUT}: use a newer version of Xinwen"
