"""Bitsets of frequent tokens against the inverted index that they are computed from."""

from __future__ import annotations

import numpy as np
import pytest

from similarity.postings.bitsets import FREQUENT, WINDOW, bitsets
from similarity.postings.inverted import InvertedIndex, invert_vectors
from store.vectors import pack


def index_of(documents: int) -> InvertedIndex:
    random = np.random.default_rng(3)
    bags = []
    for number in range(documents):
        tokens = np.unique(np.minimum(random.zipf(1.3, 12), 400))
        bag = dict(zip(tokens.tolist(), random.geometric(0.4, len(tokens)).tolist(), strict=True))
        bags.append(bag | ({7: 300 + number} if number % 5 == 0 else {}))
    return invert_vectors([pack(bag.items()) for bag in bags], np.array([sum(bag.values()) for bag in bags], np.int64))


@pytest.mark.parametrize("documents", [2048, WINDOW, WINDOW + 65])
def test_a_bitset_has_the_documents_with_at_least_its_count(documents: int) -> None:
    index = index_of(documents)
    result = bitsets(index, documents)
    frequent = index.document_frequencies() * FREQUENT >= documents
    assert result.columns.tolist() == np.flatnonzero(frequent).tolist() != []
    words = result.words.reshape(len(result.counts), -1)
    ranks = result.ranks.reshape(len(result.columns), -1)
    assert words.shape[1] * 64 % WINDOW == 0
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(bool)
    assert not bits[:, documents:].any()
    exact = index.counts.astype(np.int64)
    exact[index.large_at] = index.large
    for number, ordinal in enumerate(result.columns.tolist()):
        own = slice(int(index.start[ordinal]), int(index.start[ordinal + 1]))
        counts = np.zeros(documents, np.int64)
        counts[index.rows[own]] = exact[own]
        assert result.most[number] == counts.max()
        sets = range(result.first[number], result.first[number + 1])
        levels = result.counts[sets].tolist()
        assert levels[0] == 1 and levels == sorted(set(levels))
        for level in sets:
            assert (bits[level, :documents] == (counts >= result.counts[level])).all()
            assert FREQUENT * bits[level].sum() >= documents
        before = [np.count_nonzero(counts[: 64 * word]) for word in range(ranks.shape[1])]
        assert ranks[number].tolist() == before


def test_small_segments_have_no_bitsets() -> None:
    result = bitsets(index_of(500), 500)
    assert [len(array) for array in result] == [0, 1, 0, 0, 0, 0]
