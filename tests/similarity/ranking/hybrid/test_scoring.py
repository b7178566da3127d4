"""The compiled score equals the definition, document by document, and depends on nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity.query.hybrid_query import NAME_PART, SCORED_ALONE, TokenTable
from similarity.ranking.hybrid import scoring
from similarity.ranking.hybrid.scoring import (
    ACROSS,
    ALL_SHORT,
    COEFFICIENTS,
    MIN_COSINE,
    NONE_SHORT,
    OVERLAP,
    WHOLE_SHARE,
    ScoringDocument,
    ScoringDocuments,
    ScoringQuery,
    explained_score,
    score,
    score_many,
)
from similarity.reader.forward import ForwardIndex
from text.embedding.encoder import STEP

SIZE = 16
BASE, SLOPE, LEAST, WEIGHT, WEIGHT_ACROSS = 0.4, 0.01, 20.0, 0.8, 1.1


def table(*rows: tuple[int, int, int, float, float]) -> TokenTable:
    columns = list(zip(*sorted(rows), strict=True)) or [()] * 5
    kinds = (np.int32, np.int32, np.int32, np.float64, np.float64)
    return TokenTable(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))


def a_query(required: bool = True, more_concepts: int = 0, embedding: np.ndarray | None = None) -> ScoringQuery:
    """A name (token 7 of the bigrams), a word (3, translated by 4 and half by 5), and a term with a name in parts."""
    words = table((3, 1, SCORED_ALONE, 0.3, 1.0), (4, 1, 1, 1.0, 0.6), (5, 1, 1, 0.5, 0.3), (9, 2, NAME_PART, 0.1, 0.5))
    pairs = table((7, 0, 0, 1.0, 1.0), (8, 2, 2, 1.0, 1.0), (11, -1, SCORED_ALONE, 0.05, 0.0))
    weights = np.array([0.5, 0.3, 0.2, *[0.1] * more_concepts])
    return ScoringQuery(
        words, pairs, np.array([0.5, 0.2, 0.2]), np.array([0, 1, 2], np.int32), np.array([False, True, False]),
        weights / weights.sum(), np.array([required, False, False, *[False] * more_concepts]),
        np.zeros(0, np.int8) if embedding is None else embedding,
        np.array([BASE, SLOPE, LEAST, WEIGHT, WEIGHT_ACROSS, 0.3]),
    )  # fmt: skip


def document(words: dict[int, int], pairs: dict[int, int], length: int = 50, vectors=None) -> ScoringDocument:
    arrays = [
        array
        for bag in (words, pairs)
        for array in (np.array(sorted(bag), np.int32), np.array([bag[key] for key in sorted(bag)], np.float64))
    ]
    return ScoringDocument(*arrays, length, np.zeros((0, SIZE), np.int8) if vectors is None else vectors, length > 99)


def expected(query: ScoringQuery, words: dict[int, int], pairs: dict[int, int], length: int, vectors) -> float:
    """The score by its definition, for ``a_query``."""
    scale = BASE + SLOPE * max(length, LEAST)

    def saturated(weight: float, count: float) -> float:
        return weight * count / (count + scale)

    parts = [
        saturated(0.3, words.get(3, 0)),
        saturated(0.05, pairs.get(11, 0)),
        saturated(0.5, pairs.get(7, 0)) + max(saturated(0.2, pairs.get(8, 0)), saturated(0.1, words.get(9, 0))),
        saturated(0.2, words.get(4, 0) + 0.5 * words.get(5, 0)),
    ]
    met = [
        min(pairs.get(7, 0), 1),
        max(min(words.get(3, 0), 1), 0.6 * (4 in words) + 0.3 * (5 in words)),
        max(min(pairs.get(8, 0), 1), 0.5 * (9 in words)),
        *[0.0] * (len(query.concept_weights) - 3),
    ]
    cosines = [float(row.astype(int) @ query.embedding.astype(int)) * STEP * STEP for row in vectors]
    lexical = sum(parts)
    if lexical <= 0 and (not cosines or cosines[0] < MIN_COSINE):
        return 0.0
    cosine = WHOLE_SHARE * cosines[0] + (1 - WHOLE_SHARE) * max(cosines[1:] or cosines) if cosines else 0.0
    total = lexical + (WEIGHT_ACROSS if length > 99 else WEIGHT) * max(cosine, 0) * max(1 - OVERLAP * lexical, 0)
    coverage = sum(weight * share for weight, share in zip(query.concept_weights, met, strict=True))
    short = min(max((NONE_SHORT - len(met)) / (NONE_SHORT - ALL_SHORT), 0), 1)
    log_length = query.numbers[5]
    features = [1, total, log_length, total * log_length, short, total * short, coverage * short]
    value = 1 / (1 + math.exp(-sum(features * COEFFICIENTS)))
    share = ACROSS if length > 99 else 1
    if query.required[0] and met[0] < 1:
        return share * value * (short * (0.5 - 0.15 * (1 - met[0])) + (1 - short) * (1 - 0.15 * (1 - met[0])))
    return share * (short * (0.5 + 0.5 * value) + (1 - short) * value if coverage > 1 - 1e-9 else value)


BAGS = st.dictionaries(st.integers(1, 12), st.integers(1, 300), max_size=8)


@settings(deadline=None)  # the first call compiles
@given(words=BAGS, pairs=BAGS, length=st.integers(1, 200), seed=st.integers(0, 9), passages=st.integers(0, 3),
       required=st.booleans(), more=st.integers(0, 9))  # fmt: skip
def test_the_score_is_what_the_definition_says(words, pairs, length, seed, passages, required, more) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(-127, 128, (passages, SIZE)).astype(np.int8)
    query = a_query(required, more, random.integers(-127, 128, SIZE).astype(np.int8))
    value = score(query, document(words, pairs, length, vectors))
    assert value == pytest.approx(expected(query, words, pairs, length, vectors), abs=1e-12)


def test_among_equals_the_own_language_comes_first_and_coverage_before_language() -> None:
    query, vectors = a_query(), np.zeros((0, SIZE), np.int8)
    met = ({3: 1}, {7: 1, 8: 1})
    own, other = (document(*met, length, vectors) for length in (99, 100))
    assert ACROSS - 0.01 < score(query, other) / score(query, own) < 1
    lacking = document({3: 50}, {8: 50}, 99, vectors)  # the name is missing
    assert score(query, other) > score(query, lacking)


@settings(deadline=None)
@given(bags=st.lists(st.tuples(BAGS, BAGS, st.integers(0, 2)), min_size=1, max_size=6), seed=st.integers(0, 9))
def test_in_a_crowd_a_document_has_the_score_that_it_has_alone(bags, seed) -> None:
    random = np.random.default_rng(seed)
    query = a_query(embedding=random.integers(-127, 128, SIZE).astype(np.int8))
    documents = [
        document(words, pairs, 30, random.integers(-127, 128, (number, SIZE)).astype(np.int8))
        for words, pairs, number in bags
    ]
    many = score_many(query, ScoringDocuments(
        *(
            ForwardIndex(
                np.cumsum([0, *(len(getattr(one, kind)) for one in documents)]),
                np.concatenate([getattr(one, kind) for one in documents]),
                np.concatenate([getattr(one, counts) for one in documents]),
            )
            for kind, counts in (("words", "word_counts"), ("bigrams", "bigram_counts"))
        ),
        np.full(len(documents), 30.0),
        np.cumsum([0, *(len(one.vectors) for one in documents)]),
        np.concatenate([one.vectors for one in documents]),
        np.array([one.across for one in documents]),
    ))  # fmt: skip
    for place, one in enumerate(documents):
        alone = explained_score(query, one)
        assert many.scores[place] == alone.score == score(query, one)
        assert many.parts[place].tolist() == alone.parts.tolist() and many.passages[place] == alone.passage


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 500), st.integers(1, 500))
def test_without_the_name_no_document_comes_before_one_that_has_everything(once, often, short, long) -> None:
    query = a_query()
    everything = document({3: 1}, {7: once, 8: 1}, long)
    without_name = document({3: often, 4: often, 5: often, 9: often}, {8: often, 11: often}, short)
    assert score(query, everything) >= 0.5 > score(query, without_name)


def test_the_parts_have_names() -> None:
    parts = explained_score(a_query(), document({3: 1}, {7: 1})).parts
    assert len(parts) == len(scoring.PARTS)
