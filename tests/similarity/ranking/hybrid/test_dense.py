"""Cosines are computed exactly, and the top k rows are those that a full sort would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity.query.encoder_coverage import count_embeddings
from similarity.ranking.hybrid import dense
from similarity.ranking.hybrid.candidates import Dense, top_k
from similarity.ranking.hybrid.dense import cosine_of, cosines, start_cosines
from similarity.reader.segment_reader import pending_segment
from store.documents.embeddings import Embeddings, encoder_fingerprint
from store.vectors import pack
from text.embedding.encoder import STEP

ENCODER = "architecture/checkpoint"
FINGERPRINT = encoder_fingerprint(ENCODER)
SIZE = 16


def segment_of(vectors: list[np.ndarray | None], encoder: str = ENCODER):
    rows = []
    for number, vector in enumerate(vectors):
        embeddings = Embeddings(encoder, vector, vector.reshape(1, -1)).fields() if vector is not None else {}
        rows.append({
            "_id": f"{number:024x}", "revision": 1, "length": 1, "published": None, "source": "s",
            "language": "zh" if number % 3 else "en", "vector": pack([(1, 1)]), "bigrams": pack([]), **embeddings,
        })  # fmt: skip
    return pending_segment(rows)


def random_vectors(number: int, seed: int) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return list(generator.integers(-127, 128, (number, SIZE)).astype(np.int8))


def test_cosines_are_the_products() -> None:
    vectors, query = random_vectors(40, 1), random_vectors(1, 2)[0]
    expected = np.array(vectors, np.int64) @ query.astype(np.int64) * STEP * STEP
    segment = segment_of(vectors)
    assert cosines(segment, query, FINGERPRINT) == pytest.approx(expected, rel=1e-6)
    assert [cosine_of(segment, row, query, FINGERPRINT) for row in range(40)] == pytest.approx(expected, rel=1e-6)


def test_rows_without_an_embedding_and_those_of_another_encoder_are_not_compared() -> None:
    query = np.full(SIZE, 100, np.int8)
    segment = segment_of([query, None, query])
    assert (cosines(segment, query, FINGERPRINT) > 0).tolist() == [True, False, True]
    assert not cosines(segment, query, encoder_fingerprint("another")).any()
    assert not cosines(segment, None, b"").any()
    assert count_embeddings(segment, FINGERPRINT) == (2, 0)
    assert count_embeddings(segment, encoder_fingerprint("another")) == (0, 2)


def test_segments_are_compared_in_batches_by_two_threads(monkeypatch) -> None:
    monkeypatch.setattr(dense, "_BATCH_ROWS", 7)
    query = random_vectors(1, 2)[0]
    segments = [segment_of(random_vectors(40, 1)), segment_of([None, *random_vectors(7, 3)]), segment_of([])]
    calls = []

    def pending_embedding() -> np.ndarray:
        calls.append(query)
        return query

    results = start_cosines(segments, pending_embedding, FINGERPRINT)()
    for segment, result in zip(segments, results, strict=True):
        assert result.tolist() == [cosine_of(segment, row, query, FINGERPRINT) for row in range(segment.rows)]
    assert 1 <= len(calls) <= 2, "once by each thread that takes part"


def test_sums_take_more_than_16_bits() -> None:
    query = np.full(SIZE, -127, np.int8)
    (cosine,) = cosines(segment_of([query]), query, FINGERPRINT)
    assert cosine == pytest.approx(SIZE * 127 * 127 * STEP * STEP, rel=1e-6)


@settings(deadline=None)  # the first call compiles
@given(
    number=st.integers(1, 30),
    lexical=st.lists(st.sampled_from([0.0, 0.0, 0.1, 0.5, 0.5, 2.0]), min_size=30, max_size=30),
    cosine=st.lists(st.sampled_from([-0.5, 0.0, 0.29, 0.31, 0.5, 0.5, 1.0]), min_size=30, max_size=30),
    allowed=st.lists(st.booleans(), min_size=30, max_size=30),
    floor=st.sampled_from([0.0, 0.3, 0.6]),
    overlap=st.sampled_from([0.0, 0.9]),
)
def test_top_k_is_the_beginning_of_a_full_sort(number, lexical, cosine, allowed, floor, overlap) -> None:
    lexical, cosine = np.array(lexical), np.array(cosine, np.float32)
    scores = lexical + 0.5 * np.maximum(cosine, 0) * np.maximum(1 - overlap * lexical, 0)
    eligible = np.array(allowed) & (scores > 0) & (scores >= floor)
    eligible &= (lexical > 0) | (cosine >= 0.3)
    expected = sorted(sorted(np.flatnonzero(eligible), key=lambda row: (-scores[row], row))[:number])
    rows, own = top_k(lexical, cosine, Dense(0.5, overlap, 0.3), np.array(allowed), number, floor)
    assert rows.tolist() == expected
    assert own == pytest.approx(scores[expected])
