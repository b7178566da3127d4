"""Columns against the plain reading of the same packed vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity.postings import K1, B, columns_of
from store.vectors import CorruptVector, pack, unpack_many

bags = st.lists(
    st.dictionaries(
        st.one_of(st.integers(0, 40), st.integers(0, 2**20), st.integers(2**31 - 5000, 2**31 - 2)),
        st.one_of(st.integers(1, 3), st.integers(250, 260), st.integers(1, 2**31 - 2)),
        max_size=6,
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(bags)
def test_columns_hold_what_the_vectors_hold(bags: list[dict[int, int]]) -> None:
    vectors = [pack(bag.items()) for bag in bags]
    lengths = np.array([sum(bag.values()) for bag in bags], np.int64)
    found = columns_of(vectors, lengths)
    counts = found.counts.astype(np.int64)
    assert (counts[found.large_at] == 255).all()
    assert len(found.large_at) == (counts == 255).sum()
    counts[found.large_at] = found.large

    expected = unpack_many(vectors)
    row = np.repeat(np.arange(len(vectors)), np.diff(expected.start))
    order = np.argsort(expected.ids, kind="stable")
    tokens, first = np.unique(expected.ids[order], return_index=True)
    assert found.tokens.tolist() == tokens.tolist()
    assert found.start.tolist() == [*first.tolist(), len(order)]
    assert found.rows.tolist() == row[order].tolist()
    assert counts.tolist() == expected.counts[order].tolist()

    squares = np.bincount(row, weights=expected.counts.astype(float) ** 2, minlength=len(vectors))
    assert found.norms == pytest.approx(np.sqrt(squares), rel=1e-12)
    scale = K1 * (1 - B + B * lengths / found.mean_length[0])
    for column, (start, end) in enumerate(zip(found.start, found.start[1:], strict=False)):
        own, here = counts[start:end], found.rows[start:end]
        cosine, bm25 = (own / found.norms[here]).max(), (own / (own + scale[here])).max()
        assert cosine <= found.cosine_bounds[column] <= cosine * 1.00001
        assert bm25 <= found.bm25_bounds[column] <= bm25 * 1.00001


@settings(deadline=None)
@given(bags.filter(bool), st.data())
def test_damaged_vectors_are_refused_or_read_as_the_plain_reader_does(bags: list[dict[int, int]], data) -> None:
    vectors = [pack(bag.items()) for bag in bags]
    which = data.draw(st.integers(0, len(vectors) - 1))
    damaged = bytearray(vectors[which])
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    vectors[which] = bytes(damaged)
    try:
        found = columns_of(vectors, np.ones(len(vectors), np.int64))
    except CorruptVector:
        return
    plain = unpack_many(vectors)
    assert np.bincount(found.rows, minlength=len(vectors)).tolist() == np.diff(plain.start).tolist()
    assert found.tokens.tolist() == np.unique(plain.ids).tolist()


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        (b"", "cut off"),
        (b"\x01", "cut off"),
        (b"\x02\x03", "cut off"),
        (b"\x01\x02", "cut off"),
        (b"\x01\x83", "cut off"),
        (b"\x01\x03\x03", "goes on behind its end"),
        (b"\x02\x03\x01", "do not ascend"),
        (b"\x01\xff\xff\xff\xff\xff\xff\x01", "too large"),
        (b"\x01\x02\xff\xff\xff\xff\xff\xff\x01", "too large"),
    ],
)
def test_what_is_no_vector_is_refused(vector: bytes, message: str) -> None:
    with pytest.raises(CorruptVector, match=message):
        columns_of([pack([(1, 1)]), vector], np.ones(2, np.int64))
