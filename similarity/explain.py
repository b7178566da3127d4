"""Why an article was found: the words that carried it, and the passage that matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from similarity.block import BIGRAMS, WORDS, Block
from similarity.calibration import ACROSS
from similarity.hybrid import Found
from similarity.postings import K1, B
from similarity.query import State
from similarity.question import Question
from store.article import Article
from store.vectors import unpack
from text.passages import passages

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


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the query, what it added to the evidence, and the words of the article that it was met by."""

    word: str
    weight: float
    met: tuple[str, ...]


def words_of(state: State, asked: Question, found: Found) -> tuple[Word, ...]:
    """The words (and pairs of characters) of the query that carried *found*, weightiest first."""
    block = state.collection.blocks[found.place[0]].block
    scale = _scale(state, block, found.place[1])
    words = dict(unpack(block.packed(WORDS, found.place[1])))
    carried = []
    if found.route == ACROSS:
        for word, synonyms in zip(asked.asked, asked.translated, strict=True):
            parts = [
                (asked.names[token], words[token] * weight)
                for token, weight in zip(synonyms.tokens.tolist(), synonyms.weights.tolist(), strict=True)
                if token in words
            ]
            count = sum(part for _, part in parts)
            if count:
                met = tuple(name for name, _ in sorted(parts, key=lambda part: -part[1]))
                carried.append(Word(word, synonyms.weight * count / (count + scale), met))
    else:
        pairs = dict(unpack(block.packed(BIGRAMS, found.place[1])))
        for weighted, counts in ((asked.words, words), (asked.pairs, pairs)):
            for token, weight in zip(weighted.tokens.tolist(), weighted.weights.tolist(), strict=True):
                if count := counts.get(token, 0):
                    name = asked.names[token]
                    carried.append(Word(name, weight * count / (count + scale), (name,)))
    return tuple(sorted(carried, key=lambda one: (-one.weight, one.word))[:MOST_WORDS])


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


def passage_text(article: Article, passage: int | None) -> str:
    """The text of a passage as ``Found`` numbers it; "" where there is none, or none of the text is kept."""
    texts = [article.title, *passages(article.body or article.summary)]
    return texts[passage] if passage is not None and passage < len(texts) else ""


def _scale(state: State, block: Block, row: int) -> float:
    length = np.float64(block.segment.lengths[row])
    return float(K1 * (1 - B + B * length / state.collection.statistics.mean_length))


def _said(word: Word) -> str:
    met = "" if word.met == (word.word,) else f" → {', '.join(word.met)}"
    return f"{word.word}{met} {word.weight:.3f}"
