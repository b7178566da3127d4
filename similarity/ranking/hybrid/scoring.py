"""The score of one document for one query by the default model. It depends on no other document but by statistics.

1. The lexical score is BM25 over concepts (``similarity.query.hybrid_query``): what each concept adds is saturated, so
   an article that names one of them ten times does not outweigh one that names all.
2. The cosine of the embeddings adds to it what words leave open: ``lexical + weight * cosine * (1 - OVERLAP *
   lexical)``. Where the words agree, a high cosine says nothing new.
3. A logistic function (Platt scaling: Platt 1999) of that sum, of the length of the query, and of the share of its
   concepts that the document meets gives the probability that the document answers it.
4. A short query wants all of its concepts: a document that lacks a name (a company, a person) or a period that the
   query asks for comes after all that meet everything.

``score`` and the ranking call the same compiled function, so their scores are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Floats, Tokens, Vector
from similarity.jit import compiled
from similarity.postings.bm25 import linear_scale
from similarity.query.hybrid_query import HybridQuery, TokenTable
from similarity.reader.collection import Collection
from similarity.reader.forward import ForwardIndex
from store.vectors import Ints
from text.embedding.encoder import STEP

LEXICAL, BIGRAM, CONCEPT, TRANSLATED, DENSE = "words", "pairs", "concepts", "translated", "meaning"
"""The parts of a document's sum. The values are keys of ``Hit.parts`` and of the JSON output; some are older than the
names of the constants."""

PARTS = (LEXICAL, BIGRAM, CONCEPT, TRANSLATED, DENSE)

ENCODER_WEIGHTS: Mapping[str, tuple[float, float]] = {"en": (0.4, 0.6)}
ENCODER_WEIGHT = 0.75, 1.0
"""The weight of the cosine by the language of the query, for an article in this language and for one in another, and
that for all other languages. English texts of the trade are full of technical words that the encoder hardly knows. Of
texts that say the same, two in different languages have a lower cosine."""

OVERLAP = 0.92
"""Which part of the dense score a lexical score of 1 makes superfluous."""

WHOLE_SHARE = 0.7
"""Share of the cosine with the mean of a text; the rest is that with its best passage."""

MIN_COSINE = 0.3
"""A document that shares no word or concept with the query is a hit only from this cosine on."""

MIN_LENGTH = 0.5
"""Shorter documents are scored as if they had this share of the mean length: a page of one word is no better answer."""

ALL_SHORT, NONE_SHORT = 4, 8
"""Up to so many concepts a query wants all of them; from so many on it is a text whose concepts are met in part."""

SHORTEST, LONGEST = 2, 40
"""Concepts. Shorter and longer queries are calibrated as these, since the test sets have few of them."""

COEFFICIENTS = np.array([-5.34, 5.99, -0.78, 3.60, -0.23, 0.77, 2.07])
"""Of the logistic function, for 1, the sum s, the length l of the query (logarithm, 1 at ``LONGEST``), s * l, and, for
short queries only, 1, s, and the share of the concepts that are met. Fitted to the ten best hits of every query of the
test sets, with twice the weight for questions of analysts: ``docs/relevance.md``."""

_WITHOUT_NAME, _PENALTY = 0.5, 0.15
"""A document that lacks a name or period gets at most the first share of its score, one that lacks all the difference.
One that meets everything gets at least the first share, so it always comes before."""

ACROSS = 0.99
"""What the score of an article in another language than the query is multiplied by. Among equals, readers want the one
in their own language first; anything that answers better still comes before it."""


class ScoringQuery(NamedTuple):
    """A query as the compiled function takes it: see ``HybridQuery`` and its tables."""

    words: TokenTable
    bigrams: TokenTable
    set_weights: Floats
    set_concepts: NDArray[np.int32]
    is_translation: NDArray[np.bool_]
    concept_weights: Floats
    required: NDArray[np.bool_]
    embedding: Vector
    numbers: Floats  # base and slope of the length scale, least length, weights of the cosine, logarithm of the length


@dataclass(frozen=True, eq=False)
class ScoringDocument:
    """A document as it is scored: its words, its bigrams and concepts, its length and its embeddings.

    ``across``: whether it is in another language than the query.

    Token ids ascend (int32) with a count each (float64). ``vectors`` (n, d, int8): of the whole text, then of each
    passage; n is 0 without embeddings.
    """

    words: Tokens
    word_counts: Floats
    bigrams: Tokens
    bigram_counts: Floats
    length: int
    vectors: Vector
    across: bool = False


class ScoringDocuments(NamedTuple):
    """Many documents: forward indexes of words and of bigrams and concepts, and the vectors of all, end to end.

    ``lengths`` (n, float64). ``vectors`` (rows, d, int8): of document i the rows ``vector_bounds[i]`` (n + 1, int64) to
    the next one, as ``ScoringDocument.vectors``.
    """

    words: ForwardIndex
    bigrams: ForwardIndex
    lengths: Floats
    vector_bounds: Ints
    vectors: Vector
    across: NDArray[np.bool_]


class Scores(NamedTuple):
    """``DocumentScore`` of n documents: scores (n), totals (n), parts (n, 5), met (n, concepts), passages (n)."""

    scores: Floats
    totals: Floats
    parts: Floats
    met: Floats
    passages: Ints


class DocumentScore(NamedTuple):
    """A document's ``score``, the sum before calibration, and what explains them.

    ``parts`` (5, float64): see ``PARTS``. ``met`` (concepts, float64): how far each concept is met, 0 to 1.
    ``passage``: the nearest one, -1 for none.
    """

    score: float
    total: float
    parts: Floats
    met: Floats
    passage: int


def prepare(query: HybridQuery, collection: Collection) -> ScoringQuery:
    """*query* as ``score`` takes it; waits for the encoder."""
    embedding = query.embedding
    mean = collection.statistics.mean_length
    base, slope = linear_scale(mean)
    concept_sets = np.array([bool(query.concepts[place].concept.word) for place in query.set_concepts.tolist()], bool)
    length = np.log(min(max(query.length, SHORTEST), LONGEST)) / np.log(LONGEST)
    return ScoringQuery(
        query.word_table,
        query.bigram_table,
        query.set_weights,
        query.set_concepts,
        concept_sets,
        np.array([concept.weight for concept in query.concepts], np.float64),
        np.array([concept.required for concept in query.concepts], np.bool_),
        np.zeros(0, np.int8) if embedding is None else embedding,
        np.array([base, slope, MIN_LENGTH * mean, *encoder_weights(query.language), length], np.float64),
    )


def encoder_weights(language: str) -> tuple[float, float]:
    """The weights of the cosine for a query in *language*: see ``ENCODER_WEIGHTS``."""
    return ENCODER_WEIGHTS.get(language, ENCODER_WEIGHT)


def score(query: ScoringQuery, document: ScoringDocument) -> float:
    """The score of *document*, 0 to 1; 0 for one that is no hit."""
    parts, met = np.zeros(len(PARTS)), np.zeros(len(query.concept_weights))
    result: float = _score(*query, *_arrays(document), COEFFICIENTS, parts, met)[0]
    return result


def explained_score(query: ScoringQuery, document: ScoringDocument) -> DocumentScore:
    """``score`` of *document* with what explains it."""
    parts, met = np.zeros(len(PARTS)), np.zeros(len(query.concept_weights))
    value, total, passage = _score(*query, *_arrays(document), COEFFICIENTS, parts, met)
    return DocumentScore(value, total, parts, met, passage)


def score_many(query: ScoringQuery, documents: ScoringDocuments) -> Scores:
    """The scores of many documents, as ``explained_score`` of each."""
    number = len(documents.lengths)
    result = Scores(
        np.zeros(number), np.zeros(number), np.zeros((number, len(PARTS))),
        np.zeros((number, len(query.concept_weights))), np.zeros(number, np.int64),
    )  # fmt: skip
    _score_many(*query, *documents.words, *documents.bigrams, documents.lengths, documents.vector_bounds,
                documents.vectors, documents.across, COEFFICIENTS, result.scores, result.totals, result.parts,
                result.met, result.passages)  # fmt: skip
    return result


def _arrays(document: ScoringDocument) -> tuple[Tokens, Floats, Tokens, Floats, float, Vector, bool]:
    return (
        document.words, document.word_counts, document.bigrams, document.bigram_counts, float(document.length),
        document.vectors, document.across,
    )  # fmt: skip


@compiled
def _add_table(
    table: TokenTable, tokens: Tokens, counts: Floats, scale: float, set_counts: Floats, set_met: Floats,
    name_parts: Floats, name_met: Floats, met: Floats,
) -> float:  # fmt: skip
    """Score the tokens of one index that the document has; returns the sum of those that are scored alone."""
    total, place = 0.0, 0
    for row in range(len(table.tokens)):
        token = table.tokens[row]
        while place < len(tokens) and tokens[place] < token:
            place += 1
        if place == len(tokens):
            break
        if tokens[place] != token:
            continue
        count, number, concept, weight = counts[place], table.sets[row], table.concepts[row], table.weights[row]
        if number >= 0:
            set_counts[number] += weight * count
            set_met[number] += table.shares[row]
        elif number == -2:
            name_parts[concept] += weight * count / (count + scale)
            name_met[concept] += table.shares[row]
        else:
            total += weight * count / (count + scale)
            if concept >= 0:
                met[concept] += table.shares[row]
    return total


@compiled
def _cosine(vector: Vector, query: Vector) -> float:
    total = np.int32(0)
    for at in range(len(query)):
        total = np.int32(total + np.int32(vector[at]) * np.int32(query[at]))
    return np.float64(total) * _UNIT


_UNIT = float(STEP * STEP)


@compiled
def _score(
    words: TokenTable, bigrams: TokenTable, set_weights: Floats, set_concepts: NDArray[np.int32],
    is_translation: NDArray[np.bool_], concept_weights: Floats, required: NDArray[np.bool_], embedding: Vector,
    numbers: Floats, word_tokens: Tokens, word_counts: Floats, bigram_tokens: Tokens, bigram_counts: Floats,
    length: float, vectors: Vector, across: bool, coefficients: Floats, parts: Floats, met: Floats,
) -> tuple[float, float, int]:  # fmt: skip
    """The score, the sum before calibration, and the nearest passage; fills *parts* and *met*, which are zeros."""
    concepts, sets = len(concept_weights), len(set_weights)
    scale = numbers[0] + numbers[1] * max(length, numbers[2])
    set_counts, set_met = np.zeros(sets), np.zeros(sets)
    name_parts, name_met = np.zeros(concepts), np.zeros(concepts)
    parts[0] = _add_table(words, word_tokens, word_counts, scale, set_counts, set_met, name_parts, name_met, met)
    parts[1] = _add_table(bigrams, bigram_tokens, bigram_counts, scale, set_counts, set_met, name_parts, name_met, met)
    for number in range(sets):
        concept = set_concepts[number]
        value = set_weights[number] * set_counts[number] / (set_counts[number] + scale)
        if is_translation[number]:
            parts[3] += value
            met[concept] = max(met[concept], set_met[number])
        else:
            parts[2] += max(value, name_parts[concept])
            met[concept] = max(set_met[number], name_met[concept])
    lexical = parts[0] + parts[1] + parts[2] + parts[3]

    whole, nearest, passage = 0.0, 0.0, -1
    if len(vectors) and len(embedding):
        whole = _cosine(vectors[0], embedding)
        nearest = whole
        for row in range(1, len(vectors)):
            cosine = _cosine(vectors[row], embedding)
            if passage < 0 or cosine > nearest:
                nearest, passage = cosine, row - 1
    cosine = max(_WHOLE_SHARE * whole + (1 - _WHOLE_SHARE) * nearest, 0.0)
    parts[4] = numbers[4 if across else 3] * cosine * max(1 - _OVERLAP * lexical, 0.0)
    total = lexical + parts[4]
    if lexical <= 0 and whole < _MIN_COSINE:
        return 0.0, total, passage

    coverage, needed, lacking = 0.0, 0.0, 0.0
    for concept in range(concepts):
        met[concept] = min(met[concept], 1.0)
        coverage += concept_weights[concept] * met[concept]
        if required[concept]:
            needed += concept_weights[concept]
            lacking += concept_weights[concept] * (1 - met[concept])
    short = min(max((_NONE_SHORT - concepts) / (_NONE_SHORT - _ALL_SHORT), 0.0), 1.0)
    log_length = numbers[5]
    exponent = coefficients[0] + total * coefficients[1] + log_length * (coefficients[2] + total * coefficients[3])
    exponent += short * (coefficients[4] + total * coefficients[5] + coverage * coefficients[6])
    score = 1 / (1 + np.exp(-exponent))
    if lacking > 0:
        share = _AT_MOST - _LESS * lacking / needed
        score *= short * share + (1 - short) * (1 - _LESS * lacking / needed)
    elif coverage > 1 - 1e-9:
        score = short * (_AT_MOST + (1 - _AT_MOST) * score) + (1 - short) * score
    return score * _ACROSS if across else score, total, passage


@compiled
def _score_many(
    words: TokenTable, bigrams: TokenTable, set_weights: Floats, set_concepts: NDArray[np.int32],
    is_translation: NDArray[np.bool_], concept_weights: Floats, required: NDArray[np.bool_], embedding: Vector,
    numbers: Floats, word_bounds: Ints, word_tokens: Tokens, word_counts: Floats, bigram_bounds: Ints,
    bigram_tokens: Tokens, bigram_counts: Floats, lengths: Floats, vector_bounds: Ints, vectors: Vector,
    across: NDArray[np.bool_], coefficients: Floats, scores: Floats, totals: Floats, parts: Floats, met: Floats,
    passages: Ints,
) -> None:  # fmt: skip
    for number in range(len(lengths)):
        first, last = word_bounds[number], word_bounds[number + 1]
        begin, end = bigram_bounds[number], bigram_bounds[number + 1]
        scores[number], totals[number], passages[number] = _score(
            words, bigrams, set_weights, set_concepts, is_translation, concept_weights, required, embedding, numbers,
            word_tokens[first:last], word_counts[first:last], bigram_tokens[begin:end], bigram_counts[begin:end],
            lengths[number], vectors[vector_bounds[number] : vector_bounds[number + 1]], across[number],
            coefficients, parts[number], met[number],
        )  # fmt: skip


# Constants of the compiled function, which are part of its cached code: see ``similarity.jit``.
_MIN_COSINE, _WHOLE_SHARE, _OVERLAP = MIN_COSINE, WHOLE_SHARE, OVERLAP
_ALL_SHORT, _NONE_SHORT, _AT_MOST, _LESS, _ACROSS = ALL_SHORT, NONE_SHORT, _WITHOUT_NAME, _PENALTY, ACROSS
