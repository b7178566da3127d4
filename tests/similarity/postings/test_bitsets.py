"""The bits of frequent words against the columns that they are made from."""

from __future__ import annotations

import numpy as np
import pytest

from similarity.bitsets import FREQUENT, WINDOW, bitsets
from similarity.postings import Columns, columns_of
from store.vectors import pack


def made(documents: int) -> Columns:
    random = np.random.default_rng(3)
    bags = []
    for number in range(documents):
        tokens = np.unique(np.minimum(random.zipf(1.3, 12), 400))
        bag = dict(zip(tokens.tolist(), random.geometric(0.4, len(tokens)).tolist(), strict=True))
        bags.append(bag | ({7: 300 + number} if number % 5 == 0 else {}))
    return columns_of([pack(bag.items()) for bag in bags], np.array([sum(bag.values()) for bag in bags], np.int64))


@pytest.mark.parametrize("documents", [2048, WINDOW, WINDOW + 65])
def test_sets_have_the_documents_with_a_count_of_at_least(documents: int) -> None:
    columns = made(documents)
    found = bitsets(columns, documents)
    many = columns.frequencies() * FREQUENT >= documents
    assert found.columns.tolist() == np.flatnonzero(many).tolist() != []
    words = found.words.reshape(len(found.counts), -1)
    ranks = found.ranks.reshape(len(found.columns), -1)
    assert words.shape[1] * 64 % WINDOW == 0
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(bool)
    assert not bits[:, documents:].any()
    exact = columns.counts.astype(np.int64)
    exact[columns.large_at] = columns.large
    for number, column in enumerate(found.columns.tolist()):
        own = slice(int(columns.start[column]), int(columns.start[column + 1]))
        counts = np.zeros(documents, np.int64)
        counts[columns.rows[own]] = exact[own]
        assert found.most[number] == counts.max()
        sets = range(found.first[number], found.first[number + 1])
        levels = found.counts[sets].tolist()
        assert levels[0] == 1 and levels == sorted(set(levels))
        for one in sets:
            assert (bits[one, :documents] == (counts >= found.counts[one])).all()
            assert FREQUENT * bits[one].sum() >= documents
        before = [np.count_nonzero(counts[: 64 * word]) for word in range(ranks.shape[1])]
        assert ranks[number].tolist() == before


def test_small_blocks_have_none() -> None:
    found = bitsets(made(500), 500)
    assert [len(array) for array in found] == [0, 1, 0, 0, 0, 0]
