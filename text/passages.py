"""A text as passages of a few sentences: what is short enough for one vector and long enough to be shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from text.encoder import Encoder, Int8Vectors, Vectors, to_int8

LENGTH = 120
"""Of a passage of a short text, about: Han characters, with a Latin word as two of them."""

FEW = 8
"""Passages of one article: a longer one has longer passages, up to ``LONGEST``."""

LONGEST = 1000
"""More sentences in one vector blur one another; a report has more passages instead, up to ``MOST``."""

MOST = 64

_SENTENCE = re.compile(r"(?<=[。！？!?；;])|(?<=[.!?;])\s+|\n\s*\n")
_UNIT = re.compile(r"(?P<han>[\u3041-\u9fff\uac00-\ud7af\uf900-\ufaff])|[^\W_\u3041-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def passages(text: str) -> list[str]:
    """At most ``MOST`` passages that make up *text*, cut between sentences; none for a text without words."""
    sentences = [(sentence.strip(), length(sentence)) for sentence in _SENTENCE.split(text) if sentence.strip()]
    total = sum(size for _, size in sentences)
    if not total:
        return []
    # Sentences do not fill a passage to the brim, so a little more room than an even share.
    room = max(LENGTH, min(1.25 * total / FEW, LONGEST), 1.25 * total / MOST)
    found: list[list[str]] = [[]]
    held = 0
    for sentence, size in sentences:
        if found[-1] and held + size > room and len(found) < MOST:
            found.append([])
            held = 0
        found[-1].append(sentence)
        held += size
    return [" ".join(parts) for parts in found]


def length(text: str) -> int:
    """How long *text* is: one for a Han character, kana or hangul syllable, two for a Latin word or number."""
    units = _UNIT.findall(text)  # the Han character, or "" for what is none
    return len(units) + units.count("")


def vectors_of(encoder: Encoder, texts: Sequence[tuple[str, str]]) -> list[tuple[Int8Vectors, Int8Vectors]]:
    """For each title and text the direction of the mean of all its vectors (d numbers), and the vectors (n rows of d).

    The title has the first row, the passages the others.
    """
    parts = [[title, *passages(text)] for title, text in texts]
    rows = encoder.encode([part for one in parts for part in one])
    ends = np.cumsum([len(one) for one in parts])
    return [with_mean(rows[end - len(one) : end]) for one, end in zip(parts, ends.tolist(), strict=True)]


def with_mean(vectors: Vectors) -> tuple[Int8Vectors, Int8Vectors]:
    """The direction of the mean of *vectors* (n rows of d), and themselves, as int8."""
    mean = vectors.sum(axis=0)
    length = float(np.linalg.norm(mean))
    return to_int8(mean / length if length else mean), to_int8(vectors)
