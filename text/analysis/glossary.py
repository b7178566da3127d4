"""Words of the trade: the concepts of ``glossary.tsv``, each with all its names in Chinese and English.

Every name leads to one ``Term`` (``glossary().of("製程")`` and ``of("process node")`` are the same one), and a term
knows its names in both languages. ``han_names()`` are the words that jieba must know, ``compounds`` the few names
that begin with figures or a letter and are one word (3D堆叠, A股). For terms in a running text, and for names as the
tokens that an index holds, ask the analyzer: ``Analyzer.terms_of_trade(text)``, ``Analyzer.names_as_tokens(term)``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from text.characters import HAN, plain, plain_characters

FILE = Path(__file__).with_name("glossary.tsv")
CATEGORIES = (
    "foundry", "idm", "memory-maker", "fabless", "eda-ip", "osat", "equipment-maker", "materials-maker", "systems",
    "distribution", "research", "organisation", "place", "process", "equipment", "materials", "packaging", "test",
    "memory", "design", "analog-power", "optical-display", "sensor", "automotive", "ai-computing", "communications",
    "business", "finance", "policy",
)  # fmt: skip

_HAN_ONLY = re.compile(f"[{HAN}]+")
_ANY_HAN = re.compile(f"[{HAN}]")
_COMPOUND = re.compile(rf"(?P<head>(?:\d+(?:\.\d+)?)?[a-z]?)(?P<tail>[{HAN}]+)")
_EXACT = "="


class GlossaryError(ValueError):
    """A line of the glossary is wrong; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Term:
    """One concept. The first name of each language is the usual one; ``exact`` are those that stand as written only:
    abbreviations that need their capitals, and codes of figures, which 2,330 is none of.

    What Chinese writers too call by its Latin name (CoWoS) has that as its first name in both languages.
    """

    chinese: tuple[str, ...]
    english: tuple[str, ...]
    category: str
    exact: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, Chinese ones first; tickers and abbreviations are with the English ones."""
        return tuple(dict.fromkeys(self.chinese + self.english))


class Glossary:
    """All terms and the way from each name to its term. Raises GlossaryError for a name that two terms claim."""

    def __init__(self, file: Path = FILE) -> None:
        self.terms: list[Term] = []
        self._of: dict[str, Term] = {}
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if line and not line.startswith("#"):
                try:
                    self._add(_term(line))
                except ValueError as error:
                    raise GlossaryError(f"{file.name}, line {number}: {error}") from None

    def _add(self, term: Term) -> None:
        self.terms.append(term)
        for name in term.names:
            for written in [name] if name in term.exact else spellings(name):
                if self._of.setdefault(written, term) is not term:
                    raise GlossaryError(f"{name} already leads to {self._of[written].chinese[0]}")

    def of(self, name: str) -> Term | None:
        """The term with this name, in any width, case and script; None for no word of the trade."""
        return self._of.get(name) or self._of.get(plain(name)) or self._of.get(plain_characters(name))

    def han_names(self) -> list[str]:
        """Names of Han characters only, simplified: the user dictionary for jieba."""
        return [name for name in self._of if len(name) > 1 and _HAN_ONLY.fullmatch(name)]

    def abbreviations(self) -> frozenset[str]:
        """Names of one Latin word with capitals inside, in lower case: CoWoS is no plural and has no stem."""
        names = (name for term in self.terms for name in term.english if name.isalpha() and name.isascii())
        return frozenset(name.lower() for name in names if sum(map(str.isupper, name)) > 1)

    @cached_property
    def compounds(self) -> Mapping[str, tuple[str, ...]]:
        """Names that are one word of a letter or figures and Han characters: {"a": ("股",), "3d": ("堆叠", ...)}.

        Longest first. Where what comes first is a term of its own (5G, AI), the name is a phrase and no compound:
        whoever asks for 5G wants 5G基站 too.
        """
        found = defaultdict(list)
        for name in self._of:
            parts = _COMPOUND.fullmatch(name)
            if parts and parts["head"] and parts["head"] not in self._of:
                found[parts["head"]].append(parts["tail"])
        return {head: tuple(sorted(tails, key=len, reverse=True)) for head, tails in found.items()}


@lru_cache(maxsize=1)
def glossary() -> Glossary:
    """The glossary of this project, read once (some hundredths of a second)."""
    return Glossary()


def spellings(name: str) -> tuple[str, ...]:
    """*name* as it may stand in a text that has been made plain.

    A Taiwan name in traditional characters has two: as simplified characters alone, and in the mainland's words.
    """
    return tuple(dict.fromkeys((plain(name), plain_characters(name))))


def _term(line: str) -> Term:
    category, chinese, english, variants = line.split("\t")
    if category not in CATEGORIES:
        raise ValueError(f"no such category: {category}")
    names = [chinese, *english.split("; "), *(variants.split("; ") if variants else ())]
    if not all(name.strip(f" {_EXACT}") for name in names):
        raise ValueError("an empty name")
    exact = frozenset(name.removeprefix(_EXACT) for name in names if name.startswith(_EXACT) or name.isdecimal())
    names = list(dict.fromkeys(name.removeprefix(_EXACT) for name in names))
    return Term(
        tuple(name for place, name in enumerate(names) if place == 0 or _ANY_HAN.search(name)),
        tuple(name for name in names if not _ANY_HAN.search(name)),
        category,
        exact,
    )
