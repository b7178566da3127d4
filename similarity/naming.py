"""What a text asks after, in all its names, and which articles of the index name it.

A term of the glossary may be written by any of its names, in Chinese or English; other words stand for themselves. A
name of several tokens counts where all of them come together in an article: the index keeps no places of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from similarity.block import Block, Flags
from similarity.collection import Collection
from similarity.errors import QueryError
from similarity.words import Words
from text.analyzer import Analyzer
from text.glossary import Term, glossary

Name = tuple[str, ...]
"""The tokens of a name."""

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """Something that a text asks after: by each language its names. ``term``: of the glossary; None for a word."""

    names: Mapping[str, tuple[Name, ...]]
    term: Term | None = None

    @property
    def all_names(self) -> tuple[Name, ...]:
        """Names in all languages, each once."""
        return tuple(dict.fromkeys(name for names in self.names.values() for name in names))


def parts_of(analyzer: Analyzer, text: str) -> list[Part]:
    """What *text* asks after, each once: terms of the trade, then its other words. Raises QueryError for no words."""
    if not text.strip():
        raise QueryError("the text is empty")
    whole = glossary().of(text.strip())
    if whole:
        return [_of_term(analyzer, whole, text)]
    parts: dict[Term | str, Part] = {}
    words: list[str] = []
    end = 0
    for found in analyzer.terms_of_trade(text):
        parts.setdefault(found.term, _of_term(analyzer, found.term, text[found.start : found.end]))
        words += analyzer.tokens(text[end : found.start])
        end = found.end
    for word in words + analyzer.tokens(text[end:]):
        parts.setdefault(word, Part({"": ((word,),)}))
    if not any(part.all_names for part in parts.values()):
        raise QueryError("the text has no words to look for (stop words and signs are left out)")
    return [part for part in parts.values() if part.all_names]


@lru_cache(maxsize=10_000)
def names_of(analyzer: Analyzer, term: Term) -> tuple[Name, ...]:
    """The names of *term* in all languages as tokens, each once."""
    return _of_term(analyzer, term, "").all_names


@lru_cache(maxsize=2)
def terms_by_name(analyzer: Analyzer) -> Mapping[Name, Term]:
    """The terms of the glossary by their names as tokens: without bare figures, and names that need their capitals.

    Of terms with the same tokens (chipmaker, chipmaking) the first in the glossary.
    """
    found: dict[Name, Term] = {}
    for term in glossary().terms:
        exact = {tuple(analyzer.tokens(name)) for name in term.exact}
        for name in names_of(analyzer, term):
            if name not in exact and len(set(name)) == len(name) and not all(map(str.isdigit, name)):
                found.setdefault(name, term)
    return found


def _of_term(analyzer: Analyzer, term: Term, surface: str) -> Part:
    names = analyzer.names_as_tokens(term)
    # Of a term whose names are all too short to be told from common words, at least what was asked for.
    asked = tuple(analyzer.tokens(surface))
    return Part(names, term) if any(names.values()) or not asked else Part({"": (asked,)}, term)


def with_ids(words: Words, parts: Sequence[Part]) -> list[tuple[Ids, ...]]:
    """For each of *parts* its names as token ids, those left out that no article can have."""
    names = [part.all_names for part in parts]
    ids = words.ids({token for some in names for name in some for token in name})
    return [as_ids(ids, some) for some in names]


def as_ids(ids: Mapping[str, int], names: Iterable[Name]) -> tuple[Ids, ...]:
    """Those of *names* whose tokens all have an id in *ids*, as these."""
    return tuple(tuple(ids[token] for token in name) for name in names if all(token in ids for token in name))


def naming(block: Block, names: Iterable[Ids]) -> Flags:
    """Which rows of *block*, found or not, have at least one of *names*."""
    found = np.zeros(block.rows, bool)
    for name in names:
        places, present = block.columns.places(np.array(name, np.int32))
        if not len(name) or not present.all():
            continue
        columns = block.columns
        some = sorted((columns.rows[columns.start[at] : columns.start[at + 1]] for at in places.tolist()), key=len)
        rows = some[0]
        for other in some[1:]:
            rows = rows[np.isin(rows, other, assume_unique=True)]
        found[rows] = True
    return found


def articles_naming(collection: Collection, names: Sequence[Ids]) -> int:
    """How many articles have at least one of *names*."""
    return sum(int(np.count_nonzero(naming(held.block, names) & held.alive)) for held in collection.blocks)
