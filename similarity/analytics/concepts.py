"""The concepts that a text names, and the articles of the index that have them.

A term of the glossary is found by its concept token, which the index has for each place where an article names it, in
either language and with the capitals that it needs. So a member of a series counts as itself alone, and a series or
class (HBM, memory makers) as itself and its members. Any other word stands for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from similarity.analytics.surface_forms import forms_in
from similarity.arrays import Flags
from similarity.errors import QueryError
from similarity.postings.inverted import InvertedIndex
from similarity.query.term_ids import TermIds
from similarity.reader.collection import Collection
from similarity.reader.segment_reader import SegmentReader
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_query, concept_token
from text.analysis.glossary import NAME_CATEGORIES, Term, glossary

NAMES = NAME_CATEGORIES - {"research", "organisation"} | {"products"}
"""Categories whose terms are names of companies, people and products; research firms and bodies are mostly sources."""

NameTokens = tuple[str, ...]
"""The tokens of a name."""

NameIds = tuple[int, ...]
"""The ids of the tokens of a name in the index's dictionary."""


@dataclass(frozen=True)
class Concept:
    """One thing that a text names: a glossary ``term``, or an ordinary ``word``, as its token, with ``term`` None."""

    word: str = ""
    term: Term | None = None

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that an article with this concept has one of: for a term its own and those of its members."""
        if self.term is None:
            return (self.word,)
        return tuple(map(concept_token, (self.term, *glossary().narrower(self.term))))


class ConceptIds(NamedTuple):
    """The ids of a concept's tokens, in the index of bigrams for a term, else in that of words."""

    is_term: bool
    ids: tuple[int, ...]

    def postings(self, reader: SegmentReader) -> InvertedIndex:
        """The inverted index that has these ids."""
        return reader.bigrams if self.is_term else reader.words


def concepts_of(analyzer: Analyzer, text: str) -> list[Concept]:
    """The concepts that *text* names, each once: glossary terms, then other words. Raises QueryError if none."""
    if not text.strip():
        raise QueryError("the text is empty", "q", "没有给出文字")
    term_of_text = glossary().of(text.strip())
    if term_of_text:
        return [Concept(term=term_of_text)]
    concepts: dict[Concept, None] = {}
    words: list[str] = []
    end = 0
    for match in analyzer.terms_of_trade(text):
        concepts.setdefault(Concept(term=match.term))
        words += analyzer.tokens(text[end : match.start])
        end = match.end
    concepts |= dict.fromkeys(map(Concept, words + analyzer.tokens(text[end:])))
    if not concepts:
        message = "the text has no words to look for (stop words and signs are left out)"
        raise QueryError(message, "q", "没有可检索的词（停用词和符号不计）")
    return list(concepts)


def words_in(analyzer: Analyzer, text: str) -> list[str]:
    """What *text* is searched by, as it writes it: names of glossary terms, then other words; each once."""
    read = analyzed_query(text, analyzer)
    written = forms_in([text], read.tokens)
    return list(
        dict.fromkeys([concept.surface for concept in read.concepts] + [written.get(one, one) for one in read.tokens])
    )


@lru_cache(maxsize=10_000)
def names_of(analyzer: Analyzer, term: Term) -> tuple[NameTokens, ...]:
    """The names of *term* in all languages as tokens, each once."""
    return tuple(dict.fromkeys(name for names in analyzer.names_as_tokens(term).values() for name in names))


def with_ids(words: TermIds, concepts: Sequence[Concept]) -> list[ConceptIds]:
    """For each of *concepts* the ids of its tokens; none for a concept that no article has."""
    ids = words.ids({token for concept in concepts for token in concept.tokens})
    return [
        ConceptIds(concept.term is not None, tuple(ids[token] for token in concept.tokens if token in ids))
        for concept in concepts
    ]


def rows_naming(reader: SegmentReader, concept: ConceptIds) -> Flags:
    """Which rows of a segment, live or deleted, have *concept*: bool, shape (rows,)."""
    has_concept = np.zeros(reader.rows, bool)
    index = concept.postings(reader)
    ordinals, present = index.ordinals(np.array(concept.ids, np.int32))
    for at in ordinals[present].tolist():
        has_concept[index.rows[index.start[at] : index.start[at + 1]]] = True
    return has_concept


def rows_naming_all(reader: SegmentReader, concepts: Sequence[ConceptIds]) -> Flags:
    """Which rows of a segment, live or deleted, have every one of *concepts*: bool, shape (rows,)."""
    rows = np.ones(reader.rows, bool)
    for concept in concepts:
        rows &= rows_naming(reader, concept)
    return rows


def articles_naming(collection: Collection, concept: ConceptIds) -> int:
    """How many articles have *concept*."""
    return sum(
        int(np.count_nonzero(rows_naming(segment.reader, concept) & segment.live)) for segment in collection.segments
    )
