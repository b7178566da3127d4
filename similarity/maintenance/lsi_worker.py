"""The part of LSI training that runs on workers: counts the tokens of a partition and decomposes its vectors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from gensim.models.lsimodel import Projection
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from similarity.maintenance.partitions import Partition
from similarity.ranking.lsi import tfidf
from store.connection import Document, connect
from store.index import projections
from store.vectors import CorruptVector, SparseVectors, unpack_many

_SEED = 1
_BATCH = 1000


class DocumentFrequencies(NamedTuple):
    """Ids of the tokens of a partition, ascending, and how many articles have each: int64, shape (tokens,)."""

    tokens: NDArray[np.int64]
    documents: NDArray[np.int64]


class PartialProjection(NamedTuple):
    """gensim's truncated singular value decomposition of the tf-idf matrix of a partition, and counts.

    ``u``: left singular vectors, float64, (vocabulary, topics). ``s``: singular values, float64, (topics,).
    ``documents``: articles, ``with_words``: those with a token of the vocabulary. ``tokens``: all tokens, ``known``:
    those of the vocabulary. ``kept``: squared length of the tf-idf vectors that the old projection keeps.
    """

    u: NDArray[np.float64]
    s: NDArray[np.float64]
    documents: int
    with_words: int
    tokens: int
    known: int
    kept: float


def document_frequencies_of(partition: Partition) -> tuple[int, DocumentFrequencies]:
    """The number of articles in *partition*, and their document frequencies. Runs on a worker."""
    database = connect(partition.address)
    tokens: list[NDArray[np.int64]] = []
    documents = 0
    with database.client:
        for postings, number in _postings(partition.rows(database, ["vector"])):
            tokens.append(postings.ids)
            documents += number
    # A vector has each token once, so the number of occurrences here is the number of articles.
    ids, numbers = np.unique(np.concatenate(tokens or [np.zeros(0, np.int64)]), return_counts=True)
    return documents, DocumentFrequencies(ids, numbers)


def partial_projection(topics: int, name: str, partition: Partition) -> PartialProjection:
    """gensim's decomposition of *partition* into *topics*, with the vocabulary of the stored arrays *name*.

    Runs on a worker.
    """
    database = connect(partition.address)
    with database.client:
        arrays = projections.decode(projections.read(database, name))
        columns: list[Any] = []
        documents = tokens = known = 0
        for postings, number in _postings(partition.rows(database, ["vector"])):
            start, places, weights = tfidf(arrays, postings)
            columns.append(csc_matrix((weights, places, start), (len(arrays.tokens), len(start) - 1)))
            documents += number
            tokens += int(postings.counts.sum())
            known += int(postings.counts[arrays.rows_of(postings.ids) >= 0].sum())
    matrix = _concatenated(columns, len(arrays.tokens))
    with_words = int((np.diff(matrix.indptr) > 0).sum())
    kept = float(((arrays.u.T @ matrix) ** 2).sum()) if arrays.u.size else 0.0
    if not matrix.nnz:
        return PartialProjection(np.zeros((len(arrays.tokens), 0)), np.zeros(0), documents, 0, tokens, known, 0.0)
    projection = Projection(len(arrays.tokens), topics, matrix, random_seed=_SEED)
    return PartialProjection(projection.u, projection.s, documents, with_words, tokens, known, kept)


def _concatenated(columns: list[Any], rows: int) -> Any:
    """*columns*, sparse matrices of *rows* rows, as one; its indices are int32, as gensim's routine needs them."""
    data = np.concatenate([matrix.data for matrix in columns] or [np.zeros(0)])
    indices = np.concatenate([matrix.indices for matrix in columns] or [np.zeros(0)]).astype(np.int32)
    lengths = np.concatenate([np.diff(matrix.indptr) for matrix in columns] or [np.zeros(0)])
    return csc_matrix((data, indices, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)), (rows, len(lengths)))


def _postings(rows: Iterator[Document]) -> Iterator[tuple[SparseVectors, int]]:
    """The vectors of *rows* in batches, and the number in each; skips damaged ones, as searches do."""
    while batch := [bytes(row["vector"]) for row in islice(rows, _BATCH)]:
        try:
            yield unpack_many(batch), len(batch)
        except CorruptVector:
            readable = [vector for vector in batch if _is_readable(vector)]
            yield unpack_many(readable), len(readable)


def _is_readable(vector: bytes) -> bool:
    try:
        unpack_many([vector])
    except CorruptVector:
        return False
    return True
