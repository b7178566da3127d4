"""Same story once: which articles are copies, light rewrites or translations of one another.

Two articles are compared by their sentences (vectors, across languages), by their numbers, and by paragraphs they share
word for word; ``same_story`` says how these decide. A story is everything that hangs together by such pairs, so what
comes out does not depend on the order in which articles arrive. No database and no clock in here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from text.encoder import Vectors, cosines
from text.facts import Number, shared_weight, weight
from text.portrait import PERMUTATIONS, Portrait, bands
from text.shortlist import Shortlist, gist

WINDOW = timedelta(days=3)
"""A rewrite or translation appears within it; the same words about the same company later are another story."""

COPY_WINDOW = timedelta(days=30)
"""A copy may be put up again weeks later."""

COMMON_FROM = 3
"""Articles of one source from which on a paragraph they share is the site's or the company's, not the story's."""

ENOUGH = 5
"""Articles of one story that a new one is found alike to: it would leave it only if all of them were changed."""

_COPIED = 0.5  # share of the shorter text that stands in the other paragraph by paragraph
_FINGERPRINT = 0.5, 0.7  # share of shingles from which on a text is a copy: with numbers that agree, and without any

_LEADS = 0.45  # least likeness of what copies begin with

_AGREE, _CONTRADICT = 0.6, 0.34  # shares of the numbers of the article that has fewer
_FEW, _MANY = 2.0, 4.0  # weights of numbers: below, disagreement says little; from there on it says "another report"

# Least likeness of sentences by the weight of numbers in common. Translations reach 0.5 to 0.8 and rewrites from one
# language into the other 0.4; other news of the same company on the same day stays below 0.45.
_LIKENESS = ((1.5, 0.36), (0.75, 0.45), (0.0, 0.56))
_ALMOST_EQUAL = 0.8  # likeness from which on a few numbers may differ: they were rounded or spelled out

# Where there is no encoder: least weight and share of numbers in common, and share of names (of two at least).
_NAMES = 2
_WITHOUT_VECTORS = ((2.0, 0.75, 0.0), (0.75, _AGREE, 0.7))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of two articles, each 0 to 1 but for the weight.

    ``copied``: share of the shorter text that both have word for word. ``shingles``: estimated share of all their
    words. ``sentences`` (of what is not copied) is None without vectors. ``leads``: of titles and first sentences,
    1 for a first paragraph in common; only of what may be a copy, else 0. ``numbers``: share of the numbers of the
    article that has fewer; ``weighing`` the weight of those. ``names``: share of the Latin words of the article that
    has fewer.
    """

    copied: float
    shingles: float
    sentences: float | None
    leads: float
    numbers: float
    weighing: float
    names: float

    @property
    def shared(self) -> float:
        """The weight of the numbers in common."""
        return self.numbers * self.weighing


def likeness(left: Portrait, right: Portrait, common: Collection[int] = (), sentences: float | None = None) -> Likeness:
    """How much two articles are alike, paragraphs with a key in *common* left out of both.

    *sentences*: their likeness, where it is known already.
    """
    sizes = [{part.key: part.size for part in one.paragraphs[1:] if part.key not in common} for one in (left, right)]
    same = sizes[0].keys() & sizes[1].keys()
    copied = sum(sizes[0][key] for key in same) / max(min(sum(sizes[0].values()), sum(sizes[1].values())), 1)
    # A paragraph in common is a company's standard one, or a quotation: then all the rest has to tell the same.
    apart = set(common) | same
    held = [_numbers(one, apart if copied < _COPIED else set(common)) for one in (left, right)]
    weighing = min(sum(map(weight, numbers)) for numbers in held)
    fewer = min(len(left.names), len(right.names))
    shingles = np.count_nonzero(left.signature == right.signature) / PERMUTATIONS
    leads = 0.0
    if copied >= _COPIED or shingles >= min(_FINGERPRINT):
        leads = 1.0 if any(next(iter(one), None) in same for one in sizes) else _leads(left, right)
    return Likeness(
        copied,
        shingles,
        _sentences(left, right, apart) if sentences is None else sentences,
        leads,
        min(shared_weight(*held) / weighing, 1.0) if weighing else 0.0,
        weighing,
        len(left.names & right.names) / fewer if fewer >= _NAMES else 0.0,
    )


def same_story(left: Portrait, right: Portrait, common: Collection[int] = (), sentences: float | None = None) -> bool:
    """Whether *right* is a copy, a light rewrite or a translation of *left* (or the other way round).

    Numbers have a veto: monthly reports are the same sentences with other numbers.
    """
    apart = abs(left.time - right.time)
    if apart > COPY_WINDOW:
        return False
    found = likeness(left, right, common, sentences)
    if _contradict(found):
        return False
    return _copy(found) or (apart <= WINDOW and _retold(found))


def _contradict(found: Likeness) -> bool:
    if found.weighing < _FEW or found.numbers >= _CONTRADICT:
        return False
    return found.weighing >= _MANY or (found.sentences or 0.0) < _ALMOST_EQUAL


def _copy(found: Likeness) -> bool:
    if found.weighing >= 1 and found.numbers < _AGREE:
        return False
    alike = found.copied >= _COPIED or found.shingles >= _FINGERPRINT[found.weighing < 1]
    # Short notices with the same long paragraph about the company are told apart by what they begin with.
    return alike and (found.leads >= _LEADS or (found.sentences is None and found.shingles >= _FINGERPRINT[1]))


def _retold(found: Likeness) -> bool:
    if found.sentences is None:
        return any(
            found.shared >= least and found.numbers >= share and found.names >= named
            for least, share, named in _WITHOUT_VECTORS
        )
    counted = found.shared if found.numbers >= _AGREE else 0.0
    return found.sentences >= next(least for weighing, least in _LIKENESS if counted >= weighing)


def _numbers(portrait: Portrait, apart: Collection[int]) -> set[Number]:
    return {number for part in portrait.paragraphs if part.key not in apart for number in part.numbers}


def _sentences(left: Portrait, right: Portrait, apart: Collection[int]) -> float | None:
    if left.encoder != right.encoder or not left.encoder:
        return None
    rows = [
        [row for row, part in enumerate(one.part_of) if one.paragraphs[part].key not in apart] for one in (left, right)
    ]
    if not all(rows):
        return 0.0
    table = cosines(left.vectors[rows[0]], right.vectors[rows[1]])
    weights = [_weights(one.sizes[chosen]) for one, chosen in zip((left, right), rows, strict=True)]
    best = table.max(axis=1) @ weights[0] / weights[0].sum() + table.max(axis=0) @ weights[1] / weights[1].sum()
    return float(best) / 2


def _weights(sizes: NDArray[np.int16]) -> Vectors:
    # Longer sentences say more, but a paragraph of many sentences not as much as all of them.
    found: Vectors = np.sqrt(np.minimum(np.maximum(sizes, 1), 200), dtype=np.float32)
    return found


def _leads(left: Portrait, right: Portrait) -> float:
    if left.encoder != right.encoder or not len(left.vectors) or not len(right.vectors):
        return 0.0
    return float(cosines(left.vectors[:2], right.vectors[:2]).max())


def assign(
    article: Portrait,
    candidates: Iterable[Portrait],
    common: Collection[int] = (),
    stories: Mapping[str, str] | None = None,
) -> list[str]:
    """The ids of those *candidates* that tell the story of *article*; of each of *stories* (by id) ``ENOUGH``."""
    others = [other for other in candidates if other.id != article.id]
    common = {part.key for one in (article, *others) for part in one.paragraphs if part.key in common}
    found: list[str] = []
    seen: Counter[str] = Counter()
    for other, sentences in _possible(article, others, common):
        story = (stories or {}).get(other.id, other.id)
        if seen[story] < ENOUGH and same_story(article, other, common, sentences):
            seen[story] += 1
            found.append(other.id)
    return found


def _possible(
    article: Portrait, others: Sequence[Portrait], common: Collection[int]
) -> list[tuple[Portrait, float | None]]:
    """Those of *others* that sentences and fingerprint do not rule out, all looked at at once.

    With the likeness of all their sentences, or None where paragraphs are to be left out of it.
    """
    apart = {part.key for part in article.paragraphs[1:]} | set(common)
    whole = [
        other
        for other in others
        if other.encoder == article.encoder
        and len(other.vectors)
        and not any(part.key in apart for part in other.paragraphs)
    ]
    if not whole or not article.encoder or any(part.key in common for part in article.paragraphs):
        return [(other, None) for other in others]
    sentences = dict(zip((other.id for other in whole), _sentences_of_all(article, whole), strict=True))
    shingles = (np.stack([other.signature for other in others]) == article.signature).mean(axis=1).tolist()
    return [
        (other, sentences.get(other.id))
        for other, share in zip(others, shingles, strict=True)
        if share >= min(_FINGERPRINT) or sentences.get(other.id, 1.0) >= _LIKENESS[0][1]
    ]


def _sentences_of_all(article: Portrait, others: Sequence[Portrait]) -> list[float]:
    """The likeness of all sentences of *article* to all of each of *others*, which were all made by its encoder."""
    starts = np.cumsum([0, *(len(one.vectors) for one in others[:-1])])
    table = cosines(article.vectors, np.concatenate([one.vectors for one in others]))
    weights, own = _weights(np.concatenate([one.sizes for one in others])), _weights(article.sizes)
    back = np.add.reduceat(table.max(axis=0) * weights, starts) / np.add.reduceat(weights, starts)
    found: list[float] = ((own @ np.maximum.reduceat(table, starts, axis=1) / own.sum() + back) / 2).tolist()
    return found


def common_paragraphs(portraits: Iterable[Portrait]) -> set[int]:
    """``common_keys`` of *portraits*."""
    return common_keys((one.source, {part.key for part in one.paragraphs[1:]}) for one in portraits)


def common_keys(paragraphs: Iterable[tuple[str, set[int]]]) -> set[int]:
    """Paragraphs that at least ``COMMON_FROM`` articles of one source share.

    *paragraphs*: of each article its source (articles with "" are not counted) and the keys of its paragraphs.
    """
    counts = Counter((source, key) for source, keys in paragraphs if source for key in keys)
    return {key for (_, key), count in counts.items() if count >= COMMON_FROM}


def group(portraits: Sequence[Portrait]) -> list[list[str]]:
    """The ids of *portraits* story by story, each in ascending order, the stories by their first."""
    common = common_paragraphs(portraits)
    joined = {one.id: one.id for one in portraits}
    known = {one.id: one for one in portraits}
    shortlist = Shortlist()
    by_band: defaultdict[int, list[Portrait]] = defaultdict(list)
    for one in sorted(portraits, key=lambda one: (one.time, one.id)):
        chosen = shortlist.of(gist(one), WINDOW) | {
            other.id for band in bands(one.signature) for other in by_band[band]
        }
        for other in assign(one, [known[key] for key in sorted(chosen)], common):
            low, high = sorted((_root(joined, one.id), _root(joined, other)))
            joined[high] = low
        shortlist.add(one.id, gist(one))
        for band in bands(one.signature):
            by_band[band].append(one)
    stories: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(joined):
        stories[_root(joined, key)].append(key)
    return [stories[first] for first in sorted(stories)]


def _root(joined: Mapping[str, str], key: str) -> str:
    while joined[key] != key:
        key = joined[key]
    return key
