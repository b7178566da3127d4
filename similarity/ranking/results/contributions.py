"""How a document meets each concept of a query: what the concept adds to its score, and by which of its tokens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from similarity.arrays import Floats
from similarity.query.hybrid_query import HybridQuery
from similarity.reader.forward import forward_index, term_counts
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


def contributions(query: HybridQuery, segment: SegmentReader, row: int, met: Floats) -> tuple[Contribution, ...]:
    """For each concept of *query* how the document at *row* meets it; *met* (concepts, float64): how far."""
    by: list[list[str]] = [[] for _ in query.concepts]
    for field, table in ((WORDS, query.word_table), (BIGRAMS, query.bigram_table)):
        if len(table.tokens):
            (counts,) = term_counts(forward_index(segment, field, [row]), table.tokens)
            for place in np.flatnonzero(counts).tolist():
                concept = int(table.concepts[place])
                if concept >= 0:
                    by[concept].append(_shown(query.names[int(table.tokens[place])]))
    return tuple(
        Contribution(concept.concept.surface, concept.weight * share, tuple(dict.fromkeys(names)) if share else ())
        for concept, share, names in zip(query.concepts, met.tolist(), by, strict=True)
    )


def _shown(token: str) -> str:
    term = concept_of(token)
    return term.chinese[0] if term else token
