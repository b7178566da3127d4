"""The query of the default model: concepts, each with the tokens by which an article can meet it, and an embedding.

``ParsedQuery`` holds what the text says; ``hybrid_query`` weighs it by the statistics of a collection. A concept is a
term of the glossary, met by its name in any language, or another word, met by itself, by its bigrams and by its
translations. All of these count as one: the weight of a concept is its count times its inverse document frequency over
both languages (structured queries: Pirkola 1998, with weights as in Darwish & Oard 2003; idf as in Lucene's
``BM25Similarity``). The weights are divided by the BM25 score that the query would have as a document (Robertson &
Zaragoza 2009), so a document that is the query itself has a lexical score of about 1, whatever its length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from similarity.arrays import Floats, Tokens
from similarity.postings.bm25 import length_scale, saturated
from similarity.query.concepts import Kind, ParsedConcept, ParsedQuery
from similarity.reader.collection import Collection
from store.vectors import Ints

BIGRAM_SHARE = 0.5
"""Share of the weight of Chinese words that their bigrams have instead of the words themselves."""

PARTIAL_SHARE = 0.5
"""What the words of a term's name are worth without the name as a whole, as a share of the term's weight."""

TRANSLATION_SHARE = 0.65
"""What a translation from the general dictionary is worth, as a share of the word itself: it has other senses too."""

MAX_TRANSLATED_WORDS = 100
"""Of a pasted article only the heaviest words are translated: they say what it is about."""

IdsByTerm = Mapping[str, int]

PendingEmbedding = Callable[[], NDArray[np.int8] | None]
"""Gives the embedding of a query (shape (d,)), and waits for it; None without encoder."""


@dataclass(frozen=True)
class WeightedTerms:
    """Token ids, ascending (shape (n,), int32), and the weight of each (shape (n,), float64)."""

    tokens: Tokens
    weights: Floats


class TermSet(NamedTuple):
    """Tokens that count as one term: their counts, each times its share, are summed before they are saturated.

    ``tokens`` (n, int32) ascend; ``shares`` (n, float64); ``weight``: of the whole.
    """

    tokens: Tokens
    shares: Floats
    weight: float


class TokenTable(NamedTuple):
    """How each token of one index (words, or bigrams and concepts) adds to the score of a document; n rows by token.

    * ``tokens`` (n, int32), ascending; a token has a row for each concept that it stands for.
    * ``concepts`` (n, int32): the place of the concept in ``HybridQuery.concepts``, -1 for none.
    * ``sets`` (n, int32): the place in ``HybridQuery.sets`` of the set that it is counted in; -1: scored by itself;
      -2: part of the name of a term, which counts where the name as a whole scores less.
    * ``weights`` (n, float64): of the token; in a set, its share.
    * ``shares`` (n, float64): which part of its concept the token meets.
    """

    tokens: Tokens
    concepts: NDArray[np.int32]
    sets: NDArray[np.int32]
    weights: Floats
    shares: Floats


class QueryConcept(NamedTuple):
    """A concept with its ``weight``; those of a query sum to 1. ``required``: an article that lacks it is no answer."""

    concept: ParsedConcept
    weight: float
    required: bool


@dataclass(frozen=True, eq=False)
class HybridQuery:
    """A query, weighted for one collection.

    ``language``: "zh", "en" or another code. ``cross_lingual``: whether articles in the other language are answers.
    ``words``, ``bigrams``: what scores token by token. ``concept_sets`` (over the index of bigrams) and
    ``translations`` (over that of words): what scores as sets. ``word_table`` and ``bigram_table``: all of it, for the
    exact score of a document. ``names``: the text of every token id. ``length``: how many different words it has.
    ``encoder_fingerprint``: of the encoder that made the embedding, b"" without one.
    """

    language: str
    cross_lingual: bool
    concepts: tuple[QueryConcept, ...]
    words: WeightedTerms
    bigrams: WeightedTerms
    concept_sets: tuple[TermSet, ...]
    translations: tuple[TermSet, ...]
    word_table: TokenTable
    bigram_table: TokenTable
    set_weights: Floats
    set_concepts: NDArray[np.int32]
    names: Mapping[int, str]
    length: int
    encoder_fingerprint: bytes
    pending_embedding: PendingEmbedding

    @property
    def embedding(self) -> NDArray[np.int8] | None:
        """The embedding of the query (shape (d,)); None without encoder. Waits for the encoder."""
        return self.pending_embedding()

    @property
    def has_words(self) -> bool:
        """Whether the query has any word; stop words do not count."""
        return self.length > 0


SCORED_ALONE, NAME_PART = -1, -2
"""Values of ``TokenTable.sets`` for tokens that are in no set."""


class _Row(NamedTuple):
    token: int
    concept: int
    set: int
    weight: float
    share: float


def hybrid_query(
    parsed: ParsedQuery, collection: Collection, ids: IdsByTerm, encoder_fingerprint: bytes, embedding: PendingEmbedding
) -> HybridQuery:
    """*parsed* with weights by the statistics of *collection*; *ids* has the ids of those of its tokens that have one.

    Concepts that no document has weigh nothing in a score, but they count in the norm: a document cannot meet all of
    such a query.
    """
    weights, factors = _concept_weights(parsed, collection, ids)
    norm, total = float((weights * factors).sum()) or 1.0, float(weights.sum()) or 1.0
    words: dict[int, float] = {}
    rows: list[_Row] = []  # of words
    pair_rows: list[_Row] = []  # of bigrams and concepts
    sets: list[TermSet] = []
    concept_sets, translations, set_concepts = [], [], []
    translated = {*np.argsort(-weights, kind="stable")[:MAX_TRANSLATED_WORDS].tolist()}
    for place, (concept, weight) in enumerate(zip(parsed.concepts, (weights / norm).tolist(), strict=True)):
        if concept.word:
            own = (1 - BIGRAM_SHARE) if concept.bigram_parts else 1.0
            if concept.word in ids:
                weight_own = (1 - BIGRAM_SHARE) * weight if concept.is_han else weight
                words[ids[concept.word]] = weight_own
                rows.append(_Row(ids[concept.word], place, SCORED_ALONE, weight_own, own))
            part = BIGRAM_SHARE / max(len(concept.bigram_parts), 1)
            pair_rows += [_Row(ids[b], place, SCORED_ALONE, 0.0, part) for b in concept.bigram_parts if b in ids]
            known = _known(concept.translations, ids)
            if known and place in translated:
                rows += [_Row(token, place, len(sets), share, TRANSLATION_SHARE * share) for token, share in known]
                translations.append(_term_set(known, TRANSLATION_SHARE * weight))
                sets.append(translations[-1])
                set_concepts.append(place)
        else:
            known = _known(concept.tokens, ids)
            pair_rows += [_Row(token, place, len(sets), share, share) for token, share in known]
            concept_sets.append(_term_set(known, weight))
            sets.append(concept_sets[-1])
            set_concepts.append(place)
            for target, parts in ((rows, concept.word_parts), (pair_rows, concept.bigram_parts)):
                part = PARTIAL_SHARE / max(len(concept.word_parts) + len(concept.bigram_parts), 1)
                target += [_Row(ids[token], place, NAME_PART, part * weight, part) for token in parts if token in ids]
    bigrams = _bigram_weights(parsed, collection, ids, weights, factors, norm)
    pair_rows += [_Row(token, -1, SCORED_ALONE, weight, 0.0) for token, weight in bigrams.items()]
    return HybridQuery(
        language=parsed.language,
        cross_lingual=parsed.cross_lingual,
        concepts=tuple(
            QueryConcept(concept, weight, concept.kind in (Kind.NAME, Kind.PERIOD))
            for concept, weight in zip(parsed.concepts, (weights / total).tolist(), strict=True)
        ),
        words=_weighted(words, rows),
        bigrams=_weighted(bigrams, pair_rows),
        concept_sets=tuple(term_set for term_set in concept_sets if len(term_set.tokens)),
        translations=tuple(translations),
        word_table=_table(rows),
        bigram_table=_table(pair_rows),
        set_weights=np.array([term_set.weight for term_set in sets], np.float64),
        set_concepts=np.array(set_concepts, np.int32),
        names={ids[token]: token for token in parsed.tokens() if token in ids},
        length=len(parsed.concepts),
        encoder_fingerprint=encoder_fingerprint,
        pending_embedding=embedding,
    )


def _concept_weights(parsed: ParsedQuery, collection: Collection, ids: IdsByTerm) -> tuple[Floats, Floats]:
    """The weight of each concept, and its BM25 factor in the query as a document: two arrays (concepts,), float64."""
    counts = np.array([concept.count for concept in parsed.concepts], np.float64)
    frequencies = np.zeros(len(counts))
    for of_index, tokens_of in (
        (collection.statistics.frequencies.of, _word_shares),
        (collection.bigram_frequencies, _concept_shares),
    ):
        known = [
            (place, ids[token], share)
            for place, concept in enumerate(parsed.concepts)
            for token, share in tokens_of(concept)
            if token in ids
        ]
        if known:
            documents = of_index(np.array([token for _, token, _ in known], np.int32))
            np.add.at(frequencies, [place for place, _, _ in known], documents * [share for _, _, share in known])
    scale = length_scale(float(parsed.length), collection.statistics.mean_length)
    emphases = np.array([concept.emphasis for concept in parsed.concepts], np.float64)
    return counts * emphases * _idf(collection, frequencies), saturated(1.0, counts, np.full(len(counts), scale))


def _word_shares(concept: ParsedConcept) -> Sequence[tuple[str, float]]:
    return ((concept.word, 1.0), *concept.translations) if concept.word else ()


def _concept_shares(concept: ParsedConcept) -> Sequence[tuple[str, float]]:
    return [(token, 1.0) for token, _ in concept.tokens]


def _bigram_weights(
    parsed: ParsedQuery, collection: Collection, ids: IdsByTerm, weights: Floats, factors: Floats, norm: float
) -> dict[int, float]:
    """The weights of the query's bigrams by id; together they have the share ``BIGRAM_SHARE`` of its Chinese words."""
    known = [(token, count) for token, count in parsed.bigrams.items()]
    han = np.array([concept.is_han for concept in parsed.concepts], bool)
    if not known or not han.any():
        return {}
    none = np.iinfo(np.int32).max
    counts = np.array([count for _, count in known], np.float64)
    tokens = np.array([ids.get(token, none) for token, _ in known], np.int32)
    own = counts * _idf(collection, collection.bigram_frequencies(tokens))
    scale = length_scale(float(parsed.length), collection.statistics.mean_length)
    own_norm = float((own * saturated(1.0, counts, np.full(len(counts), scale))).sum())
    if not own_norm:
        return {}
    own *= BIGRAM_SHARE * float((weights * factors)[han].sum()) / own_norm / norm
    return {token: weight for token, weight in zip(tokens.tolist(), own.tolist(), strict=True) if token != none}


def _idf(collection: Collection, frequencies: Floats | Ints) -> Floats:
    """Inverse document frequency ``ln((N + 1) / (n + 0.5))`` of terms in n of the N documents, as in Lucene's BM25."""
    documents = collection.statistics.documents
    idf: Floats = np.log((documents + 1) / (np.minimum(frequencies, documents) + 0.5))
    return idf


def _known(shares: Sequence[tuple[str, float]], ids: IdsByTerm) -> list[tuple[int, float]]:
    return sorted((ids[token], share) for token, share in shares if token in ids)


def _term_set(known: Sequence[tuple[int, float]], weight: float) -> TermSet:
    return TermSet(
        np.array([token for token, _ in known], np.int32), np.array([share for _, share in known], np.float64), weight
    )


def _weighted(own: Mapping[int, float], rows: Sequence[_Row]) -> WeightedTerms:
    """The tokens that are scored by themselves, and parts of names, with weights."""
    weights = defaultdict[int, float](float)
    for token, weight in own.items():
        weights[token] += weight
    for row in rows:
        if row.set == NAME_PART:
            weights[row.token] += row.weight
    kept = sorted((token, weight) for token, weight in weights.items() if weight)
    return WeightedTerms(
        np.array([token for token, _ in kept], np.int32), np.array([weight for _, weight in kept], np.float64)
    )


def _table(rows: Sequence[_Row]) -> TokenTable:
    columns = list(zip(*sorted(rows), strict=True)) or [()] * len(_Row._fields)
    kinds = (np.int32, np.int32, np.int32, np.float64, np.float64)
    return TokenTable(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))
