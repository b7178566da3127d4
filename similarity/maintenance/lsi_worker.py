"""What workers do of the training of topics: the words of a partition counted, its vectors decomposed by gensim."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from gensim.models.lsimodel import Projection
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from similarity.lsi import tfidf
from similarity.partitions import Partition, Some
from store import projections
from store.connection import Document, connect
from store.vectors import CorruptVector, Postings, unpack_many

_SEED = 1
_AT_ONCE = 1000


class Counted(NamedTuple):
    """Words of a partition: token ids, ascending, and how many articles each is in."""

    tokens: NDArray[np.int64]
    documents: NDArray[np.int64]


class Part(NamedTuple):
    """gensim's u and s of a partition; its numbers of articles, of those with words, of tokens, of known tokens; and
    what the old projection keeps of them."""

    u: NDArray[np.float64]
    s: NDArray[np.float64]
    documents: int
    with_words: int
    tokens: int
    known: int
    kept: float


def count(partition: Partition) -> tuple[int, Counted]:
    """How many articles *partition* has, and their words. Runs on a worker."""
    database = connect(partition.address)
    tokens: list[NDArray[np.int64]] = []
    documents = 0
    with database.client:
        for postings, number in _postings(partition.rows(database, ["vector"])):
            tokens.append(postings.ids)
            documents += number
    found, numbers = np.unique(np.concatenate(tokens or [np.zeros(0, np.int64)]), return_counts=True)
    return documents, Counted(found, numbers)


def part_of(topics: int, name: str, partition: Partition | Some) -> Part:
    """gensim's projection of *partition* under the vocabulary of the arrays *name*. Runs on a worker."""
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
            known += int(postings.counts[arrays.places_of(postings.ids) >= 0].sum())
    matrix = _side_by_side(columns, len(arrays.tokens))
    with_words = int((np.diff(matrix.indptr) > 0).sum())
    kept = float(((arrays.u.T @ matrix) ** 2).sum()) if arrays.u.size else 0.0
    if not matrix.nnz:
        return Part(np.zeros((len(arrays.tokens), 0)), np.zeros(0), documents, 0, tokens, known, 0.0)
    made = Projection(len(arrays.tokens), topics, matrix, random_seed=_SEED)
    return Part(made.u, made.s, documents, with_words, tokens, known, kept)


def _side_by_side(columns: list[Any], rows: int) -> Any:
    """*columns* as one matrix, its indices of 32 bits, as gensim's routine needs them."""
    data = np.concatenate([some.data for some in columns] or [np.zeros(0)])
    indices = np.concatenate([some.indices for some in columns] or [np.zeros(0)]).astype(np.int32)
    lengths = np.concatenate([np.diff(some.indptr) for some in columns] or [np.zeros(0)])
    return csc_matrix((data, indices, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)), (rows, len(lengths)))


def _postings(rows: Iterator[Document]) -> Iterator[tuple[Postings, int]]:
    """The vectors of *rows*, many at a time, and how many they are; damaged ones, which nobody finds, are left out."""
    while some := [bytes(row["vector"]) for row in islice(rows, _AT_ONCE)]:
        try:
            yield unpack_many(some), len(some)
        except CorruptVector:
            whole = [vector for vector in some if _is_readable(vector)]
            yield unpack_many(whole), len(whole)


def _is_readable(vector: bytes) -> bool:
    try:
        unpack_many([vector])
    except CorruptVector:
        return False
    return True
