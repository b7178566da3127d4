"""The inverted index against the same packed vectors decoded one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity.postings.bm25 import length_scale, saturated
from similarity.postings.inverted import invert_vectors
from store.vectors import CorruptVector, pack, unpack_many

pytestmark = pytest.mark.slow

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
def test_the_inverted_index_has_the_postings_of_the_vectors(bags: list[dict[int, int]]) -> None:
    vectors = [pack(bag.items()) for bag in bags]
    lengths = np.array([sum(bag.values()) for bag in bags], np.int64)
    index = invert_vectors(vectors, lengths)
    counts = index.counts.astype(np.int64)
    assert (counts[index.large_at] == 255).all()
    assert len(index.large_at) == (counts == 255).sum()
    counts[index.large_at] = index.large

    expected = unpack_many(vectors)
    row = np.repeat(np.arange(len(vectors)), np.diff(expected.start))
    order = np.argsort(expected.ids, kind="stable")
    tokens, first = np.unique(expected.ids[order], return_index=True)
    assert index.tokens.tolist() == tokens.tolist()
    assert index.start.tolist() == [*first.tolist(), len(order)]
    assert index.rows.tolist() == row[order].tolist()
    assert counts.tolist() == expected.counts[order].tolist()

    squares = np.bincount(row, weights=expected.counts.astype(float) ** 2, minlength=len(vectors))
    assert index.norms == pytest.approx(np.sqrt(squares), rel=1e-12)
    scale = length_scale(lengths.astype(float), float(index.mean_length[0]))
    for ordinal, (start, end) in enumerate(zip(index.start, index.start[1:], strict=False)):
        own, here = counts[start:end], index.rows[start:end]
        cosine, bm25 = (own / index.norms[here]).max(), saturated(1.0, own, scale[here]).max()
        assert cosine <= index.cosine_bounds[ordinal] <= cosine * 1.00001
        assert bm25 <= index.bm25_bounds[ordinal] <= bm25 * 1.00001


@settings(deadline=None)
@given(bags.filter(bool), st.data())
def test_damaged_vectors_are_refused_or_read_as_the_plain_decoder_does(bags: list[dict[int, int]], data) -> None:
    vectors = [pack(bag.items()) for bag in bags]
    which = data.draw(st.integers(0, len(vectors) - 1))
    damaged = bytearray(vectors[which])
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    vectors[which] = bytes(damaged)
    try:
        index = invert_vectors(vectors, np.ones(len(vectors), np.int64))
    except CorruptVector:
        return
    plain = unpack_many(vectors)
    assert np.bincount(index.rows, minlength=len(vectors)).tolist() == np.diff(plain.start).tolist()
    assert index.tokens.tolist() == np.unique(plain.ids).tolist()


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
def test_bytes_that_are_no_vector_are_refused(vector: bytes, message: str) -> None:
    with pytest.raises(CorruptVector, match=message):
        invert_vectors([pack([(1, 1)]), vector], np.ones(2, np.int64))
