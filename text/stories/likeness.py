"""How much two articles have in common, as numbers; ``text.stories.same_story`` says what they mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from text.embedding.encoder import Vectors, cosines
from text.stories.fingerprint import PERMUTATIONS, Fingerprint
from text.stories.lead import Lead
from text.stories.numbers import Number, shared, shared_weight, weight

_COPIED = 0.5  # share of the shorter text from which on the paragraphs in common are the story
_TERM = 1.5  # words: a term is a company or a matter
_FEWEST_WORDS = 5  # of a lead; with fewer a single word in common would be the whole of it
_LONG_ENOUGH = 200  # columns: a longer sentence counts no more


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two articles have in common. Shares and similarities are 0 to 1.

    ``copied``: share of the shorter text that stands in both word for word, by whole paragraphs.
    ``shingles``: share of the shingles in common, estimated from the MinHash signatures.
    ``sentences``: similarity of the sentences that are not copied; None without embeddings.
    ``titles``: cosine between the first sentences, which are the titles where there are any; 0 without embeddings.
    ``leads``: greatest cosine of titles and first sentences, 1 for a first paragraph in common; 0 for what is no copy.
    ``numbers``: share of the numbers in common, by weight, of the article that has fewer.
    ``number_weight``: the weight of the numbers of that article.
    ``words``: share of the words and terms in common, of the shorter lead.
    ``terms``: terms in common. ``names``: Latin words in common. ``companies_apart``: companies that only one lead
    names, of the lead that has fewer of them.
    ``heads_differ``: neither lead has a word that the other begins with.
    ``days_differ``: both first lines name days, and none in common.
    ``periods_differ``: both leads name months, or quarters or halves, and none in common.
    ``figures_differ``: both first paragraphs have amounts of money, or percentages, and none in common.
    ``models_differ``: both leads name models, and none in common.
    ``across_languages``: whether one lead is Chinese and the other is not.
    ``same_source``: whether both are of one source, which is known.
    ``size``: Han characters and words of the shorter text.
    """

    copied: float
    shingles: float
    sentences: float | None
    titles: float
    leads: float
    numbers: float
    number_weight: float
    words: float
    terms: int
    names: int
    companies_apart: int
    heads_differ: bool
    days_differ: bool
    periods_differ: bool
    figures_differ: bool
    models_differ: bool
    across_languages: bool
    same_source: bool
    size: int

    @property
    def shared_number_weight(self) -> float:
        """The weight of the numbers in common."""
        return self.numbers * self.number_weight


def likeness(
    left: Fingerprint, right: Fingerprint, common: Collection[int] = (), sentences: float | None = None
) -> Likeness:
    """How much two articles have in common, without the paragraphs whose keys are in *common*.

    *sentences*: the similarity of their sentences, where it is known already.
    """
    sizes = [
        {paragraph.key: paragraph.size for paragraph in article.paragraphs[1:] if paragraph.key not in common}
        for article in (left, right)
    ]
    in_both = sizes[0].keys() & sizes[1].keys()
    copied = sum(sizes[0][key] for key in in_both) / max(min(sum(sizes[0].values()), sum(sizes[1].values())), 1)
    # A single paragraph in common is a company's standard one, or a quotation: the rest must tell the same story.
    excluded = set(common) | in_both
    all_numbers = [_numbers(article, excluded if copied < _COPIED else set(common)) for article in (left, right)]
    number_weight = min(sum(map(weight, numbers)) for numbers in all_numbers)
    shingles = np.count_nonzero(left.signature == right.signature) / PERMUTATIONS
    comparable = left.encoder == right.encoder and len(left.vectors) > 0 and len(right.vectors) > 0
    nearest = cosines(left.vectors[:2], right.vectors[:2]) if comparable else np.zeros((1, 1), np.float32)
    same_first = any(next(iter(paragraphs), None) in in_both for paragraphs in sizes)
    ours, theirs = left.lead, right.lead
    return Likeness(
        copied,
        shingles,
        _sentence_similarity(left, right, excluded) if sentences is None else sentences,
        float(nearest[0, 0]),
        1.0 if same_first else float(nearest.max()),
        min(shared_weight(*all_numbers) / number_weight, 1.0) if number_weight else 0.0,
        number_weight,
        _words(ours, theirs),
        len(ours.terms & theirs.terms),
        len(ours.latin & theirs.latin),
        min(len(ours.companies - theirs.companies), len(theirs.companies - ours.companies)),
        _heads_differ(ours, theirs),
        _periods_differ(ours, theirs, "d"),
        _periods_differ(ours, theirs, "mqh"),
        any(_apart(_first_numbers(left), _first_numbers(right), unit) for unit in "%$"),
        bool(ours.models and theirs.models) and not ours.models & theirs.models,
        ours.chinese != theirs.chinese,
        bool(left.source) and left.source == right.source,
        min(sum(paragraph.size for paragraph in article.paragraphs) for article in (left, right)),
    )


def _words(left: Lead, right: Lead) -> float:
    fewer = min(len(lead.words) + _TERM * len(lead.terms) for lead in (left, right))
    return (len(left.words & right.words) + _TERM * len(left.terms & right.terms)) / max(fewer, _FEWEST_WORDS)


def _heads_differ(left: Lead, right: Lead) -> bool:
    if left.chinese != right.chinese or not left.head or not right.head:
        return False
    return not left.head & (right.words | right.named) and not right.head & (left.words | left.named)


def _periods_differ(left: Lead, right: Lead, kinds: str) -> bool:
    def of_kind(lead: Lead, kind: str) -> set[str]:
        return {period for period in lead.periods if period[0] == kind}

    return any(
        ours and theirs and not ours & theirs
        for ours, theirs in ((of_kind(left, kind), of_kind(right, kind)) for kind in kinds)
    )


def _first_numbers(article: Fingerprint) -> set[Number]:
    return {number for paragraph in article.paragraphs[:2] for number in paragraph.numbers}


def _apart(left: Iterable[Number], right: Iterable[Number], unit: str) -> bool:
    ours, theirs = ({number for number in numbers if number[1] == unit} for numbers in (left, right))
    return bool(ours and theirs) and not shared(ours, theirs)


def _numbers(article: Fingerprint, excluded: Collection[int]) -> set[Number]:
    return {number for paragraph in article.paragraphs if paragraph.key not in excluded for number in paragraph.numbers}


def _sentence_similarity(left: Fingerprint, right: Fingerprint, excluded: Collection[int]) -> float | None:
    """The mean of both directions: of each sentence the cosine of the other article's nearest, weighted by length.

    None without vectors of one encoder, 0 where an article has no sentence outside the *excluded* paragraphs.
    """
    if left.encoder != right.encoder or not left.encoder:
        return None
    rows = [
        [row for row, part in enumerate(article.part_of) if article.paragraphs[part].key not in excluded]
        for article in (left, right)
    ]
    if not all(rows):
        return 0.0
    table = cosines(left.vectors[rows[0]], right.vectors[rows[1]])
    weights = [_weights(article.sizes[chosen]) for article, chosen in zip((left, right), rows, strict=True)]
    best = table.max(axis=1) @ weights[0] / weights[0].sum() + table.max(axis=0) @ weights[1] / weights[1].sum()
    return float(best) / 2


def _weights(sizes: NDArray[np.int16]) -> Vectors:
    """Weights of sentences of *sizes* (int16, n): float32, n."""
    # Longer sentences say more, but a paragraph of many sentences not as much as all of them.
    weights: Vectors = np.sqrt(np.minimum(np.maximum(sizes, 1), _LONG_ENOUGH), dtype=np.float32)
    return weights


def sentence_similarities(article: Fingerprint, others: Sequence[Fingerprint]) -> list[float]:
    """The similarity of all sentences of *article* to those of each of *others* (at least one), all of one encoder."""
    starts = np.cumsum([0, *(len(other.vectors) for other in others[:-1])])
    table = cosines(article.vectors, np.concatenate([other.vectors for other in others]))
    weights, own = _weights(np.concatenate([other.sizes for other in others])), _weights(article.sizes)
    back = np.add.reduceat(table.max(axis=0) * weights, starts) / np.add.reduceat(weights, starts)
    similarities: list[float] = ((own @ np.maximum.reduceat(table, starts, axis=1) / own.sum() + back) / 2).tolist()
    return similarities
