"""How much a token weighs in a document and in a query: gensim's models, read out as arrays.

Scores are sums over the tokens that query and document share, of query weight times document weight, which is
what ``gensim.similarities`` computes from the same models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from gensim.models import LuceneBM25Model
from gensim.models.tfidfmodel import df2idf, precompute_idfs

from similarity.postings import Block, Floats
from store.vectors import Ints

BagOfWords = list[tuple[int, int]]


@dataclass(frozen=True)
class Statistics:
    """Of the whole collection: number of documents, sum of their lengths in tokens, documents per token id."""

    documents: int
    tokens: int
    document_frequencies: Ints

    def per_token(self) -> dict[int, int]:
        """Documents per token that occurs, as gensim's models want it."""
        used = np.flatnonzero(self.document_frequencies)
        return dict(zip(used.tolist(), self.document_frequencies[used].tolist(), strict=True))


class Model(Protocol):
    """Weights of tokens under the statistics of one state of the index."""

    def query(self, bow: BagOfWords) -> BagOfWeights:
        """The weight of each token of a query; tokens without weight are left out."""

    def scale(self, block: Block, lengths: Ints) -> Floats:
        """A number per document of *block* that ``weights`` needs, worked out once per state."""

    def weights(self, token: int, counts: Ints, scale: Floats) -> Floats:
        """The weight of *token* in documents that hold it *counts* times and have this *scale*."""


BagOfWeights = list[tuple[int, float]]


class Counts:
    """Raw counts and the cosine between them: gensim's ``Similarity`` over plain ``doc2bow`` vectors."""

    def __init__(self, statistics: Statistics) -> None:
        del statistics  # counts do not depend on the collection

    def query(self, bow: BagOfWords) -> BagOfWeights:
        return _unit([(token, float(count)) for token, count in bow])

    def scale(self, block: Block, lengths: Ints) -> Floats:
        return np.sqrt(block.sum_by_row(block.counts.astype(np.float64) ** 2))

    def weights(self, token: int, counts: Ints, scale: Floats) -> Floats:
        return counts / scale


class Tfidf:
    """gensim's ``TfidfModel`` with its defaults (count times log2 of N / df) and the cosine."""

    def __init__(self, statistics: Statistics) -> None:
        idfs = precompute_idfs(df2idf, statistics.per_token(), statistics.documents)
        self._idf = _as_array(idfs, len(statistics.document_frequencies))

    def query(self, bow: BagOfWords) -> BagOfWeights:
        return _unit([(token, count * self._idf[token]) for token, count in bow if token < len(self._idf)])

    def scale(self, block: Block, lengths: Ints) -> Floats:
        return np.sqrt(block.sum_by_row((block.counts * self._idf[block.ids]) ** 2))

    def weights(self, token: int, counts: Ints, scale: Floats) -> Floats:
        # A document whose every token is in all documents has length 0 and no direction.
        weights: Floats = np.divide(counts * self._idf[token], scale, out=np.zeros(len(counts)), where=scale > 0)
        return weights


class Bm25:
    """gensim's ``LuceneBM25Model``; the query is the set of its tokens, as gensim documents it (``bnn``)."""

    def __init__(self, statistics: Statistics) -> None:
        model = LuceneBM25Model()
        idfs = model.precompute_idfs(statistics.per_token(), statistics.documents)
        self._idf = _as_array(idfs, len(statistics.document_frequencies))
        self._k1, self._b = model.k1, model.b
        self._average_length = statistics.tokens / statistics.documents if statistics.documents else 1.0

    def query(self, bow: BagOfWords) -> BagOfWeights:
        return [(token, 1.0) for token, _ in bow if token < len(self._idf) and self._idf[token] > 0]

    def scale(self, block: Block, lengths: Ints) -> Floats:
        scale: Floats = self._k1 * (1 - self._b + self._b * lengths / self._average_length)
        return scale

    def weights(self, token: int, counts: Ints, scale: Floats) -> Floats:
        weights: Floats = self._idf[token] * counts / (counts + scale)
        return weights


MODELS: Mapping[str, type[Counts] | type[Tfidf] | type[Bm25]] = {"counts": Counts, "tfidf": Tfidf, "bm25": Bm25}
DEFAULT_MODEL = "bm25"


def _as_array(idfs: Mapping[int, float], size: int) -> Floats:
    array = np.zeros(size)
    array[np.fromiter(idfs.keys(), np.int64, len(idfs))] = np.fromiter(idfs.values(), np.float64, len(idfs))
    return array


def _unit(weights: BagOfWeights) -> BagOfWeights:
    length = float(np.sqrt(sum(weight**2 for _, weight in weights)))
    return [(token, weight / length) for token, weight in weights if weight] if length else []
