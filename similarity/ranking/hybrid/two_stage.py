"""The default model: the articles that meet the concepts of a query, by words, names, translations and embeddings.

Two steps. The first scores every document of every segment by the inverted indexes and by the cosine of whole texts,
and keeps the best ``RERANKED``. The second computes the exact score of these: see ``scoring``. An article in
English and one in Chinese are scored alike.

Equal scores stand in ascending order of article id. For this model the order is made in ``best`` and in
``candidates.merge_candidates``; ``candidates.top_k`` takes the first rows of a segment, which ascend by id. The other
models have the same order: see ``State.best`` and ``lsi.Topics.best``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import COSINE_POOL, MAX_ROWS, SCORE_POOL, Cosines, Flags, Floats, Revision, Vector
from similarity.query.hybrid_query import HybridQuery
from similarity.ranking.filter import ALL, Filter
from similarity.ranking.hybrid.candidates import Candidates, Dense, count_hits, merge_candidates, top_k
from similarity.ranking.hybrid.dense import start_cosines
from similarity.ranking.hybrid.lexical import add_bm25_scores, add_set_scores
from similarity.ranking.hybrid.scoring import (
    MIN_COSINE,
    MIN_LENGTH,
    OVERLAP,
    PARTS,
    ScoringDocument,
    ScoringDocuments,
    encoder_weights,
    prepare,
    score_many,
)
from similarity.ranking.state import State
from similarity.reader.forward import forward_index_of
from similarity.reader.segment_reader import BIGRAMS, EMBEDDINGS, WORDS, SegmentReader
from store.vectors import Ints

SAME_LANGUAGE, CROSS_LINGUAL = "same", "across"
"""Whether an article is in the language of the query. The values stand in ``Hit.route`` and in JSON."""

RERANKED = 100
"""Candidates whose exact score is computed; more where more hits are asked for."""

_BATCH_ROWS = 4 * MAX_ROWS
"""Rows that are scored together: all rows of most collections, and few enough that their sums take at most 8 MB."""

ReadPassages = Callable[[Sequence[Revision]], Callable[[], Mapping[str, NDArray[np.int8]]]]
"""Begins to read the embeddings of articles' passages; calling the result gives them by article id, shape (n, d)."""


@dataclass(frozen=True)
class ScoredDocument:
    """An article with its ``score`` (0 to 1), its ``route``, and the ``parts`` that were summed before calibration.

    ``met`` (concepts, float64): how far it meets each concept of the query, 0 to 1. ``place``: number of the segment
    and row. ``passage``: the one nearest to the query (0: the title), None for none.
    """

    article_id: str
    score: float
    route: str
    parts: Mapping[str, float]
    met: Floats
    place: tuple[int, int]
    passage: int | None = None


@dataclass(frozen=True)
class Reranked:
    """The best documents with their exact scores, best first, and of how many hits (``total``) these are the best.

    ``is_all``: there are no more than these.
    """

    documents: list[ScoredDocument]
    total: int
    is_all: bool


def best(
    state: State,
    query: HybridQuery,
    k: int,
    read_passages: ReadPassages,
    article_filter: Filter = ALL,
    without: tuple[int, int] | None = None,
) -> Reranked:
    """The best documents of *state* by score, equal scores by article id: *k*, at least ``RERANKED``, or all hits.

    *article_filter*: only articles that pass it. *without*: the place of an article that is left out.
    """
    candidates = _candidates(state, query, max(k, RERANKED), article_filter, without)
    scored = score_places(state, query, candidates.places.tolist(), candidates.keys, read_passages)
    hits = [document for document in scored if document.score > 0]
    hits.sort(key=lambda document: (-document.score, document.article_id))
    return Reranked(hits, candidates.total, candidates.total <= len(candidates.keys))


def hit_ids(
    state: State, query: HybridQuery, number: int, article_filter: Filter = ALL, without: tuple[int, int] | None = None
) -> tuple[list[str], int]:
    """The ids of the best *number* documents by the scores of the first step, and how many hits there are."""
    candidates = _candidates(state, query, number, article_filter, without)
    return candidates.keys, candidates.total


def score_places(
    state: State, query: HybridQuery, places: Sequence[Sequence[int]], keys: Sequence[str], read_passages: ReadPassages
) -> list[ScoredDocument]:
    """The exact scores of the articles at *places* with the ids *keys*, in this order; 0 for what is no hit."""
    if not keys:
        return []
    read = read_passages if query.embedding is not None else no_passages
    across = across_at(state, places, query.language)
    documents = scoring_documents(state, places, keys, query.encoder_fingerprint, read)._replace(across=across)
    scores = score_many(prepare(query, state.collection), documents)
    return [
        ScoredDocument(
            keys[at],
            score,
            CROSS_LINGUAL if across[at] else SAME_LANGUAGE,
            dict(zip(PARTS, parts, strict=True)),
            met,
            (places[at][0], places[at][1]),
            passage if passage >= 0 else None,
        )
        for at, (score, parts, met, passage) in enumerate(
            zip(scores.scores.tolist(), scores.parts.tolist(), scores.met, scores.passages.tolist(), strict=True)
        )
    ]


def scoring_documents(
    state: State, places: Sequence[Sequence[int]], keys: Sequence[str], fingerprint: bytes, read_passages: ReadPassages
) -> ScoringDocuments:
    """The documents at *places* with the ids *keys*, for queries in their own language; see ``across_at``."""
    readers = [segment.reader for segment in state.collection.segments]
    segments, rows = [readers[number] for number, _ in places], [row for _, row in places]
    revisions = [int(segment.segment.revisions[row]) for segment, row in zip(segments, rows, strict=True)]
    reading = read_passages(list(zip(keys, revisions, strict=True)))
    # The forward indexes are built while the database reads the passages.
    words, bigrams = (
        forward_index_of([segment.packed(field, row) for segment, row in zip(segments, rows, strict=True)])
        for field in (WORDS, BIGRAMS)
    )
    lengths = np.array([segment.segment.lengths[row] for segment, row in zip(segments, rows, strict=True)], np.float64)
    passages = reading()
    vectors = _vectors(segments, rows, fingerprint, [passages.get(key) for key in keys])
    return ScoringDocuments(words, bigrams, lengths, *vectors, np.zeros(len(keys), np.bool_))


def no_passages(wanted: Sequence[Revision]) -> Callable[[], Mapping[str, NDArray[np.int8]]]:
    """A ``ReadPassages`` that reads none."""
    return dict


def across_at(state: State, places: Sequence[Sequence[int]], language: str) -> Flags:
    """Which of the articles at *places* are in another language than *language*: (places,), bool."""
    readers = [segment.reader for segment in state.collection.segments]
    others = {number: other_languages(readers[number], language) for number in {number for number, _ in places}}
    return np.array([others[number][readers[number].segment.languages[row]] for number, row in places], np.bool_)


def scoring_document(
    state: State, place: tuple[int, int], fingerprint: bytes, passages: NDArray[np.int8] | None, language: str
) -> ScoringDocument:
    """The document at *place*, prepared for queries in *language*. *passages*: their embeddings, (n, d, int8)."""
    segment, row = state.collection.segments[place[0]].reader, place[1]
    words, bigrams = (forward_index_of([segment.packed(field, row)]) for field in (WORDS, BIGRAMS))
    _, vectors = _vectors([segment], [row], fingerprint, [passages])
    length = int(segment.segment.lengths[row])
    across = bool(other_languages(segment, language)[segment.segment.languages[row]])
    return ScoringDocument(words.tokens, words.counts, bigrams.tokens, bigrams.counts, length, vectors, across)


def _vectors(
    segments: Sequence[SegmentReader], rows: Sequence[int], fingerprint: bytes, passages: Sequence[Vector | None]
) -> tuple[Ints, Vector]:
    """The embeddings of documents, end to end, and where each begins: see ``ScoringDocuments``.

    Of each the embedding of the whole, then those of its *passages* (n, d, int8; None for none). A document without an
    embedding by the encoder with this *fingerprint* has none.
    """
    own = [segment.packed(EMBEDDINGS, row) if fingerprint else b"" for segment, row in zip(segments, rows, strict=True)]
    usable = [len(stored) > len(fingerprint) and stored.startswith(fingerprint) for stored in own]
    parts = [
        (own[at][len(fingerprint) :], b"" if passages[at] is None else np.ascontiguousarray(passages[at]).tobytes())
        for at in range(len(own))
        if usable[at]
    ]
    dimensions = len(parts[0][0]) if parts else 1
    sizes = np.zeros(len(own) + 1, np.int64)
    sizes[1:][usable] = [1 + len(of_passages) // dimensions for _, of_passages in parts]
    data = b"".join(part for both in parts for part in both)
    return np.cumsum(sizes), np.frombuffer(data, np.int8).reshape(-1, dimensions)


def revision_of(state: State, place: tuple[int, int]) -> int:
    """The revision of the article at *place*."""
    return int(state.collection.segments[place[0]].reader.segment.revisions[place[1]])


def other_languages(segment: SegmentReader, language: str) -> Flags:
    """Which of the languages of *segment*, by number, the dictionaries lead to from *language*."""
    names = segment.segment.language_names
    if language == "zh":
        # Texts detected as another language in Latin script are mostly English full of names.
        return np.array([name not in ("", "zh", "ja", "ko") for name in names], bool)
    return np.array([language == "en" and name == "zh" for name in names], bool)


def hit_rows(
    state: State, query: HybridQuery, article_filter: Filter, without: tuple[int, int] | None
) -> Iterator[tuple[int, Ints]]:
    """The number of each segment that has hits, and the rows of all its hits, ascending."""
    for place, sums, cosine, allowed in _segment_scores(state, query, article_filter, without):
        rows, _ = top_k(sums, cosine, _dense(query), allowed, len(sums))
        if len(rows):
            yield place, rows


def _candidates(
    state: State, query: HybridQuery, number: int, article_filter: Filter, without: tuple[int, int] | None
) -> Candidates:
    """The best *number* documents of all segments, by lexical score and the cosine of the whole text."""
    dense = _dense(query)
    of_segments: list[tuple[int, NDArray[np.int64], Floats]] = []
    best_scores = np.zeros(0)  # of the segments so far, ascending
    total = 0
    for place, sums, cosine, allowed in _segment_scores(state, query, article_filter, without):
        # Only rows that can still be among the best. Sums in another order differ in their last digits.
        floor = float(best_scores[0]) * (1 - 1e-9) if len(best_scores) == number else 0.0
        rows, scores = top_k(sums, cosine, dense, allowed, number, floor)
        total += count_hits(sums, cosine, dense, allowed)
        if len(rows):
            of_segments.append((place, rows, scores))
            best_scores = np.sort(np.concatenate([best_scores, scores]))[-number:]
    return merge_candidates([segment.reader for segment in state.collection.segments], of_segments, number, total)


def _dense(query: HybridQuery) -> Dense:
    return Dense(max(encoder_weights(query.language)), OVERLAP, MIN_COSINE)


def _segment_scores(
    state: State, query: HybridQuery, article_filter: Filter, without: tuple[int, int] | None
) -> Iterator[tuple[int, Floats, Cosines, Flags]]:
    """Of each segment its number, the lexical score and the cosine of each row, and which rows may be hits.

    The arrays are used again for the next segments.
    """
    for batch in _batches(state, article_filter):
        segments = [segment for _, segment, _ in batch]
        cosines = start_cosines(segments, query.pending_embedding, query.encoder_fingerprint)
        lexical = [_lexical_scores(state, segment, query) for segment in segments]
        for (place, segment, allowed), sums, cosine in zip(batch, lexical, cosines(), strict=True):
            if without is not None and without[0] == place:
                allowed = allowed.copy()
                allowed[without[1]] = False
            if not query.cross_lingual:
                allowed = allowed & ~other_languages(segment, query.language)[segment.segment.languages]
            yield place, sums, cosine, allowed
            SCORE_POOL.release(sums)
            COSINE_POOL.release(cosine)


def _batches(state: State, article_filter: Filter) -> Iterator[list[tuple[int, SegmentReader, Flags]]]:
    """The segments with rows that pass the filter: number, segment and these rows, as many as are scored together."""
    batch: list[tuple[int, SegmentReader, Flags]] = []
    for number, segment in enumerate(state.collection.segments):
        allowed, count = state.allowed(article_filter, number, segment)
        if count:
            if batch and sum(reader.rows for _, reader, _ in batch) + segment.reader.rows > _BATCH_ROWS:
                yield batch
                batch = []
            batch.append((number, segment.reader, allowed))
    if batch:
        yield batch


def _lexical_scores(state: State, segment: SegmentReader, query: HybridQuery) -> Floats:
    """The lexical score of each row of *segment*, (rows,), in an array of ``arrays.SCORE_POOL``.

    A term and the parts of its name are added up here, while the exact score takes the greater.
    """
    sums, lengths = SCORE_POOL.zeros(segment.rows), segment.segment.lengths
    mean = state.collection.statistics.mean_length
    least = MIN_LENGTH * mean
    add_bm25_scores(sums, segment.words, lengths, query.words, mean, least)
    add_bm25_scores(sums, segment.bigrams, lengths, query.bigrams, mean, least)
    add_set_scores(sums, segment.bigrams, lengths, query.concept_sets, mean, least)
    add_set_scores(sums, segment.words, lengths, query.translations, mean, least)
    return sums
