"""Terms of the glossary in a running text, Chinese and English: which, and where."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from operator import eq, itemgetter

from text.characters import HAN, plain_characters
from text.glossary import Glossary, Term, spellings
from text.han import Cut
from text.latin import LATIN, stem

HEAD = r"(?<![^\W_])(?<![.,])((?:\d+(?:\.\d+)?)?[a-z]?) ?$"
"""What may begin a compound (3D堆叠, A股), at the end of what is before its Han characters; one space may part them."""

_UNIT = re.compile(rf"(?P<han>[{HAN}]+)|(?:\d+(?:[.,]\d+)*)?{LATIN}*(?<={LATIN})")
_COMPOUND_START = re.compile(r"(?:\d+(?:\.\d+)?)?[a-z]?")

_LETTERS = re.compile(rf"(?:(?!\d){LATIN})+")
_PLURAL = re.compile(r"(?<=..)(?:ies|(?<=ch|sh)es|(?<=[sxz])es|(?<!s)s)$")

Unit = tuple[str, int, int]
Named = tuple[str, bool, Term]


@dataclass(frozen=True, slots=True)
class Found:
    """A term and where it is named: ``text[start:end]``."""

    term: Term
    start: int
    end: int


class TermFinder:
    """Finds the terms of a glossary; words are as jieba cuts them, English ones stemmed. Safe to use from threads."""

    def __init__(self, glossary: Glossary, cut: Cut) -> None:
        self._cut = cut
        self._compounds = glossary.compounds
        self._named: dict[tuple[str, ...], list[Named]] = defaultdict(list)
        self._longest: dict[str, int] = defaultdict(int)
        for term in glossary.terms:
            for name in term.names:
                for written in [name.lower()] if name in term.exact else spellings(name):
                    units = tuple(unit for unit, _, _ in self._units(written))
                    exact = name in term.exact
                    self._named[units].append((name if exact else written, exact, term))
                    self._longest[units[0]] = max(self._longest[units[0]], len(units))

    def find(self, text: str) -> list[Found]:
        """See ``Analyzer.terms_of_trade``."""
        bare, places = _with_places(text)
        units = self._units(bare)
        found = []
        at = 0
        while at < len(units):
            taken = 1
            for length in range(min(self._longest.get(units[at][0], 0), len(units) - at), 0, -1):
                named = self._named.get(tuple(unit for unit, _, _ in units[at : at + length]))
                start, end = places[units[at][1]], places[units[at + length - 1][2]]
                if named and (term := _meant(named, text[start:end])):
                    found.append(Found(term, start, end))
                    taken = length
                    break
            at += taken
        return found

    def _units(self, text: str) -> list[Unit]:
        """Words and figures of *text*, with their places in it; every joint parts: risc-v is risc and v."""
        units: list[Unit] = []
        for run in _UNIT.finditer(text):
            start, end = run.span()
            if not run["han"]:
                if run[0]:
                    units.append((stem(run[0].replace(",", "")), start, end))
                continue
            start = self._compound(text, units, start)
            for word in self._cut(text[start:end]) if start < end else ():
                units.append((word, start, start + len(word)))
                start += len(word)
        return units

    def _compound(self, text: str, units: list[Unit], start: int) -> int:
        """Makes one unit of the last one and the Han characters at *start* where they are one name; the new start."""
        if units and start - units[-1][2] <= 1 and _COMPOUND_START.fullmatch(units[-1][0]):
            head, head_start, head_end = units[-1]
            if text[head_end:start] in ("", " "):
                for tail in self._compounds.get(head, ()):
                    if text.startswith(tail, start):
                        units[-1] = (head + tail, head_start, start + len(tail))
                        return start + len(tail)
        return start


def _meant(named: list[Named], surface: str) -> Term | None:
    """Of terms with names of the same stems: the one whose capitals are right, else the most alike; None for neither.

    Chipmakers make chips, and chipmaking is what they do; their stem is the same. So is that of local and localization,
    or of rates and ratings: a name that differs in more than the plural is another word, and no name.
    """
    surface = unicodedata.normalize("NFKC", surface)
    for name, exact, term in named:
        if exact and name == surface:
            return term
    surface = surface.lower()
    singular = _singulars(surface)
    likely = [
        (_alike(name, surface), term) for name, exact, term in named if not exact and _singulars(name) == singular
    ]
    return max(likely, key=itemgetter(0))[1] if likely else None


@lru_cache(maxsize=20_000)
def _singulars(text: str) -> tuple[str, ...]:
    """The Latin words of *text* without endings of the plural."""
    return tuple(_PLURAL.sub(_singular, word) for word in _LETTERS.findall(text))


def _singular(ending: re.Match[str]) -> str:
    return "y" if ending[0] == "ies" else ""


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(takewhile(bool, map(eq, one, other)))


def _with_places(text: str) -> tuple[str, list[int]]:
    """*text* in plain characters, and for each of them (and the end) its place in *text*."""
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    signs = [unicodedata.normalize("NFKC", sign).lower() for sign in text]
    bare = plain_characters("".join(signs))
    if len(bare) != sum(map(len, signs)):  # an accent was put on its letter
        signs = [plain_characters(sign) for sign in signs]
        bare = "".join(signs)
    return bare, [*(place for place, sign in enumerate(signs) for _ in sign), len(text)]
