"""The glossary: the terms of the semiconductor industry in ``glossary.tsv``, with their Chinese and English names.

Each name belongs to one ``Term``: ``glossary().of("製程")`` and ``of("process node")`` are the same, with names in both
languages. ``han_names()`` is the user dictionary for jieba. ``compounds`` are the few names that begin with digits or a
letter and are one word (3D堆叠, A股). ``narrower(term)`` gives the members of a series or class, ``broader(term)`` what
a term is a member of. ``Analyzer.terms_of_trade(text)`` finds terms in running text, ``Analyzer.names_as_tokens(term)``
gives names as the tokens that an index has.

The format of the file is described in its own first lines.
"""

from __future__ import annotations

import re
import runpy
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from text.analysis.kept import kept
from text.analysis.normalize import both_forms, normalize, normalize_characters
from text.language import ALL_HAN

FILE = Path(__file__).with_name("glossary.tsv")
CATEGORIES = (
    "foundry", "idm", "memory-maker", "fabless", "eda-ip", "osat", "equipment-maker", "materials-maker",
    "components-maker", "systems", "distribution", "research", "organisation", "people", "class", "place", "process",
    "equipment", "materials", "packaging", "test", "memory", "design", "analog-power", "optical-display", "sensor",
    "automotive", "ai-computing", "products", "communications", "business", "finance", "policy",
)  # fmt: skip

CLASSES = {
    "foundry": "晶圆代工", "idm": "垂直整合制造", "memory-maker": "存储厂商", "fabless": "无晶圆厂", "osat": "封测代工",
    "equipment-maker": "设备商", "materials-maker": "材料厂商", "components-maker": "元器件厂商",
    "distribution": "分销商",
}  # fmt: skip
"""Categories whose terms all belong to one class: its usual name."""

NAME_CATEGORIES = frozenset([
    "foundry", "idm", "memory-maker", "fabless", "eda-ip", "osat", "equipment-maker", "materials-maker", "systems",
    "components-maker", "distribution", "research", "organisation", "people",
])  # fmt: skip
"""Categories of the glossary whose terms are names of companies, organisations and people."""

_HAN_ONLY = re.compile(f"[{ALL_HAN}]+")
_ANY_HAN = re.compile(f"[{ALL_HAN}]")
_COMPOUND = re.compile(rf"(?P<head>(?:\d+(?:\.\d+)?)?[a-z]?)(?P<tail>[{ALL_HAN}]+)")
_EXACT = "="


class GlossaryError(ValueError):
    """The glossary has a wrong line; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Term:
    """A concept and its names. The first name of each language is the usual one.

    ``exact``: names that match only as written: abbreviations that need their capitals, and codes of digits (2330 is a
    ticker, 2,330 is not). A Latin name that Chinese writers use too (CoWoS) is the first in both languages.
    ``broader``: usual Chinese names of the terms of which this one is a member or kind (SKOS broader: HBM4 of HBM).
    """

    chinese: tuple[str, ...]
    english: tuple[str, ...]
    category: str
    exact: frozenset[str] = frozenset()
    broader: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, Chinese ones first; tickers and abbreviations are with the English ones."""
        return tuple(dict.fromkeys(self.chinese + self.english))


class Glossary:
    """All terms, the term of each name, and what is broader and narrower than a term.

    Raises GlossaryError for a wrong line, a name of two terms, a broader term that there is not, and terms that are
    broader than themselves.
    """

    def __init__(self, file: Path = FILE) -> None:
        self.terms: list[Term] = []
        self._of: dict[str, Term] = {}
        self._broader: defaultdict[Term, list[Term]] = defaultdict(list)
        self._narrower: defaultdict[Term, list[Term]] = defaultdict(list)
        places = []
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if line and not line.startswith("#"):
                places.append(f"{file.name}, line {number}")
                with _located(places[-1]):
                    self._add(_term(line))
        usual = {term.chinese[0]: term for term in self.terms}
        for place, term in zip(places, self.terms, strict=True):
            with _located(place):
                self._link(term, usual)
        for place, term in zip(places, self.terms, strict=True):
            if term in self.broader(term):
                raise GlossaryError(f"{place}: {term.chinese[0]} is broader than itself")

    def _add(self, term: Term) -> None:
        self.terms.append(term)
        for name in term.names:
            for written in [name] if name in term.exact else spellings(name):
                if self._of.setdefault(written, term) is not term:
                    raise ValueError(f"{name} already leads to {self._of[written].chinese[0]}")

    def _link(self, term: Term, usual: Mapping[str, Term]) -> None:
        for name in term.broader:
            if name in usual:
                self._broader[term].append(usual[name])
                self._narrower[usual[name]].append(term)
            elif name != CLASSES.get(term.category):  # a file of a few terms need not have every class
                raise ValueError(f"no such broader term: {name}")

    def broader(self, term: Term) -> tuple[Term, ...]:
        """The terms of which *term* is a member or kind, the nearest first, and what these are kinds of."""
        return _reached(term, self._broader)

    def narrower(self, term: Term) -> tuple[Term, ...]:
        """The members and kinds of *term*, in the order of the file, and then theirs."""
        return _reached(term, self._narrower)

    def of(self, name: str) -> Term | None:
        """The term with this name, in any width, case and script; None for an unknown one."""
        return self._of.get(name) or self._of.get(normalize(name)) or self._of.get(normalize_characters(name))

    def han_names(self) -> list[str]:
        """Names of Han characters only, simplified: the user dictionary for jieba."""
        return [name for name in self._of if len(name) > 1 and _HAN_ONLY.fullmatch(name)]

    def abbreviations(self) -> frozenset[str]:
        """Names that are one Latin word with several capitals, in lower case: CoWoS is no plural and is not stemmed."""
        names = (name for term in self.terms for name in term.english if name.isalpha() and name.isascii())
        return frozenset(name.lower() for name in names if sum(map(str.isupper, name)) > 1)

    @cached_property
    def compounds(self) -> Mapping[str, tuple[str, ...]]:
        """Names of a letter or digits followed by Han characters, by their heads: {"a": ("股",), "3d": ("堆叠", ...)}.

        Longest first. Where the head is a term of its own (5G, AI), the name is a phrase and no compound: a query for
        5G is to find 5G基站 too.
        """
        tails_by_head = defaultdict(list)
        for name in self._of:
            parts = _COMPOUND.fullmatch(name)
            if parts and parts["head"] and parts["head"] not in self._of:
                tails_by_head[parts["head"]].append(parts["tail"])
        return {head: tuple(sorted(tails, key=len, reverse=True)) for head, tails in tails_by_head.items()}


@lru_cache(maxsize=1)
def glossary() -> Glossary:
    """The glossary of this project, read once (a quarter of a second)."""
    return Glossary()


def is_name(term: Term) -> bool:
    """Whether *term* is a company, an organisation or a person; a class of companies is none of these."""
    return term.category in NAME_CATEGORIES


def spellings(name: str) -> tuple[str, ...]:
    """The forms of *name* in normalized text.

    A Taiwanese name in traditional characters has two: in simplified characters, and in the mainland's vocabulary.
    """
    return _spellings.get(name) or tuple(dict.fromkeys(both_forms(name)))


_spellings: dict[str, tuple[str, ...]] = {}


def recall_spellings(cache: Path | None) -> None:
    """Take the spellings of the glossary's names from a file in *cache*, if there is a folder: see ``kept``.

    To be called before the glossary is read, half of whose time they take.
    """
    if cache is not None and not _spellings:
        _spellings.update({name: tuple(forms) for name, *forms in kept(cache, "spellings", _all_spellings)})


def _all_spellings() -> list[list[str]]:
    names = dict.fromkeys(name for term in glossary().terms for name in term.names if not name.isascii())
    return [[name, *spellings(name)] for name in names]


@contextmanager
def _located(place: str) -> Iterator[None]:
    """Puts *place* before the message of a ValueError."""
    try:
        yield
    except ValueError as error:
        raise GlossaryError(f"{place}: {error}") from None


def _reached(term: Term, linked: Mapping[Term, list[Term]]) -> tuple[Term, ...]:
    """The terms that *linked* leads to from *term*, the nearest first; *term* itself only where there is a cycle."""
    reached: dict[Term, None] = {}
    nearest = linked.get(term, [])
    while nearest:
        reached.update(dict.fromkeys(nearest))
        nearest = [farther for near in nearest for farther in linked.get(near, []) if farther not in reached]
    return tuple(reached)


def _term(line: str) -> Term:
    category, chinese, english, variants, *more = line.split("\t")
    if category not in CATEGORIES:
        raise ValueError(f"no such category: {category}")
    (broader,) = more or [""]
    names = [chinese, *_parted(english), *(_parted(variants) if variants else ())]
    if not all(name.strip(f" {_EXACT}") for name in names):
        raise ValueError("an empty name")
    exact = frozenset(name.removeprefix(_EXACT) for name in names if name.startswith(_EXACT) or name.isdecimal())
    names = list(dict.fromkeys(name.removeprefix(_EXACT) for name in names))
    wider = [*(_parted(broader) if broader else ()), *([CLASSES[category]] if category in CLASSES else ())]
    return Term(
        tuple(name for place, name in enumerate(names) if place == 0 or _ANY_HAN.search(name)),
        tuple(name for name in names if not _ANY_HAN.search(name)),
        category,
        exact,
        tuple(dict.fromkeys(wider)),
    )


def _parted(names: str) -> list[str]:
    return names.split("; ")


if __name__ == "__main__":
    runpy.run_module("text.analysis.gaps", run_name="__main__")  # which imports this module
