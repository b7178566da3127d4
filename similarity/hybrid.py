"""The default model: the best articles by words, pairs of characters, translated words, meaning and neighbours.

Every article that can be found is looked at, by what the blocks hold in memory. The best ``LOOKED_AT`` of each route
are then looked at more closely, passage by passage and beside one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from similarity.block import WORDS, Block, Held
from similarity.calibration import ACROSS, CALIBRATIONS, SAME
from similarity.evidence import cosines, shared, translated, weigh
from similarity.neighbours import support
from similarity.query import ALL, Filter, State
from similarity.question import Question
from similarity.turning import Floats
from store.vectors import Ints
from text.encoder import STEP

MEANING_SAME, MEANING_ACROSS = 0.5, 1.5
"""What a cosine of 1 adds. Texts in one language have the same words when they mean the same, so there it is squared:
middling cosines, which all texts of one trade have, count little."""

NEIGHBOURS = 1.0
"""What full support of the best documents adds, as a share of their evidence."""

LOOKED_AT = 50

LEAST_COSINE = 0.3
"""Below it a text without any word of the query is no answer."""

Passages = Callable[[Sequence[str]], Mapping[str, NDArray[np.int8]]]
"""From article ids to the vectors of their passages, for those that have some of the query's encoder."""


@dataclass(frozen=True)
class Found:
    """An article's id, its score (0 to 1), route, what the evidence is made of, and the passage (0: the title)."""

    key: str
    score: float
    route: str
    parts: Mapping[str, float]
    place: tuple[int, int]
    passage: int | None = None


@dataclass(frozen=True)
class _Candidate:
    held: Held
    place: tuple[int, int]
    key: str
    parts: dict[str, float]
    cosine: float
    evidence: float
    passage: int | None = field(default=None)


def best(
    state: State,
    asked: Question,
    mark: bytes,
    k: int,
    passages: Passages,
    allowed: Filter = ALL,
    without: tuple[int, int] | None = None,
    across: bool = True,
) -> list[Found]:
    """The *k* best articles, equal scores in the order of their ids.

    *mark* is that of the encoder of the query's meaning; without *across*, articles in the other language are judged by
    the words that they share with the query as it stands.
    """
    found: list[Found] = []
    number = max(k, LOOKED_AT)
    for route, ranked in _candidates(state, asked, mark, number, allowed, without, across).items():
        closer = _closer(ranked[:LOOKED_AT], route, asked, passages)
        if route == SAME:
            closer = _with_neighbours(state, closer)
        found += _scored([*closer, *ranked[LOOKED_AT:]], route, asked.meaning is not None)
    return sorted(found, key=lambda one: (-one.score, one.key))[:k]


def _candidates(
    state: State,
    asked: Question,
    mark: bytes,
    number: int,
    allowed: Filter,
    without: tuple[int, int] | None,
    across: bool,
) -> dict[str, list[_Candidate]]:
    """By route the best *number* of all blocks, best first."""
    parts: dict[str, list[tuple[Weighed, Held, int, Ints]]] = {SAME: [], ACROSS: []}
    for block_number, held in enumerate(state.collection.blocks):
        rows, many = allowed.allowed(held)
        if not many:
            continue
        if without is not None and without[0] == block_number:
            rows = rows.copy()
            rows[without[1]] = False
        for weighed in weighed_rows(state, held.block, asked, mark, rows, across):
            parts[weighed.route].append((weighed, held, block_number, largest(weighed.evidence, number)))
    return {route: _merged(found, number) for route, found in parts.items()}


def _merged(parts: Sequence[tuple[Weighed, Held, int, Ints]], number: int) -> list[_Candidate]:
    values = np.concatenate([weighed.evidence[rows] for weighed, _, _, rows in parts]) if parts else np.zeros(0)
    least = np.partition(values, len(values) - number)[len(values) - number] if len(values) > number else 0.0
    found = []
    for weighed, held, block_number, rows in parts:
        for row in rows[weighed.evidence[rows] >= least].tolist():
            key = held.block.segment.ids[row].tobytes().hex()
            cosine, kinds = float(weighed.cosine[row]), weighed.parts(row)
            found.append(_Candidate(held, (block_number, row), key, kinds, cosine, sum(kinds.values())))
    return sorted(found, key=lambda one: (-one.evidence, one.key))[:number]


@dataclass(frozen=True, eq=False)
class Weighed:
    """The rows of a block on one route: evidence (0 for rows that do not pass), what it is made of, and cosines."""

    route: str
    evidence: Floats
    words: Mapping[str, Floats]
    cosine: NDArray[np.float32]

    def parts(self, row: int) -> dict[str, float]:
        """What the evidence of *row* is the sum of."""
        found = {kind: float(values[row]) for kind, values in self.words.items()}
        return found | {"meaning": meaning(self.route, float(self.cosine[row]))}


def weighed_rows(
    state: State,
    block: Block,
    asked: Question,
    mark: bytes,
    allowed: NDArray[np.bool_],
    across: bool = True,
    only: int | None = None,
) -> list[Weighed]:
    """All rows of *block* that are *allowed*, by route. With *only* a row, cosines are worked out for that one."""
    mean, lengths, languages = state.collection.statistics.mean_length, block.segment.lengths, block.segment.languages
    cosine = np.zeros(block.rows, np.float32)
    if asked.meaning is not None:
        cosine = cosines(block, asked.meaning, mark, only)
    other = _in_other_language(block.segment.language_names, asked.language)
    found = []
    if not (across and other.all()):
        words = {
            "words": shared(block.columns, lengths, asked.words, mean),
            "pairs": shared(block.pairs, lengths, asked.pairs, mean),
        }
        if not across and other.any():
            cosine[other[languages]] = 0  # vectors know no languages
        here = ~other | (not across)
        evidence = weigh(
            words["words"], words["pairs"], cosine, MEANING_SAME, True, LEAST_COSINE, here, languages, allowed
        )
        found.append(Weighed(SAME, evidence, words, cosine))
    if across and other.any():
        words = {"translated": translated(block.columns, lengths, asked.translated, mean)}
        nothing = np.zeros(block.rows)
        evidence = weigh(
            words["translated"], nothing, cosine, MEANING_ACROSS, False, LEAST_COSINE, other, languages, allowed
        )
        found.append(Weighed(ACROSS, evidence, words, cosine))
    return found


def evidence_for(
    state: State, asked: Question, mark: bytes, place: tuple[int, int], passages: NDArray[np.int8] | None
) -> float:
    """The evidence for the article at *place* by itself: by words, its whole and its *passages*, without neighbours.

    0 for an article that shares nothing with the query.
    """
    block, row = state.collection.blocks[place[0]].block, place[1]
    allowed = np.zeros(block.rows, bool)
    allowed[row] = True
    for one in weighed_rows(state, block, asked, mark, allowed, only=row):
        if one.evidence[row] > 0:
            cosine, _ = _nearest(asked, float(one.cosine[row]), passages)
            return sum((one.parts(row) | {"meaning": meaning(one.route, cosine)}).values())
    return 0.0


def _nearest(asked: Question, cosine: float, passages: NDArray[np.int8] | None) -> tuple[float, int | None]:
    """The mean of the whole's *cosine* and that of the nearest passage, and which one that is."""
    if asked.meaning is None or passages is None or not len(passages):
        return cosine, None
    products = passages.astype(np.float32) @ (asked.meaning.astype(np.float32) * np.float32(STEP * STEP))
    nearest = int(products.argmax())
    return (cosine + float(products[nearest])) / 2, nearest


def meaning(route: str, cosine: float) -> float:
    """What a cosine adds to the evidence."""
    cosine = max(cosine, 0.0)
    return MEANING_SAME * cosine**2 if route == SAME else MEANING_ACROSS * cosine


def _in_other_language(names: Sequence[str], language: str) -> NDArray[np.bool_]:
    """Which of the languages *names* the dictionaries lead to from *language*."""
    if language == "zh":
        # What is taken for another language in Latin script is mostly English full of names.
        return np.array([name not in ("", "zh", "ja", "ko") for name in names], bool)
    return np.array([language == "en" and name == "zh" for name in names], bool)


def largest(values: Floats, number: int) -> Ints:
    """The rows of the *number* largest of *values* above 0, of equal ones the first; ascending."""
    rows = np.flatnonzero(values).astype(np.int64)
    if len(rows) > number:
        above = values[rows]
        least = np.partition(above, len(rows) - number)[len(rows) - number]
        better = above > least
        # A block's rows are in the order of their ids.
        better[np.flatnonzero(above == least)[: number - int(better.sum())]] = True
        rows = rows[better]
    return rows


def _closer(ranked: Sequence[_Candidate], route: str, asked: Question, passages: Passages) -> list[_Candidate]:
    """*ranked* with the cosine of the best passage beside that of the whole: half of each."""
    if asked.meaning is None or not ranked:
        return list(ranked)
    vectors = passages([one.key for one in ranked])
    closer = []
    for one in ranked:
        cosine, passage = _nearest(asked, one.cosine, vectors.get(one.key))
        parts = one.parts | {"meaning": meaning(route, cosine)}
        closer.append(replace(one, parts=parts, cosine=cosine, evidence=sum(parts.values()), passage=passage))
    return closer


def _with_neighbours(state: State, ranked: Sequence[_Candidate]) -> list[_Candidate]:
    vectors = [one.held.block.packed(WORDS, one.place[1]) for one in ranked]
    statistics = state.collection.statistics
    evidence = np.array([one.evidence for one in ranked])
    added = NEIGHBOURS * support(vectors, evidence, statistics.frequencies, statistics.documents)
    return [
        replace(one, parts=one.parts | {"neighbours": value}, evidence=one.evidence + value)
        for one, value in zip(ranked, added.tolist(), strict=True)
    ]


def _scored(candidates: Sequence[_Candidate], route: str, with_meaning: bool) -> list[Found]:
    scores = CALIBRATIONS[route, with_meaning](np.array([one.evidence for one in candidates]))
    return [
        Found(one.key, score, route, one.parts, one.place, one.passage)
        for one, score in zip(candidates, scores.tolist(), strict=True)
    ]
