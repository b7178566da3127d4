"""Precision and recall of grouping articles into stories, over pairs of documents in the same group.

Documents have ``{"id","text","group"}`` and, where known, ``title``, ``source`` and ``published``. Those without a date
may be of any day. Where documents have a ``half``, each half is also grouped by itself.

Precision is the share of the pairs put together that belong together, recall the share of the pairs that belong
together that were put together (pair counting; Manning, Raghavan and Schütze 2008, section 16.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import numpy as np

from similarity.evaluation.precision_recall import JudgedAnswers
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import Encoder
from text.stories.fingerprint import Fingerprint, make_fingerprint, tells_a_story
from text.stories.same_story import agreement, common_paragraphs, group

Pairs = set[tuple[str, str]]
"""Pairs of document ids, the smaller id first."""

_DEFAULT_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def grouping_metrics(
    rows: Sequence[Mapping[str, Any]], encoder: Encoder | None
) -> tuple[dict[str, float], JudgedAnswers]:
    """The metrics by name, as shares of 1, and the pairs put together, scored by their agreement.

    Documents too short to tell a story are grouped with no other, as when they are stored.
    """
    analyzer = Analyzer()
    made = (_fingerprint(row, analyzer, encoder) for row in rows)
    fingerprints = {fingerprint.id: fingerprint for fingerprint in made if fingerprint}
    expected = _pairs((str(row["group"]), str(row["id"])) for row in rows)
    values = _metrics(list(fingerprints.values()), expected)
    for half in dict.fromkeys(str(row["half"]) for row in rows if row.get("half")):
        ids = {str(row["id"]) for row in rows if row.get("half") == half}
        expected_in_half = {pair for pair in expected if set(pair) <= ids}
        of_half = _metrics([fingerprints[key] for key in sorted(ids & fingerprints.keys())], expected_in_half)
        values |= {f"{name}, {half} half": value for name, value in of_half.items()}
    return values, _judged(fingerprints, expected)


def _judged(fingerprints: Mapping[str, Fingerprint], expected: Pairs) -> JudgedAnswers:
    """The pairs put together with their agreement as score; a story may hold pairs with little of it."""
    documents = list(fingerprints.values())
    together = sorted(_grouped_pairs(documents))
    common = common_paragraphs(documents)
    scores = [agreement(fingerprints[left], fingerprints[right], common) for left, right in together]
    right = [pair in expected for pair in together]
    return JudgedAnswers(np.array(scores, np.float64), np.array(right, bool), len(expected))


def _metrics(fingerprints: Sequence[Fingerprint], expected: Pairs) -> dict[str, float]:
    together = _grouped_pairs(fingerprints)
    right = len(together & expected)
    precision = right / len(together) if together else 1.0
    recall = right / len(expected) if expected else 1.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": precision, "recall": recall, "F1": f1}


def _grouped_pairs(fingerprints: Sequence[Fingerprint]) -> Pairs:
    return _pairs((ids[0], key) for ids in group(fingerprints) for key in ids)


def _pairs(members: Iterable[tuple[str, str]]) -> Pairs:
    """The pairs of documents with the same group; *members* are (group, document)."""
    groups: dict[str, list[str]] = {}
    for name, key in members:
        groups.setdefault(name, []).append(key)
    return {pair for keys in groups.values() for pair in combinations(sorted(keys), 2)}


def _fingerprint(row: Mapping[str, Any], analyzer: Analyzer, encoder: Encoder | None) -> Fingerprint | None:
    published = row.get("published")
    time = datetime.fromisoformat(published) if published else _DEFAULT_DAY
    title, text = str(row.get("title") or ""), str(row["text"])
    if not tells_a_story(title, text):
        return None
    return make_fingerprint(
        str(row["id"]),
        str(row.get("source") or ""),
        time if time.tzinfo else time.replace(tzinfo=UTC),
        title,
        text,
        analyzer,
        encoder,
        dated=bool(published),
    )
