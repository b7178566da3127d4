"""How a document meets each concept of a query: what the concept adds to its score, and by which of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from similarity.arrays import Floats
from similarity.query.hybrid_query import HybridQuery
from similarity.reader.forward import forward_index_of, term_counts
from similarity.reader.segment_reader import BIGRAMS, WORDS, SegmentReader
from text.analysis.document import concept_of


class Contribution(NamedTuple):
    """A concept of the query, as the query has it, its weight times how far the document meets it, and what meets it.

    ``met``: tokens of the document, the name of a term for its concept token; () for a concept that is not met. The
    names of the fields are keys of the JSON output.
    """

    word: str
    weight: float
    met: tuple[str, ...]


def contributions(
    query: HybridQuery, documents: Sequence[tuple[SegmentReader, int]], met: Floats, most: int
) -> list[tuple[Contribution, ...]]:
    """For each of *documents*, rows of segments, the *most* concepts of *query* that weigh most in it, heaviest first.

    *met* (documents, concepts; float64): how far each document meets each concept.
    """
    weights = np.array([concept.weight for concept in query.concepts]) * met
    heaviest = np.argsort(-weights, axis=1, kind="stable")[:, :most].tolist()
    # By concept the tokens that meet it, as keys: each once, in their order.
    by: list[dict[int, dict[str, None]]] = [{concept: {} for concept in best} for best in heaviest]
    for field, table in ((WORDS, query.word_table), (BIGRAMS, query.bigram_table)):
        if not len(table.tokens):
            continue
        decoded = forward_index_of([segment.packed(field, row) for segment, row in documents])
        for number, place in np.argwhere(term_counts(decoded, table.tokens)).tolist():
            names = by[number].get(int(table.concepts[place]))
            if names is not None:
                names[_shown(query.names[int(table.tokens[place])])] = None
    return [
        tuple(
            Contribution(query.concepts[concept].concept.surface, weight, tuple(names) if met[number, concept] else ())
            for weight, (concept, names) in zip(weights[number, [*own]].tolist(), own.items(), strict=True)
        )
        for number, own in enumerate(by)
    ]


def _shown(token: str) -> str:
    term = concept_of(token)
    return term.chinese[0] if term else token
