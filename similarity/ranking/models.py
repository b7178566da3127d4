"""The weighting models: how much a token weighs in a query and in a document, under the statistics of one state.

The models are those of gensim: cosine of raw counts, cosine of tf-idf, and two variants of BM25. In all of them the
score of a document is a sum over the tokens that query and document share. A token contributes its weight in the query
times a factor of the posting,

    count / (saturation * count + base + slope * norm)

For the cosines (saturation 0, base 0, slope 1) the norm of a document is its Euclidean length under the model. For BM25
(see ``similarity.postings.bm25``) it is its length in tokens. So nothing is stored for a posting but its count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Floats, Tokens
from similarity.postings.bm25 import K1, linear_scale
from similarity.postings.inverted import InvertedIndex
from similarity.ranking.kernel.maxscore import TfNormalization
from similarity.reader.statistics import Statistics
from store.vectors import Ints

BagOfWords = list[tuple[int, int]]
"""Token ids with their counts, as gensim's ``doc2bow`` gives them."""

_EPSILON = 0.25
"""gensim's ``OkapiBM25Model``: a negative idf becomes this share of the mean idf."""


class Weights(NamedTuple):
    """A query of T tokens under a model: ``tokens`` (T, int32), rarest first, and their ``weights`` (T, float64).

    All segments add up contributions in this order, so equal documents get equal scores to the last bit.
    """

    tokens: Tokens
    weights: Floats


class SegmentNorms(NamedTuple):
    """What a model needs of a segment with D documents and T tokens.

    * ``norms`` (D, float64 or unsigned integers): the norm of each document.
    * ``bounds`` (T, float32): what the factor of a token's postings is at most, once multiplied by ``bound_scale``.
    * ``typical_norm``: in its bounds the kernel treats longer documents as if they had this norm. For models that
      saturate it is the mean length; for the others it is infinite, as their bounds do not depend on it.
    """

    norms: NDArray[Any]
    bounds: NDArray[np.float32]
    bound_scale: float = 1.0
    typical_norm: float = np.inf


class Model(Protocol):
    """A weighting model under the statistics of one state of the index."""

    normalization: TfNormalization

    def query(self, bow: BagOfWords) -> Weights:
        """The query *bow*; tokens that no document has, or that weigh nothing, are left out."""

    def segment_norms(self, index: InvertedIndex, lengths: NDArray[np.unsignedinteger]) -> SegmentNorms:
        """Norms and bounds of the segment with this *index*; *lengths* (D, unsigned): its documents' tokens."""


class Counts:
    """The cosine of raw counts: gensim's ``Similarity`` over plain ``doc2bow`` vectors."""

    normalization = TfNormalization(0.0, 0.0, 1.0)

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def query(self, bow: BagOfWords) -> Weights:
        tokens, counts, frequencies = _known(bow, self._statistics)
        return _ordered(tokens, _unit(counts.astype(np.float64)), frequencies)

    def segment_norms(self, index: InvertedIndex, lengths: NDArray[np.unsignedinteger]) -> SegmentNorms:
        return SegmentNorms(index.norms, index.cosine_bounds)


class Tfidf:
    """gensim's ``TfidfModel`` with its defaults (count times log2 of N / df) and the cosine.

    The length of every document depends on all frequencies, so each state computes it once.
    """

    normalization = TfNormalization(0.0, 0.0, 1.0)

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def query(self, bow: BagOfWords) -> Weights:
        tokens, counts, frequencies = _known(bow, self._statistics)
        idfs = self._idfs(frequencies)
        return _ordered(tokens, _unit(counts * idfs) * idfs, frequencies)

    def segment_norms(self, index: InvertedIndex, lengths: NDArray[np.unsignedinteger]) -> SegmentNorms:
        # A token that only deleted documents have has a frequency of 0.
        idfs = self._idfs(np.maximum(self._statistics.frequencies.of(index.tokens), 1))
        norms = np.sqrt(index.squared_norms(idfs, len(lengths)))
        # A document whose tokens are all in every document is the zero vector: it has no direction, its cosine is 0.
        norms[norms == 0] = np.inf
        norms.flags.writeable = False
        return SegmentNorms(norms, index.max_factors(norms))

    def _idfs(self, frequencies: Ints) -> Floats:
        idfs: Floats = np.log2(self._statistics.documents / frequencies)
        return idfs


class _Bm25:
    """What both BM25 models of gensim share; the query is the set of its tokens, as gensim documents it (``bnn``).

    The norm of a document is its length in tokens.
    """

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self.normalization = TfNormalization(1.0, *linear_scale(statistics.mean_length))

    def segment_norms(self, index: InvertedIndex, lengths: NDArray[np.unsignedinteger]) -> SegmentNorms:
        # The bounds hold for the mean length of the segment. Under a longer mean length every document counts as
        # shorter: its factors grow, by less than the mean does.
        bound_scale = max(1.0, self._statistics.mean_length / float(index.mean_length[0]))
        return SegmentNorms(lengths, index.bm25_bounds, bound_scale, self._statistics.mean_length)


class LuceneBm25(_Bm25):
    """gensim's ``LuceneBM25Model``: idf = log((N + 1) / (df + 0.5)), never negative."""

    def query(self, bow: BagOfWords) -> Weights:
        tokens, _, frequencies = _known(bow, self._statistics)
        return _ordered(tokens, np.log(self._statistics.documents + 1.0) - np.log(frequencies + 0.5), frequencies)


class OkapiBm25(_Bm25):
    """gensim's ``OkapiBM25Model``: idf = log((N - df + 0.5) / (df + 0.5)), and a constant factor K1 + 1.

    The idf of a token in more than half of the documents is negative: ``_EPSILON`` times the mean idf takes its place.
    """

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
"""Without ``LSI``, which has to be trained: see ``similarity.ranking.lsi``."""


def _known(bow: BagOfWords, statistics: Statistics) -> tuple[Tokens, Ints, Ints]:
    """Those tokens of *bow* that a document has, ascending (int32); their counts and document frequencies (int64)."""
    pairs = np.array(sorted(bow), np.int64).reshape(-1, 2)
    tokens = pairs[:, 0].astype(np.int32)
    frequencies = statistics.frequencies.of(tokens)
    known = frequencies > 0
    return tokens[known], pairs[known, 1], frequencies[known]


def _ordered(tokens: Tokens, weights: Floats, frequencies: Ints) -> Weights:
    """The tokens rarest first, then by id; without those that weigh 0. Equal sums need an equal order."""
    order = np.lexsort((tokens, frequencies))
    order = order[weights[order] != 0]
    return Weights(tokens[order], weights[order])


def _unit(weights: Floats) -> Floats:
    length = float(np.sqrt((weights**2).sum()))
    return weights / length if length else weights
