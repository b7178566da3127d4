"""Why an article was found: the words that carried it, and the passage that matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from similarity.carried import Word as Word
from similarity.carried import carried
from similarity.hybrid import Found, in_other_language
from similarity.query import State
from similarity.question import Question

MOST_WORDS = 12
"""The weightiest words of a hit; a pasted article has thousands."""

_SHOWN = 160  # characters of a passage on the screen
_NAMES = {
    "words": "词 words",
    "pairs": "二字 pairs",
    "translated": "译词 translated",
    "meaning": "语义 meaning",
    "neighbours": "近邻 neighbours",
}


class Explained(Protocol):
    """A hit, as far as ``lines_of`` looks at it."""

    @property
    def parts(self) -> Mapping[str, float]: ...
    @property
    def words(self) -> tuple[Word, ...]: ...
    @property
    def passage(self) -> str: ...


def words_of(state: State, asked: Question, found: Sequence[Found]) -> list[tuple[Word, ...]]:
    """For each of *found* the words (and pairs of characters) of the query that carried it, weightiest first."""
    alike = defaultdict[tuple[int, str, bool], list[int]](list)
    for number, one in enumerate(found):
        block, row = state.collection.blocks[one.place[0]].block, one.place[1]
        other = in_other_language(block.segment.language_names, asked.language)[block.segment.languages[row]]
        alike[one.place[0], one.route, not other].append(number)
    words: list[tuple[Word, ...]] = [()] * len(found)
    for (place, route, own), numbers in alike.items():
        rows = np.array([found[number].place[1] for number in numbers])
        block = state.collection.blocks[place].block
        of_each = carried(asked, block, rows, route, state.collection.statistics.mean_length, own)
        for number, some in zip(numbers, of_each, strict=True):
            words[number] = tuple(sorted(some, key=lambda one: (-one.weight, one.word))[:MOST_WORDS])
    return words


def lines_of(hit: Explained) -> list[str]:
    """What ``--explain`` prints of a hit."""
    if not hit.parts:
        return []
    names = {kind: f"{_NAMES[kind]} {value:.3f}" for kind, value in hit.parts.items()}
    lines = ["依据 evidence: " + " + ".join(names.values())]
    if hit.words:
        lines.append("词语 words: " + ", ".join(_said(word) for word in hit.words))
    if hit.passage:
        text = " ".join(hit.passage.split())
        lines.append("段落 passage: " + (text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"))
    return lines


def _said(word: Word) -> str:
    met = "" if word.met == (word.word,) else f" → {', '.join(word.met)}"
    return f"{word.word}{met} {word.weight:.3f}"
