"""The default model: the best articles by words, pairs of characters, translated words, meaning and neighbours.

Every article that can be found is looked at, by what the blocks hold in memory. The best ``LOOKED_AT`` of each route
are then looked at more closely, passage by passage and beside one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from similarity.block import WORDS, Block, Held
from similarity.calibration import ACROSS, CALIBRATIONS, SAME
from similarity.evidence import cosines, shared, translated
from similarity.neighbours import support
from similarity.postings import Floats
from similarity.query import ALL, Filter, State
from similarity.question import Question
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
    routes: dict[str, list[_Candidate]] = {SAME: [], ACROSS: []}
    for route, candidate in _candidates(state, asked, mark, max(k, LOOKED_AT), allowed, without, across):
        routes[route].append(candidate)
    found: list[Found] = []
    for route, candidates in routes.items():
        ranked = sorted(candidates, key=lambda one: (-one.evidence, one.key))[: max(k, LOOKED_AT)]
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
) -> Iterator[tuple[str, _Candidate]]:
    for block_number, held in enumerate(state.collection.blocks):
        rows, many = allowed.allowed(held)
        if not many:
            continue
        if without is not None and without[0] == block_number:
            rows = rows.copy()
            rows[without[1]] = False
        parts, cosine = evidence_of(state, held.block, asked, mark, across)
        for route, kinds in parts.items():
            evidence = sum(kinds.values(), np.zeros(held.block.rows))
            words = sum((kinds[kind] for kind in kinds if kind != "meaning"), np.zeros(held.block.rows))
            other = _in_other_language(held.block, asked.language) if across else np.zeros(held.block.rows, bool)
            passing = rows & (other == (route == ACROSS)) & ((words > 0) | (cosine >= LEAST_COSINE))
            for row in _largest(evidence, np.flatnonzero(passing), number).tolist():
                yield (
                    route,
                    _Candidate(
                        held,
                        (block_number, row),
                        held.block.segment.ids[row].tobytes().hex(),
                        {kind: float(values[row]) for kind, values in kinds.items()},
                        float(cosine[row]),
                        float(evidence[row]),
                    ),
                )


def evidence_of(
    state: State, block: Block, asked: Question, mark: bytes, across: bool = True, only: int | None = None
) -> tuple[dict[str, dict[str, Floats]], NDArray[np.float32]]:
    """By route and kind the evidence of every row of *block*, and its cosine with the query's meaning.

    With *only* a row, cosines are worked out for that one.
    """
    mean, lengths = state.collection.statistics.mean_length, block.segment.lengths
    cosine = np.zeros(block.rows, np.float32)
    if asked.meaning is not None:
        cosine = cosines(block, asked.meaning, mark, only)
    other = _in_other_language(block, asked.language)
    if not across:
        cosine[other] = 0  # vectors know no languages
        other = np.zeros(block.rows, bool)
    routes: dict[str, dict[str, Floats]] = {}
    if not other.all():
        routes[SAME] = {
            "words": shared(block.columns, lengths, asked.words, mean),
            "pairs": shared(block.pairs, lengths, asked.pairs, mean),
            "meaning": meaning_same(cosine),
        }
    if other.any():
        routes[ACROSS] = {
            "translated": translated(block.columns, lengths, asked.translated, mean),
            "meaning": meaning_across(cosine),
        }
    return routes, cosine


def score_of(state: State, asked: Question, mark: bytes, place: tuple[int, int]) -> float:
    """The score of the article at *place* as the best answer there is: with its own support, by its whole alone."""
    block = state.collection.blocks[place[0]].block
    routes, _ = evidence_of(state, block, asked, mark, only=place[1])
    route = ACROSS if _in_other_language(block, asked.language)[place[1]] else SAME
    evidence = sum(float(values[place[1]]) for values in routes[route].values())
    if route == SAME:
        evidence *= 1 + NEIGHBOURS
    return float(CALIBRATIONS[route, asked.meaning is not None](np.array([evidence]))[0])


def meaning_same(cosine: NDArray[np.float32] | float) -> Floats:
    """What a cosine adds to the evidence where query and article are in one language."""
    return np.asarray(MEANING_SAME * np.maximum(cosine, 0.0) ** 2, np.float64)


def meaning_across(cosine: NDArray[np.float32] | float) -> Floats:
    """What a cosine adds to the evidence where they are in two."""
    return np.asarray(MEANING_ACROSS * np.maximum(cosine, 0.0), np.float64)


def _in_other_language(block: Block, language: str) -> NDArray[np.bool_]:
    """Which rows are in the language that the dictionaries lead to from *language*."""
    names = block.segment.language_names
    if language == "zh":
        # What is taken for another language in Latin script is mostly English full of names.
        others = [name not in ("", "zh", "ja", "ko") for name in names]
    else:
        others = [language == "en" and name == "zh" for name in names]
    return np.array(others, bool)[block.segment.languages]


def _largest(values: Floats, rows: Ints, number: int) -> Ints:
    if len(rows) <= number:
        return rows
    least = np.partition(values[rows], len(rows) - number)[len(rows) - number]
    largest: Ints = rows[values[rows] >= least]
    return largest


def _closer(ranked: Sequence[_Candidate], route: str, asked: Question, passages: Passages) -> list[_Candidate]:
    """*ranked* with the cosine of the best passage beside that of the whole: half of each."""
    if asked.meaning is None or not ranked:
        return list(ranked)
    meaning = asked.meaning.astype(np.float32) * np.float32(STEP * STEP)
    vectors = passages([one.key for one in ranked])
    closer = []
    for one in ranked:
        if one.key in vectors and len(vectors[one.key]):
            products = vectors[one.key].astype(np.float32) @ meaning
            passage = int(products.argmax())
            cosine = (one.cosine + float(products[passage])) / 2
            value = float(meaning_same(cosine) if route == SAME else meaning_across(cosine))
            parts = one.parts | {"meaning": value}
            one = replace(one, parts=parts, cosine=cosine, evidence=sum(parts.values()), passage=passage)
        closer.append(one)
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
