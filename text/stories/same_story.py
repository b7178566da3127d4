"""Which articles tell the same story: copies, rewrites and translations of one event.

``agreement`` says how likely two articles tell one story, by the rules below in their order; ``text.stories.linkage``
makes stories of that. To change what makes two articles the same story, change the constants named here, then measure
the labelled stories again with ``xinwen evaluate``.

1. Time. More than ``COPY_WINDOW`` apart: not the same story. More than ``WINDOW`` apart: only if a copy (rule 4).
2. Numbers have a veto: monthly reports are the same sentences with other numbers. Numbers contradict where less than
   ``_CONTRADICTING`` of them agree, by weight, and they weigh at least ``_MIN_WEIGHT_TO_CONTRADICT``. Where they weigh
   less than ``_WEIGHT_OF_A_REPORT``, sentences that are almost equal (``_ALMOST_EQUAL``) overrule them.
3. Titles that name different days are of two stories. Of two notices of one template (``_TEMPLATE_WORDS``, or a copy)
   what differs counts: not the same story if they begin with different words, neither of which the other lead has, if
   their leads name different months, quarters or halves, or if all amounts of money, or all percentages, of their first
   paragraphs differ.
4. A copy. At least ``_COPIED`` of the shorter text stands in the other, paragraph by paragraph, or the MinHash
   signatures share ``_COPIED_SHINGLES``. At least ``_AGREEING`` of the numbers agree, and titles or first sentences
   are similar (``_SIMILAR_LEADS``). Short texts (``_SHORT``) are copies within ``_SHORT_COPY_WINDOW`` only.
5. A rewrite or a translation: the sum of the evidence, each piece with its weight in ``_WEIGHTS``. It is logistic
   regression; the weights are log-odds, as in the linkage of records (Fellegi and Sunter 1969), fitted to the pairs of
   labelled stories with the days they were published.

An article with less than ``MIN_COLUMNS`` (``text.stories.fingerprint``) has no fingerprint and is a story of its own.
Paragraphs that ``MIN_COMMON`` articles of one source share are left out of the comparison. Only articles of the
shortlist (``text.stories.shortlist``) and those with a band of the signature in common (``bands``) are compared at all.

Pure functions: no database and no clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from math import exp, log, log1p

import numpy as np

from text.stories.fingerprint import Fingerprint, bands
from text.stories.likeness import Likeness, likeness, sentence_similarities
from text.stories.linkage import join
from text.stories.shortlist import Shortlist, gist

WINDOW = timedelta(days=3)
"""A rewrite or translation appears within it; the same words about the same company later are another story."""

COPY_WINDOW = timedelta(days=30)
"""A copy may be published again weeks later."""

MIN_COMMON = 3
"""A paragraph in so many articles of one source belongs to the site or the company, not to the story."""

MIN_AGREEMENT = 0.3
"""Less is not recorded, and counts as none: hardly any story would be another with it."""

_COPIED = 0.5  # share of the shorter text that stands in the other, paragraph by paragraph
_COPIED_SHINGLES = 0.5  # share of the shingles in common, where numbers agree
_COPIED_SHINGLES_WITHOUT_NUMBERS = 0.7  # the same, where there are no numbers to agree
_SIMILAR_LEADS = 0.45  # cosine between titles or first sentences: short notices share the paragraph about the company
_SHORT = 55  # Han characters and Latin words: the same few words come again, next quarter or of another company
_SHORT_COPY_WINDOW = timedelta(days=1)

_AGREEING, _CONTRADICTING = 0.6, 0.34  # shares of the numbers, by weight, of the article that has fewer
_MIN_WEIGHT_TO_CONTRADICT = 2.0  # weight of numbers; below it a disagreement says little
_WEIGHT_OF_A_REPORT = 4.0  # weight of numbers; from here on a disagreement means another report
_ALMOST_EQUAL = 0.8  # similarity of sentences from which on a few numbers may differ: they were rounded or spelled out

_TEMPLATE_WORDS = 0.6  # share of the words of the shorter lead

_MIN_SENTENCES = 0.3  # similarity below which sentences cannot agree, whatever else does
_MAX_EVIDENCE = 4.0  # terms, names or weight of numbers; more do not make it surer
_MAX_APART = 2  # companies
_LEAD_SIZE = log(33)  # Han characters and words of a headline with its first sentence
_LONGEST = 300  # words: sizes from here on are equal
_UNKNOWN_TIME = timedelta(hours=72)  # between articles of unknown date
_SAME_TIME = timedelta(hours=6)  # sources take so long, and some tell the day only: a shorter distance says no more

_WEIGHTS = {
    "constant": -1.95,
    "titles": 3.0,
    "sentences": 5.6,
    "sentences of a long text": 2.2,  # times "size"
    "words": 4.9,
    "terms": 0.3,
    "across languages": 1.25,  # where words are different anyway
    "terms across languages": 0.9,
    "names across languages": 1.5,
    "numbers": 1.65,
    "numbers apart": -0.35,
    "companies apart": -3.0,
    "models apart": -0.75,
    "hours": -2.25,  # their logarithm
    "same source": -1.55,  # which tells a story once
    "size": -0.55,  # its logarithm: long texts have more in common by chance
}
_WEIGHTS_WITHOUT_EMBEDDINGS = {
    "constant": 0.05,
    "words": 9.3,
    "terms": 0.5,
    "across languages": 1.5,
    "terms across languages": 1.3,
    "names across languages": 2.2,
    "numbers": 2.4,
    "numbers apart": -0.3,
    "companies apart": -3.1,
    "models apart": -0.2,
    "hours": -2.1,
    "same source": -1.5,
    "size": -0.2,
}


def agreement(
    left: Fingerprint, right: Fingerprint, common: Collection[int] = (), sentences: float | None = None
) -> float:
    """How likely one of two articles is a copy, a rewrite or a translation of the other, by the rules above; 0 to 1.

    *common* and *sentences* as in ``likeness``.
    """
    distance = abs(left.time - right.time)
    if distance > COPY_WINDOW:
        return 0.0
    pair = likeness(left, right, common, sentences)
    if _numbers_contradict(pair) or _other_notice(pair):
        return 0.0
    if _is_copy(pair, distance):
        return 1.0
    if pair.copied >= _COPIED and pair.leads < _SIMILAR_LEADS:
        return 0.0  # short notices with the same long paragraph about the company
    if distance > WINDOW:
        return 0.0
    return _probability(pair, distance if left.dated and right.dated else _UNKNOWN_TIME)


def _numbers_contradict(pair: Likeness) -> bool:
    if pair.number_weight < _MIN_WEIGHT_TO_CONTRADICT or pair.numbers >= _CONTRADICTING:
        return False
    return pair.number_weight >= _WEIGHT_OF_A_REPORT or (pair.sentences or 0.0) < _ALMOST_EQUAL


def _other_notice(pair: Likeness) -> bool:
    if pair.days_differ:
        return True
    of_one_template = pair.words >= _TEMPLATE_WORDS or pair.copied >= _COPIED or pair.shingles >= _COPIED_SHINGLES
    return of_one_template and (pair.heads_differ or pair.periods_differ or pair.figures_differ)


def _is_copy(pair: Likeness, distance: timedelta) -> bool:
    if pair.size < _SHORT and distance > _SHORT_COPY_WINDOW:
        return False
    has_numbers = pair.number_weight >= 1
    if has_numbers and pair.numbers < _AGREEING:
        return False
    min_shingles = _COPIED_SHINGLES if has_numbers else _COPIED_SHINGLES_WITHOUT_NUMBERS
    if pair.copied < _COPIED and pair.shingles < min_shingles:
        return False
    # Short notices with the same long paragraph about the company differ in how they begin.
    without_embeddings = pair.sentences is None and pair.shingles >= _COPIED_SHINGLES_WITHOUT_NUMBERS
    return pair.leads >= _SIMILAR_LEADS or without_embeddings


def _probability(pair: Likeness, distance: timedelta) -> float:
    across = pair.across_languages
    terms, names = min(pair.terms, _MAX_EVIDENCE), min(pair.names, _MAX_EVIDENCE)
    size = log(min(pair.size, _LONGEST) + 1) - _LEAD_SIZE
    evidence = {
        "constant": 1.0,
        "titles": pair.titles,
        "sentences": pair.sentences or 0.0,
        "sentences of a long text": (pair.sentences or 0.0) * size,
        "words": 0.0 if across else pair.words,
        "terms": 0.0 if across else terms,
        "across languages": float(across),
        "terms across languages": terms if across else 0.0,
        "names across languages": names if across else 0.0,
        "numbers": min(pair.shared_number_weight, _MAX_EVIDENCE),
        "numbers apart": min(pair.number_weight - pair.shared_number_weight, _MAX_EVIDENCE),
        "companies apart": min(pair.companies_apart, _MAX_APART),
        "models apart": float(pair.models_differ),
        "hours": log1p(max(distance, _SAME_TIME) / timedelta(hours=1)),
        "same source": float(pair.same_source),
        "size": size,
    }
    weights = _WEIGHTS_WITHOUT_EMBEDDINGS if pair.sentences is None else _WEIGHTS
    return 1 / (1 + exp(-sum(weight * evidence[name] for name, weight in weights.items())))


def assign(article: Fingerprint, candidates: Iterable[Fingerprint], common: Collection[int] = ()) -> dict[str, float]:
    """The ids of the *candidates* that may tell the story of *article*, with their ``agreement``.

    *common*: keys of paragraphs that are left out. Agreements under ``MIN_AGREEMENT`` are left out.
    """
    others = [other for other in candidates if other.id != article.id]
    common = {
        paragraph.key for compared in (article, *others) for paragraph in compared.paragraphs if paragraph.key in common
    }
    found: dict[str, float] = {}
    for other, sentences in _possible(article, others, common):
        value = agreement(article, other, common, sentences)
        if value >= MIN_AGREEMENT:
            found[other.id] = round(value, 2)
    return found


def _possible(
    article: Fingerprint, others: Sequence[Fingerprint], common: Collection[int]
) -> list[tuple[Fingerprint, float | None]]:
    """Those of *others* that sentences and signature do not rule out, computed for all at once.

    Each with the similarity of all their sentences, or None where paragraphs are to be left out of it.
    """
    excluded = {paragraph.key for paragraph in article.paragraphs[1:]} | set(common)
    whole = [
        other
        for other in others
        if other.encoder == article.encoder
        and len(other.vectors)
        and not any(paragraph.key in excluded for paragraph in other.paragraphs)
    ]
    if not whole or not article.encoder or any(paragraph.key in common for paragraph in article.paragraphs):
        return [(other, None) for other in others]
    sentences = dict(zip((other.id for other in whole), sentence_similarities(article, whole), strict=True))
    shingles = (np.stack([other.signature for other in others]) == article.signature).mean(axis=1).tolist()
    return [
        (other, sentences.get(other.id))
        for other, share in zip(others, shingles, strict=True)
        if share >= _COPIED_SHINGLES or sentences.get(other.id, 1.0) >= _MIN_SENTENCES
    ]


def common_paragraphs(fingerprints: Iterable[Fingerprint]) -> set[int]:
    """``common_keys`` of *fingerprints*."""
    return common_keys(
        (article.source, {paragraph.key for paragraph in article.paragraphs[1:]}) for article in fingerprints
    )


def common_keys(paragraphs: Iterable[tuple[str, set[int]]]) -> set[int]:
    """Keys of the paragraphs that at least ``MIN_COMMON`` articles of one source share.

    *paragraphs*: the source of each article (articles with "" are not counted) and the keys of its paragraphs.
    """
    counts = Counter((source, key) for source, keys in paragraphs if source for key in keys)
    return {key for (_, key), count in counts.items() if count >= MIN_COMMON}


def group(fingerprints: Sequence[Fingerprint]) -> list[list[str]]:
    """The ids of *fingerprints* story by story: ids in ascending order, stories in the order of their first ids."""
    common = common_paragraphs(fingerprints)
    by_id = {article.id: article for article in fingerprints}
    agreements: dict[tuple[str, str], float] = {}
    shortlist = Shortlist()
    by_band: defaultdict[int, list[str]] = defaultdict(list)
    for article in sorted(fingerprints, key=lambda article: (article.time, article.id)):
        candidates = shortlist.of(gist(article), WINDOW)
        candidates.update(key for band in bands(article.signature) for key in by_band[band])
        found = assign(article, [by_id[key] for key in sorted(candidates)], common)
        agreements |= {(min(article.id, key), max(article.id, key)): value for key, value in found.items()}
        shortlist.add(article.id, gist(article))
        for band in bands(article.signature):
            by_band[band].append(article.id)
    return join(by_id, agreements)
