"""A query as the hybrid model asks it: weighted words and pairs, its words in the other language, its meaning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from similarity.across import Asked
from similarity.collection import Collection
from similarity.evidence import Synonyms, Varied, Weighted
from similarity.postings import K1, B
from similarity.statistics import Tokens
from similarity.turning import Floats
from similarity.variants import Name, Named
from store.vectors import Ints
from text.bigrams import bigrams

PAIRS_SHARE = 0.5
"""How much of the evidence of a query's Chinese words is that of its pairs of characters instead."""

MOST_TRANSLATED = 100
"""Words of a pasted article that are looked for in the other language: the weightiest ones tell what it is about."""

MOST_VARIED = 12
"""Terms of a pasted article whose other names are looked for in its own language."""

Ids = Mapping[str, int]
Counts = Mapping[str, int]
Encoded = Callable[[], NDArray[np.int8] | None]

_HAN = re.compile(r"[\u3400-\u9fff]")
_NO_TOKEN = np.iinfo(np.int32).max
_NOTHING_MORE: Mapping[str, float] = {}
_NOTHING = Weighted(np.zeros(0, np.int32), np.zeros(0))


def _without_meaning() -> None:
    return None


@dataclass(frozen=True, eq=False)
class Question:
    """Weights are such that a document that is the query itself has an evidence of about 1 from its words.

    ``language``: zh, en or another code. ``encoded`` gives the ``meaning``, and waits for it. ``names`` has the word
    for every token id in it, ``asked`` the query's own word for each of the ``translated`` sets, ``terms`` that for
    each of the ``varied``; ``length``: how many different words the query has.
    """

    language: str
    words: Weighted = _NOTHING
    pairs: Weighted = _NOTHING
    translated: tuple[Synonyms, ...] = ()
    asked: tuple[str, ...] = ()
    varied: tuple[Varied, ...] = ()
    terms: tuple[str, ...] = ()
    encoded: Encoded = _without_meaning
    names: Mapping[int, str] = field(default_factory=dict)
    length: int = 0

    @property
    def meaning(self) -> NDArray[np.int8] | None:
        """The query's vector, None without encoder."""
        return self.encoded()

    @property
    def asks(self) -> bool:
        """Whether the query has words at all."""
        return self.length > 0


def question(
    collection: Collection,
    ids: Ids,
    language: str,
    words: Counts,
    pairs: Counts,
    asked: Sequence[Asked],
    terms: Sequence[Named],
    encoded: Encoded,
) -> Question:
    """The question of *words* and *pairs* with their counts, under the statistics of *collection*.

    *ids* has the ids of all tokens that have one, those of the translations *asked* and of other names of *terms* too.
    """
    length = sum(words.values())
    han = {word: count for word, count in words.items() if _HAN.search(word)}
    in_words, in_pairs = collection.statistics.frequencies.of, collection.pair_frequencies
    more = _of_other_names(collection, ids, terms)
    weights, itself = _weights(collection, ids, words, length, in_words, more)
    pair_weights, pairs_itself = _weights(collection, ids, pairs, length, in_pairs)
    _, han_itself = _weights(collection, ids, han, length, in_words, more)
    if itself:
        share = PAIRS_SHARE if pairs_itself else 0.0
        scale = {word: (1 - share if word in han else 1.0) / itself for word in words}
        weights = {word: weight * scale[word] for word, weight in weights.items()}
        of_pairs = share * han_itself / itself / pairs_itself if pairs_itself else 0.0
        pair_weights = {pair: weight * of_pairs for pair, weight in pair_weights.items()}
    translated = _translated(collection, ids, asked)
    varied = _varied(ids, terms, words, weights, pairs, pair_weights)
    used = {token for one in asked for token, _ in one.tokens} | words.keys() | pairs.keys()
    used.update(token for one in terms for name in one.others for token in name)
    return Question(
        language,
        _weighted(ids, weights),
        _weighted(ids, pair_weights),
        tuple(found for _, found in translated),
        tuple(word for word, _ in translated),
        tuple(one for _, one in varied),
        tuple(term for term, _ in varied),
        encoded,
        {ids[token]: token for token in used if token in ids},
        len(words),
    )


def _weights(
    collection: Collection,
    ids: Ids,
    counts: Counts,
    length: int,
    frequencies: Callable[[Tokens], Ints],
    more: Mapping[str, float] = _NOTHING_MORE,
) -> tuple[dict[str, float], float]:
    """What each token weighs, and the BM25 of the query as a document. Nothing has unknown tokens, yet they count.

    *more*: in how many documents a token is met besides, by other names.
    """
    if not counts:
        return {}, 0.0
    tokens = list(counts)
    numbers = np.array([counts[token] for token in tokens], np.float64)
    held = np.array([ids.get(token, _NO_TOKEN) for token in tokens], np.int32)
    met = frequencies(held) + np.array([more.get(token, 0.0) for token in tokens])
    weights = numbers * _rarity(collection, met)
    saturated = numbers / (numbers + K1 * (1 - B + B * length / collection.statistics.mean_length))
    return dict(zip(tokens, weights.tolist(), strict=True)), float((weights * saturated).sum())


def _of_other_names(collection: Collection, ids: Ids, terms: Sequence[Named]) -> dict[str, float]:
    """For each term of one token in how many documents about it has another name: they are one word, and as rare."""
    documents = max(collection.statistics.documents, 1)
    found: dict[str, float] = {}
    for term in terms:
        if len(term.words) == 1:
            for name in term.others:
                held = np.array([ids.get(token, _NO_TOKEN) for token in name], np.int32)
                # Of a name of several words, in as many as have them all if these come together by chance.
                together = documents * np.prod(collection.statistics.frequencies.of(held) / documents)
                found[term.words[0]] = found.get(term.words[0], 0.0) + float(together)
    return found


def _varied(
    ids: Ids,
    terms: Sequence[Named],
    words: Counts,
    weights: Mapping[str, float],
    pairs: Counts,
    pair_weights: Mapping[str, float],
) -> list[tuple[str, Varied]]:
    """The weightiest *terms* that have other names with ids: how each is put, and what is looked for."""
    found = []
    for term in terms:
        names = tuple(_tokens(ids, name) for name in term.others if all(token in ids for token in name))
        if names:
            own = _part(Counter(term.words), term.count, words, weights)
            own_pairs = _part(Counter(bigrams("".join(term.words))), term.count, pairs, pair_weights)
            whole = sum(own.values()) + sum(own_pairs.values())
            found.append((" ".join(term.words), Varied(_weighted(ids, own), _weighted(ids, own_pairs), names, whole)))
    return sorted(found, key=lambda named: -named[1].weight)[:MOST_VARIED]


def _part(tokens: Counts, times: int, counts: Counts, weights: Mapping[str, float]) -> dict[str, float]:
    """What *tokens*, named so many *times*, have of the *weights* of all of a query's tokens (with *counts*)."""
    return {
        token: weights[token] * min(1.0, number * times / counts[token])
        for token, number in tokens.items()
        if token in weights
    }


def _tokens(ids: Ids, name: Name) -> Tokens:
    return np.array([ids[token] for token in name], np.int32)


def _translated(collection: Collection, ids: Ids, asked: Sequence[Asked]) -> list[tuple[str, Synonyms]]:
    known = [sorted((ids[token], weight) for token, weight in one.tokens if token in ids) for one in asked]
    tokens = np.array([token for some in known for token, _ in some], np.int32)
    weights = np.array([weight for some in known for _, weight in some])
    met = weights * collection.statistics.frequencies.of(tokens)
    ends = np.cumsum([0, *map(len, known)]).tolist()
    frequencies = np.array([float(met[first:last].sum()) for first, last in pairwise(ends)])
    sets = [
        (one.word, Synonyms(tokens[first:last], weights[first:last], one.count * rarity))
        for one, rarity, (first, last) in zip(
            asked, _rarity(collection, frequencies).tolist(), pairwise(ends), strict=True
        )
    ]
    sets = sorted(sets, key=lambda named: -named[1].weight)[:MOST_TRANSLATED]
    whole = sum(found.weight for _, found in sets)
    return [
        (word, Synonyms(found.tokens, found.weights, found.weight / whole))
        for word, found in sets
        if len(found.tokens) and whole
    ]


def _rarity(collection: Collection, frequencies: NDArray[np.float64] | Ints) -> Floats:
    documents = collection.statistics.documents
    rarity: Floats = np.log((documents + 1) / (np.minimum(frequencies, documents) + 0.5))
    return rarity


def _weighted(ids: Ids, weights: Mapping[str, float]) -> Weighted:
    known = sorted((ids[token], weight) for token, weight in weights.items() if token in ids and weight)
    return Weighted(np.array([token for token, _ in known], np.int32), np.array([weight for _, weight in known]))
