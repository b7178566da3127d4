"""The default model: the best articles by words, pairs of characters, translated words, meaning and neighbours.

Every article that can be found is looked at, by what the blocks hold in memory. The best ``LOOKED_AT`` of each route
are then looked at more closely, passage by passage and beside one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from similarity.block import WORDS, Block, Flags
from similarity.calibration import ACROSS, CALIBRATIONS, SAME
from similarity.carried import carried
from similarity.evidence import add_variants, shared, translated
from similarity.largest import Closeness, largest
from similarity.meanings import Vector, cosine_of, cosines_begun, products
from similarity.neighbours import Texts, support, texts
from similarity.postings import MOST_ROWS
from similarity.query import ALL, Filter, State
from similarity.question import Question
from similarity.ranked import Ranked, Revision, Rows, added, best_rows, first
from similarity.spare import COSINES, SUMS
from similarity.turning import Floats
from similarity.unpacking import unpacked_many

LEAST_COSINE = 0.3
"""Below it a text without any word of the query is no answer."""

MEANING = {SAME: Closeness(0.5, True, LEAST_COSINE), ACROSS: Closeness(1.5, False, LEAST_COSINE)}
"""What meaning adds. Texts in one language have the same words when they mean the same, so there it is squared:
middling cosines, which all texts of one trade have, count little."""

BY_WORDS = {SAME: ("words", "pairs"), ACROSS: ("translated",)}
"""What the evidence by words is made of."""

NEIGHBOURS = 1.0
"""What full support of the best documents adds, as a share of their evidence."""

LOOKED_AT = 50

_ROWS_AT_ONCE = 4 * MOST_ROWS
"""Rows that are gone through together: all of most collections, and not so many that their sums take over 8 MB."""

Passages = Callable[[Sequence[Revision]], Callable[[], Mapping[str, NDArray[np.int8]]]]
"""Begins to read the vectors of articles' passages; its result has those by id that are of the query's encoder."""


@dataclass(frozen=True)
class Found:
    """An article's id, its score (0 to 1), route, what the evidence is made of, and the passage (0: the title)."""

    key: str
    score: float
    route: str
    parts: Mapping[str, float]
    place: tuple[int, int]
    passage: int | None = None


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
    ranked = _ranked(state, asked, mark, max(k, LOOKED_AT), allowed, without, across)
    looked_at = [one for some in ranked for one in _revisions(state, some)]
    reading = passages(looked_at) if asked.meaning is not None else dict
    neighbours = [_texts(state, one) if one.route == SAME else None for one in ranked]  # while the database looks
    vectors = reading()
    ranked = [_closer(one, asked.meaning, vectors) for one in ranked]
    ranked = [_with_neighbours(one, some) if some else one for one, some in zip(ranked, neighbours, strict=True)]
    found = [found for one in ranked for found in _scored(one, k, asked)]
    return sorted(found, key=lambda one: (-one.score, one.key))[:k]


def _ranked(
    state: State,
    asked: Question,
    mark: bytes,
    number: int,
    allowed: Filter,
    without: tuple[int, int] | None,
    across: bool,
) -> list[Ranked]:
    """By route the best *number* of all blocks."""
    found: dict[str, list[Rows]] = {}
    most: dict[str, Floats] = {}
    for some in _some_at_once(state, allowed):
        blocks = [block for _, block, _ in some]
        cosines = cosines_begun(blocks, lambda: asked.meaning, mark)
        words = [_by_words(state, block, asked, across) for block in blocks]
        for (place, block, rows), by_words, cosine in zip(some, words, cosines(), strict=True):
            if without is not None and without[0] == place:
                rows = rows.copy()
                rows[without[1]] = False
            if not across:  # vectors know no languages
                cosine[in_other_language(block.segment.language_names, asked.language)[block.segment.languages]] = 0
            for route, here, parts in by_words:
                before = most.get(route, np.zeros(0))
                # Sums in another order differ in their last digits.
                least = float(before[0]) * (1 - 1e-9) if len(before) == number else 0.0
                one, *others = parts.values()
                best_here = largest(block, sum(others, one), cosine, MEANING[route], here, rows, number, least)
                if len(best_here):
                    near, nothing = cosine[best_here], np.zeros(len(best_here))
                    own = {kind: parts[kind][best_here] if kind in parts else nothing for kind in BY_WORDS[route]}
                    own["meaning"] = MEANING[route].adds(near)
                    found.setdefault(route, []).append(Rows(place, best_here, near, own))
                    most[route] = np.sort(np.concatenate([before, added(own)]))[-number:]
                SUMS.back(*parts.values())
            COSINES.back(cosine)
    blocks = [held.block for held in state.collection.blocks]
    return [best_rows(blocks, route, rows, number) for route, rows in found.items()]


def _some_at_once(state: State, allowed: Filter) -> Iterator[list[tuple[int, Block, Flags]]]:
    """The blocks that have rows which are *allowed*: number, block and these, as many as are gone through together."""
    some: list[tuple[int, Block, Flags]] = []
    for place, held in enumerate(state.collection.blocks):
        rows, many = state.allowed(allowed, place, held)
        if many:
            if some and sum(block.rows for _, block, _ in some) + held.block.rows > _ROWS_AT_ONCE:
                yield some
                some = []
            some.append((place, held.block, rows))
    if some:
        yield some


def _by_words(
    state: State, block: Block, asked: Question, across: bool
) -> list[tuple[str, NDArray[np.bool_], dict[str, Floats]]]:
    """By route: which languages of *block* (by number) it leads to, and the evidence of all rows by words.

    Arrays of ``spare.SUMS``; what the query has nothing of is left out.
    """
    mean, lengths = state.collection.statistics.mean_length, block.segment.lengths
    other = in_other_language(block.segment.language_names, asked.language)
    found = []
    if not (across and other.all()):
        words = shared(block.columns, lengths, asked.words, mean)
        add_variants(words, block, asked.varied, mean, ~other)
        parts = {"words": words}
        if len(asked.pairs.tokens):
            parts["pairs"] = shared(block.pairs, lengths, asked.pairs, mean)
        found.append((SAME, ~other | (not across), parts))
    if across and other.any():
        found.append((ACROSS, other, {"translated": translated(block.columns, lengths, asked.translated, mean)}))
    return found


def in_other_language(names: Sequence[str], language: str) -> NDArray[np.bool_]:
    """Which of the languages *names* the dictionaries lead to from *language*."""
    if language == "zh":
        # What is taken for another language in Latin script is mostly English full of names.
        return np.array([name not in ("", "zh", "ja", "ko") for name in names], bool)
    return np.array([language == "en" and name == "zh" for name in names], bool)


def evidence_for(
    state: State, asked: Question, mark: bytes, place: tuple[int, int], passages: NDArray[np.int8] | None
) -> float:
    """The evidence for the article at *place* by itself: by words, its whole and its *passages*, without neighbours.

    0 for an article that shares nothing with the query.
    """
    block, row = state.collection.blocks[place[0]].block, place[1]
    other = in_other_language(block.segment.language_names, asked.language)[block.segment.languages[row]]
    route = ACROSS if other else SAME
    (met,) = carried(asked, block, np.array([row]), route, state.collection.statistics.mean_length)
    words = sum(word.weight for word in met)
    cosine = np.zeros(1, np.float32)
    if asked.meaning is not None:
        cosine[0] = cosine_of(block, row, asked.meaning, mark)
    if not words and cosine[0] < LEAST_COSINE:
        return 0.0
    if asked.meaning is not None and passages is not None and len(passages):
        cosine[0] = (cosine[0] + products(passages, asked.meaning).max()) / 2
    return words + float(MEANING[route].adds(cosine)[0])


def _closer(ranked: Ranked, query: Vector | None, passages: Mapping[str, NDArray[np.int8]]) -> Ranked:
    """*ranked* with the cosine of the best passage beside that of the whole, for the first ones: half of each."""
    of_each = [passages.get(key, ()) for key in ranked.keys[:LOOKED_AT]]
    which = [place for place, vectors in enumerate(of_each) if len(vectors)]
    if query is None or not which:
        return ranked
    near = products(np.concatenate([of_each[place] for place in which]), query)
    sizes = [len(of_each[place]) for place in which]
    starts = np.cumsum([0, *sizes[:-1]])
    best = np.maximum.reduceat(near, starts)
    as_near = np.flatnonzero(near == np.repeat(best, sizes))
    cosine, nearest = ranked.cosine.copy(), ranked.passages.copy()
    nearest[which] = as_near[np.searchsorted(as_near, starts)] - starts  # the first of them
    cosine[which] = (cosine[which] + best) / 2
    parts = ranked.parts | {"meaning": MEANING[ranked.route].adds(cosine)}
    return replace(ranked, cosine=cosine, parts=parts, passages=nearest)


def revision_of(state: State, place: tuple[int, int]) -> int:
    """The revision of the article at *place*."""
    return int(state.collection.blocks[place[0]].block.segment.revisions[place[1]])


def _revisions(state: State, ranked: Ranked) -> list[Revision]:
    """Those that the first of *ranked* have in this *state*."""
    places = ranked.places[:LOOKED_AT].tolist()
    return [(key, revision_of(state, place)) for key, place in zip(ranked.keys, places, strict=False)]


def _texts(state: State, ranked: Ranked) -> Texts:
    places = ranked.places[:LOOKED_AT].tolist()
    vectors = [state.collection.blocks[number].block.packed(WORDS, row) for number, row in places]
    return texts(unpacked_many(vectors), state.collection.statistics.frequencies, state.collection.statistics.documents)


def _with_neighbours(ranked: Ranked, neighbours: Texts) -> Ranked:
    near = np.zeros(len(ranked.keys))
    near[:LOOKED_AT] = NEIGHBOURS * support(neighbours, ranked.evidence[:LOOKED_AT])
    return replace(ranked, parts=ranked.parts | {"neighbours": near})


def _scored(ranked: Ranked, k: int, asked: Question) -> list[Found]:
    """The *k* best of *ranked*."""
    ranked = first(ranked, k)
    calibration = CALIBRATIONS[ranked.route, asked.meaning is not None]
    scores = calibration(ranked.evidence, asked.length).tolist()
    parts = [dict(zip(ranked.parts, row, strict=True)) for row in np.stack([*ranked.parts.values()], axis=1).tolist()]
    places = [(number, row) for number, row in ranked.places.tolist()]
    passages = [passage if passage >= 0 else None for passage in ranked.passages.tolist()]
    return [
        Found(key, score, ranked.route, own, place, passage)
        for key, score, own, place, passage in zip(ranked.keys, scores, parts, places, passages, strict=True)
    ]
