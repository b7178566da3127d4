"""Term-frequency saturation of BM25: the only numpy copy of the formula.

A term that occurs ``count`` times in a document contributes ``weight * count / (count + scale)``. The more often it
occurs, the less one more occurrence adds; ``weight`` is the limit. ``scale`` is the length normalization

    K1 * (1 - B + B * length / mean_length)

so a long document needs more occurrences for the same score.

Source: S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", Foundations and Trends
in Information Retrieval 3(4), 2009, section 3.4. Like gensim's ``LuceneBM25Model``, and Lucene since version 8, we
leave out the constant factor ``K1 + 1``, which changes no order; gensim's ``OkapiBM25Model`` has it (see
``similarity.ranking.models``).

Three files have a compiled copy of the formula, because a compiled function may call only functions of its own file
(see ``similarity.jit``): ``_factor`` of ``similarity.postings.inverted``, ``_factor`` of
``similarity.ranking.kernel.maxscore`` and ``_saturated`` of ``similarity.ranking.hybrid.lexical``.
``tests/similarity/postings/test_bm25.py`` runs all copies against this one.
"""

from __future__ import annotations

from typing import Any, cast, overload

from similarity.arrays import Floats
from store.vectors import Ints

K1, B = 1.5, 0.75
"""Saturation and length normalization of all models: the defaults of gensim.

The BM25 bounds in local cache files (``InvertedIndex.bm25_bounds``) are computed with these values: after a change of
them ``similarity.reader.segment_cache.VERSION`` has to go up.
"""


@overload
def length_scale(length: float, mean_length: float) -> float: ...
@overload
def length_scale(length: Floats, mean_length: float) -> Floats: ...
def length_scale(length: float | Floats, mean_length: float) -> float | Floats:
    """The ``scale`` of a document of *length* tokens, of one or of an array (any shape, float64)."""
    return K1 * (1 - B + B * length / mean_length)


def linear_scale(mean_length: float) -> tuple[float, float]:
    """``(base, slope)`` such that ``length_scale(length, mean_length)`` is ``base + slope * length``.

    For compiled loops, which save a division a posting. The two agree up to the last digits, not to the last bit: what
    is computed by one of them must not be recomputed by the other where scores are compared for equality.
    """
    return K1 * (1 - B), K1 * B / mean_length


@overload
def saturated(weight: float, count: float, scale: float) -> float: ...
@overload
def saturated(weight: float | Floats, count: Floats | Ints, scale: float | Floats) -> Floats: ...
def saturated(weight: float | Floats, count: float | Floats | Ints, scale: float | Floats) -> float | Floats:
    """What *count* occurrences contribute; arrays (float64, counts of any number type) are broadcast."""
    contribution: Any = weight * count / (count + scale)
    return cast("float | Floats", contribution)
