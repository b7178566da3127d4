"""Generates a collection to measure with: words as frequent as in natural language (Zipf's law)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from similarity.jit import compiled
from store.vectors import Ints

_EXPONENT = 1.07  # of Zipf's law, for word frequencies in news
_WORDS_PER_DOCUMENT = 0.5  # new words an article brings, in a large collection (Heaps' law, near its end)
_MIN_VOCABULARY = 50_000
_CHUNK = 20_000  # documents generated at a time


@dataclass(frozen=True)
class Corpus:
    """Documents as bags of words: document ``i`` has the words ``ids[start[i]:start[i + 1]]``, ascending.

    ``start``: int64, (documents + 1,). ``ids`` and ``counts`` (occurrences in the document): int32, (postings,). The
    smaller a word's id, the more frequent it is.
    """

    start: Ints
    ids: NDArray[np.int32]
    counts: NDArray[np.int32]
    vocabulary: int

    @property
    def documents(self) -> int:
        """The number of documents."""
        return len(self.start) - 1

    def row(self, document: int) -> list[tuple[int, int]]:
        """*document* as gensim's bag of words: (id, count) pairs."""
        part = slice(self.start[document], self.start[document + 1])
        return list(zip(self.ids[part].tolist(), self.counts[part].tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write the arrays into *folder*, for other processes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("start", "ids", "counts"):
            np.save(folder / f"{name}.npy", getattr(self, name))
        (folder / "vocabulary").write_text(str(self.vocabulary))

    @classmethod
    def load(cls, folder: Path) -> Corpus:
        """The collection that ``save`` wrote to *folder*, as memory-mapped arrays."""
        start, ids, counts = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("start", "ids", "counts"))
        return cls(start, ids, counts, int((folder / "vocabulary").read_text()))


def make(documents: int, distinct: int, seed: int = 1) -> Corpus:
    """*documents* articles of *distinct* distinct words each; the same arguments give the same collection."""
    vocabulary = max(_MIN_VOCABULARY, int(documents * _WORDS_PER_DOCUMENT))
    frequencies = 1.0 / np.arange(2, vocabulary + 2) ** _EXPONENT
    cumulated = np.cumsum(frequencies / frequencies.sum())
    random = np.random.default_rng(seed)
    parts = []
    for first in range(0, documents, _CHUNK):
        number = min(_CHUNK, documents - first)
        parts.append(_documents(cumulated, number, distinct, int(random.integers(2**31))))
    ids, counts = (np.concatenate([part[which] for part in parts]) for which in (0, 1))
    return Corpus(np.arange(documents + 1, dtype=np.int64) * distinct, ids, counts, vocabulary)


def queries(corpus: Corpus, number: int, words: int, seed: int = 2) -> list[list[int]]:
    """*number* queries: *words* distinct words of one article each, drawn at random."""
    random = np.random.default_rng(seed)
    drawn = []
    for document in random.integers(corpus.documents, size=number):
        ids = corpus.ids[corpus.start[document] : corpus.start[document + 1]]
        drawn.append(sorted(random.choice(ids, min(words, len(ids)), replace=False).tolist()))
    return drawn


@compiled
def _documents(
    cumulated: NDArray[np.float64], number: int, distinct: int, seed: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Ids and counts, int32, (number * distinct,), of *number* documents.

    *cumulated*: the cumulative probabilities of the words, float64, (vocabulary,). Words are drawn until a document has
    *distinct* distinct ones.
    """
    np.random.seed(seed)
    ids = np.empty(number * distinct, np.int32)
    counts = np.empty(number * distinct, np.int32)
    times = np.zeros(len(cumulated), np.int32)
    for document in range(number):
        first = document * distinct
        found = 0
        while found < distinct:
            word = min(int(np.searchsorted(cumulated, np.random.random())), len(cumulated) - 1)
            if times[word] == 0:
                ids[first + found] = word
                found += 1
            times[word] += 1
        row = np.sort(ids[first : first + distinct])
        for place in range(distinct):
            ids[first + place] = row[place]
            counts[first + place] = times[row[place]]
            times[row[place]] = 0
    return ids, counts
