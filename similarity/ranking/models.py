"""How much a token weighs in a document and in a query: gensim's models, under the statistics of one state.

A score is the sum, over the tokens that query and document share, of the query's weight times a factor of the posting:
``count / (saturation * count + base + slope * measure of the document)``. For the cosines the measure is the document's
Euclidean length under the model, for BM25 its length in tokens, so that nothing is stored per posting but its count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from similarity.postings import K1, B, Columns
from similarity.statistics import Statistics, Tokens
from similarity.turning import Floats
from store.vectors import Ints

BagOfWords = list[tuple[int, int]]

_EPSILON = 0.25
"""gensim's ``OkapiBM25Model``: a negative idf becomes this share of the mean idf."""


class Shape(NamedTuple):
    """The three numbers of a factor: see the module."""

    saturation: float
    base: float
    slope: float


class Weights(NamedTuple):
    """A query under a model: tokens and what each weighs, in the order in which all blocks are gone through."""

    tokens: Tokens
    weights: Floats


class Measured(NamedTuple):
    """Of a block: the measure of each document, and what the factor of a posting is at most, by column."""

    measure: NDArray[Any]
    bounds: NDArray[np.float32]
    looseness: float = 1.0
    """What the bounds have to be multiplied by."""
    usual: float = np.inf
    """A measure beside which others are taken for the shorter ones or for this: where factors saturate, the mean."""


class Model(Protocol):
    """Weights under the statistics of one state of the index."""

    shape: Shape

    def query(self, bow: BagOfWords) -> Weights:
        """The query *bow*; tokens that no document has, or that weigh nothing, are left out."""

    def measured(self, columns: Columns, lengths: NDArray[np.unsignedinteger]) -> Measured:
        """What the factors of these documents need; *lengths* in tokens."""


class Counts:
    """Raw counts and the cosine between them: gensim's ``Similarity`` over plain ``doc2bow`` vectors."""

    shape = Shape(0.0, 0.0, 1.0)

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def query(self, bow: BagOfWords) -> Weights:
        tokens, counts, frequencies = _known(bow, self._statistics)
        return _ordered(tokens, _unit(counts.astype(np.float64)), frequencies)

    def measured(self, columns: Columns, lengths: NDArray[np.unsignedinteger]) -> Measured:
        return Measured(columns.norms, columns.cosine_bounds)


class Tfidf:
    """gensim's ``TfidfModel`` with its defaults (count times log2 of N / df) and the cosine.

    The length of every document depends on all frequencies, so it is worked out anew for each state that is asked.
    """

    shape = Shape(0.0, 0.0, 1.0)

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def query(self, bow: BagOfWords) -> Weights:
        tokens, counts, frequencies = _known(bow, self._statistics)
        idfs = self._idfs(frequencies)
        return _ordered(tokens, _unit(counts * idfs) * idfs, frequencies)

    def measured(self, columns: Columns, lengths: NDArray[np.unsignedinteger]) -> Measured:
        # A token of documents alone that cannot be found any more has no frequency.
        idfs = self._idfs(np.maximum(self._statistics.frequencies.of(columns.tokens), 1))
        norms = np.sqrt(columns.squares(idfs, len(lengths)))
        # A document whose every token is in all documents has length 0 and no direction.
        norms[norms == 0] = np.inf
        norms.flags.writeable = False
        return Measured(norms, columns.bounds(norms))

    def _idfs(self, frequencies: Ints) -> Floats:
        idfs: Floats = np.log2(self._statistics.documents / frequencies)
        return idfs


class _Bm25:
    """What both BM25 models of gensim share; the query is the set of its tokens, as gensim documents it (``bnn``)."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self.shape = Shape(1.0, K1 * (1 - B), K1 * B / statistics.mean_length)

    def measured(self, columns: Columns, lengths: NDArray[np.unsignedinteger]) -> Measured:
        # With a larger mean length all documents are "shorter": factors grow, by less than the mean does.
        looseness = max(1.0, self._statistics.mean_length / float(columns.mean_length[0]))
        return Measured(lengths, columns.bm25_bounds, looseness, self._statistics.mean_length)


class LuceneBm25(_Bm25):
    """gensim's ``LuceneBM25Model``."""

    def query(self, bow: BagOfWords) -> Weights:
        tokens, _, frequencies = _known(bow, self._statistics)
        return _ordered(tokens, np.log(self._statistics.documents + 1.0) - np.log(frequencies + 0.5), frequencies)


class OkapiBm25(_Bm25):
    """gensim's ``OkapiBM25Model``: the idf of a token in more than half of the documents would be negative."""

    def __init__(self, statistics: Statistics) -> None:
        super().__init__(statistics)
        idfs = self._idfs(statistics.frequencies.occurring()[1])
        self._floor = _EPSILON * float(idfs.mean()) if len(idfs) else 0.0

    def query(self, bow: BagOfWords) -> Weights:
        tokens, _, frequencies = _known(bow, self._statistics)
        idfs = self._idfs(frequencies)
        return _ordered(tokens, np.where(idfs < 0, self._floor, idfs) * (K1 + 1), frequencies)

    def _idfs(self, frequencies: Ints) -> Floats:
        idfs: Floats = np.log(self._statistics.documents - frequencies + 0.5) - np.log(frequencies + 0.5)
        return idfs


MODELS: Mapping[str, type[Counts] | type[Tfidf] | type[LuceneBm25] | type[OkapiBm25]] = {
    "counts": Counts,
    "tfidf": Tfidf,
    "bm25": LuceneBm25,
    "bm25_okapi": OkapiBm25,
}
LSI = "lsi"
"""Is trained, and so not of ``MODELS``: see ``similarity.lsi``."""

HYBRID = "hybrid"
DEFAULT_MODEL = HYBRID
MODEL_NAMES = (HYBRID, *MODELS, LSI)


def _known(bow: BagOfWords, statistics: Statistics) -> tuple[Tokens, Ints, Ints]:
    """Those tokens of *bow* that a document has, ascending; their counts; their numbers of documents."""
    pairs = np.array(sorted(bow), np.int64).reshape(-1, 2)
    tokens = pairs[:, 0].astype(np.int32)
    frequencies = statistics.frequencies.of(tokens)
    known = frequencies > 0
    return tokens[known], pairs[known, 1], frequencies[known]


def _ordered(tokens: Tokens, weights: Floats, frequencies: Ints) -> Weights:
    # By what is the same however the articles came in: equal sums need an equal order.
    order = np.lexsort((tokens, frequencies))
    order = order[weights[order] != 0]
    return Weights(tokens[order], weights[order])


def _unit(weights: Floats) -> Floats:
    length = float(np.sqrt((weights**2).sum()))
    return weights / length if length else weights
