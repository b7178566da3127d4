"""Precision and recall of grouping: over pairs of documents put together, against those that belong together.

Documents: ``{"id","text","group"}``, and where known ``title``, ``source`` and ``published``; without a
date all are taken to be of one day. Where documents are marked with a ``half``, each half is also grouped by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import numpy as np

from similarity.curve import Judged
from text.encoder import Encoder
from text.portrait import Portrait, portray
from text.stories import common_paragraphs, group, likeness

_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def story_figures(rows: Sequence[Mapping[str, Any]], encoder: Encoder | None) -> tuple[dict[str, float], Judged]:
    """The figures by name, as shares of 1, and the pairs put together, scored by how alike their sentences are."""
    portraits = {str(row["id"]): _portrait(row, encoder) for row in rows}
    belonging = _pairs((str(row["group"]), str(row["id"])) for row in rows)
    values = _measured(list(portraits.values()), belonging)
    for half in dict.fromkeys(str(row["half"]) for row in rows if row.get("half")):
        chosen = {str(row["id"]) for row in rows if row.get("half") == half}
        kept = {pair for pair in belonging if set(pair) <= chosen}
        measured = _measured([portraits[key] for key in sorted(chosen)], kept)
        values |= {f"{name}, {half} half": value for name, value in measured.items()}
    return values, _judged(portraits, belonging)


def _judged(portraits: Mapping[str, Portrait], belonging: set[tuple[str, str]]) -> Judged:
    """Grouping itself knows no threshold; the likeness tells how sure it could be of each pair.

    Without vectors that is the share of shingles in common.
    """
    everyone = list(portraits.values())
    together = sorted(_pairs((ids[0], key) for ids in group(everyone) for key in ids))
    common = common_paragraphs(everyone)
    found = [likeness(portraits[left], portraits[right], common) for left, right in together]
    scores = [one.shingles if one.sentences is None else max(one.sentences, one.copied) for one in found]
    right = [pair in belonging for pair in together]
    return Judged(np.array(scores, np.float64), np.array(right, bool), len(belonging))


def _measured(portraits: Sequence[Portrait], belonging: set[tuple[str, str]]) -> dict[str, float]:
    together = _pairs((ids[0], key) for ids in group(portraits) for key in ids)
    right = len(together & belonging)
    precision = right / len(together) if together else 1.0
    recall = right / len(belonging) if belonging else 1.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": precision, "recall": recall, "F1": f1}


def _pairs(members: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The pairs of documents with the same group, given (group, document)."""
    groups: dict[str, list[str]] = {}
    for name, key in members:
        groups.setdefault(name, []).append(key)
    return {pair for keys in groups.values() for pair in combinations(sorted(keys), 2)}


def _portrait(row: Mapping[str, Any], encoder: Encoder | None) -> Portrait:
    published = row.get("published")
    time = datetime.fromisoformat(published) if published else _SOME_DAY
    return portray(
        str(row["id"]),
        str(row.get("source") or ""),
        time if time.tzinfo else time.replace(tzinfo=UTC),
        str(row.get("title") or ""),
        str(row["text"]),
        encoder,
    )
