"""The rivals over the same collection: gensim's two indexes and bm25s, each used as its documentation says.

They index the corpus from memory: they use no MongoDB, and their indexes do not change while they run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import bm25s
import numpy as np
from bm25s.tokenization import Tokenized
from gensim.similarities import Similarity, SparseMatrixSimilarity

from similarity.arrays import Floats
from similarity.bench.corpus import Corpus
from similarity.bench.measure import QueryFunction

K = 10


def gensim_similarity(corpus: Corpus, folder: Path) -> QueryFunction:
    """``gensim.similarities.Similarity``: tf-idf and cosine, shards on disk, mapped back."""
    weights = _Weights(corpus)
    shards = tempfile.mkdtemp(dir=folder)
    index = Similarity(f"{shards}/shard", iter(weights), num_features=corpus.vocabulary, num_best=K)
    return lambda words: index[weights.query(words)]


def gensim_sparse(corpus: Corpus, folder: Path) -> QueryFunction:
    """``gensim.similarities.SparseMatrixSimilarity``: tf-idf and cosine, one matrix in memory."""
    weights = _Weights(corpus)
    # Given the sizes, gensim builds the matrix with the faster of its two methods.
    index = SparseMatrixSimilarity(
        iter(weights), num_features=corpus.vocabulary, num_docs=corpus.documents, num_nnz=weights.postings,
        num_best=K, normalize_documents=False,
    )  # fmt: skip
    return lambda words: index[weights.query(words)]


def bm25s_numba(corpus: Corpus, folder: Path) -> QueryFunction:
    """``bm25s`` with its fastest backend: every weight is computed at indexing time."""
    index = bm25s.BM25(method="lucene", backend="numba")
    tokens = Tokenized(_Tokens(corpus), {str(word): word for word in range(corpus.vocabulary)})
    index.index(tokens, show_progress=False)
    return lambda words: index.retrieve([words], k=K, show_progress=False, n_threads=0)


Rival = Callable[[Corpus, Path], QueryFunction]
"""Indexes a corpus, with a folder for its files, and returns the function that answers queries."""

RIVALS: dict[str, Rival] = {
    "gensim Similarity": gensim_similarity,
    "gensim SparseMatrixSimilarity": gensim_sparse,
    "bm25s (numba)": bm25s_numba,
}


class _Weights:
    """The corpus as tf-idf vectors of length 1, one document at a time, as gensim takes them."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        frequency = np.bincount(corpus.ids, minlength=corpus.vocabulary)
        self._idf: Floats = np.log2(corpus.documents / np.maximum(frequency, 1))
        self.postings = int((self._idf[corpus.ids] > 0).sum())

    def __iter__(self) -> Iterator[list[tuple[int, float]]]:
        start = self._corpus.start
        for document in range(self._corpus.documents):
            part = slice(start[document], start[document + 1])
            yield self._unit(self._corpus.ids[part], self._corpus.counts[part])

    def query(self, words: list[int]) -> list[tuple[int, float]]:
        """The query *words* as a vector of (id, weight)."""
        return self._unit(np.array(words), np.ones(len(words)))

    def _unit(self, ids: np.ndarray, counts: np.ndarray) -> list[tuple[int, float]]:
        ids, counts = ids[self._idf[ids] > 0], counts[self._idf[ids] > 0]  # as gensim, which leaves out weights of 0
        weights = counts * self._idf[ids]
        return list(zip(ids.tolist(), (weights / np.sqrt((weights**2).sum())).tolist(), strict=True))


class _Tokens:
    """The corpus as lists of tokens, made one by one: all together they would take tens of gigabytes."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __len__(self) -> int:
        return self._corpus.documents

    def __getitem__(self, document: int) -> list[int]:
        if not 0 <= document < len(self):
            raise IndexError(document)
        part = slice(self._corpus.start[document], self._corpus.start[document + 1])
        tokens: list[int] = np.repeat(self._corpus.ids[part], self._corpus.counts[part]).tolist()
        return tokens
