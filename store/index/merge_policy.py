"""The merge policy: which segments are merged into one, and when.

A tiered policy, as Lucene's ``TieredMergePolicy`` and tantivy's ``LogMergePolicy``. A segment's tier is the number of
decimal digits of its live documents: 1 to 9, 10 to 99, and so on. A tier is merged when it has ``SEGMENTS_PER_TIER``
segments, so each article is written again about once a tier. A segment with many deleted documents is rewritten alone.
"""

from __future__ import annotations

import numpy as np

from store.index import segment_format
from store.index.segment_set import OpenSegment, SegmentSet

SEGMENTS_PER_TIER = 10
"""Segments of one tier from which that tier is merged."""

MAX_DELETED_SHARE = 0.25
"""Share of deleted documents (0 to 1) above which a segment is rewritten."""

MAX_MERGED_SHARE = 0.5
"""Share of a full segment above which a segment is not merged with others: two of that size would not fit into one."""


def find_merges(segment_set: SegmentSet) -> list[list[OpenSegment]]:
    """Groups of segments, each to be merged into one segment; a group of one is to be rewritten without deletions."""
    merges, tiers = [], dict[int, list[OpenSegment]]()
    for segment in segment_set.segments:
        live, documents = segment.live_documents, segment.entry.documents
        if live and documents - live > documents * MAX_DELETED_SHARE:
            merges.append([segment])
        elif live <= segment_format.MAX_ROWS * MAX_MERGED_SHARE:
            tiers.setdefault(len(str(live)), []).append(segment)
    for tier in tiers.values():
        if len(tier) >= SEGMENTS_PER_TIER:
            # The smallest first, as many as fit into one segment. The name decides between equals, so that the same
            # segments always give the same merge.
            tier.sort(key=lambda segment: (segment.live_documents, segment.entry.sha256))
            fits = np.cumsum([segment.live_documents for segment in tier]) <= segment_format.MAX_ROWS
            fits &= np.cumsum([segment.entry.bytes for segment in tier]) <= segment_format.MAX_BYTES
            if fits.sum() > 1:
                merges.append(tier[: int(fits.sum())])
    return merges
