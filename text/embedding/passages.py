"""Passages: a text in parts of a few sentences, short enough for one vector and long enough to be shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from text.embedding.encoder import Encoder, Int8Vectors, Vectors, to_int8
from text.language import HAN

MIN_LENGTH = 120
"""Length of the passages of a short text, as ``length`` measures it."""

TARGET_PASSAGES = 8
"""Passages of a usual article; a longer article has longer passages, up to ``MAX_LENGTH``."""

MAX_LENGTH = 1000
"""Length of a passage; more sentences in one vector blur one another. A report has more passages instead."""

MAX_PASSAGES = 64
"""Passages of one text, at most."""

_SENTENCE = re.compile(r"(?<=[。！？!?；;])|(?<=[.!?;])\s+|\n\s*\n")
# Kana, Bopomofo and signs of their blocks, Han, hangul: what is written without blanks between words.
_SIGN = rf"\u3041-\u33ff{HAN}\uac00-\ud7af"
_UNIT = re.compile(rf"(?P<sign>[{_SIGN}])|[^\W_{_SIGN}]+")


def passages(text: str) -> list[str]:
    """The passages of *text*, at most ``MAX_PASSAGES``, split between sentences; none for a text without words."""
    sentences = [(sentence.strip(), length(sentence)) for sentence in _SENTENCE.split(text) if sentence.strip()]
    total = sum(size for _, size in sentences)
    if not total:
        return []
    # Sentences seldom fill a passage exactly, so its limit is a little above an even share.
    limit = max(MIN_LENGTH, min(1.25 * total / TARGET_PASSAGES, MAX_LENGTH), 1.25 * total / MAX_PASSAGES)
    parts: list[list[str]] = [[]]
    filled = 0
    for sentence, size in sentences:
        if parts[-1] and filled + size > limit and len(parts) < MAX_PASSAGES:
            parts.append([])
            filled = 0
        parts[-1].append(sentence)
        filled += size
    return [" ".join(part) for part in parts]


def sentences(text: str) -> list[str]:
    """The sentences of *text*, without those that have no words."""
    return [sentence.strip() for sentence in _SENTENCE.split(text) if length(sentence)]


def length(text: str) -> int:
    """The length of *text*: 1 for a Han character, kana or hangul syllable, 2 for a Latin word or number."""
    units = _UNIT.findall(text)  # the sign itself, or "" for a word
    return len(units) + units.count("")


def vectors_of(encoder: Encoder, texts: Sequence[tuple[str, str]]) -> list[tuple[Int8Vectors, Int8Vectors]]:
    """For each title and text its mean direction (int8, d) and its vectors (int8, n, d): title first, then passages."""
    parts = [[title, *passages(text)] for title, text in texts]
    rows = encoder.encode([part for article in parts for part in article])
    ends = np.cumsum([len(article) for article in parts])
    return [with_mean(rows[end - len(article) : end]) for article, end in zip(parts, ends.tolist(), strict=True)]


def with_mean(vectors: Vectors) -> tuple[Int8Vectors, Int8Vectors]:
    """The direction of the mean of *vectors* (float32, n, d) as int8 (d), and *vectors* as int8 (n, d)."""
    mean = vectors.sum(axis=0)
    length = float(np.linalg.norm(mean))
    return to_int8(mean / length if length else mean), to_int8(vectors)
