"""Why an article was found: the words that carried it, and the passage that matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from similarity.carried import Word as Word
from similarity.carried import carried
from similarity.hybrid import Found, in_other_language
from similarity.query import State
from similarity.question import Question
from store.article import Article
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


def words_of(state: State, asked: Question, found: Found) -> tuple[Word, ...]:
    """The words (and pairs of characters) of the query that carried *found*, weightiest first."""
    block, row = state.collection.blocks[found.place[0]].block, found.place[1]
    own = not in_other_language(block.segment.language_names, asked.language)[block.segment.languages[row]]
    words = carried(asked, block, row, found.route, state.collection.statistics.mean_length, own)
    return tuple(sorted(words, key=lambda one: (-one.weight, one.word))[:MOST_WORDS])


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


def _said(word: Word) -> str:
    met = "" if word.met == (word.word,) else f" → {', '.join(word.met)}"
    return f"{word.word}{met} {word.weight:.3f}"
