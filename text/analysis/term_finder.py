"""Finds the terms of the glossary in running text, Chinese and English."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, compress, takewhile
from operator import eq, itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from text.analysis.chinese import Cut
from text.analysis.glossary import Glossary, Term, spellings
from text.analysis.kept import kept
from text.analysis.latin import LATIN, stem
from text.analysis.measures import in_numerals
from text.analysis.normalize import normalize_characters, stable_han, stable_text, with_blank_marks
from text.language import ALL_HAN

HEAD = r"(?<![^\W_])(?<![.,])((?:\d+(?:\.\d+)?)?[a-z]?) ?$"
"""The head of a compound (3D堆叠, A股) at the end of a piece before Han characters; one space may separate them."""

_SPLIT = re.compile(rf"([{ALL_HAN}]+|\d+(?:[.,]\d+)*{LATIN}*|{LATIN}+)").split
_SPLIT_ASCII = re.compile(r"([a-z][a-z0-9]*|\d+(?:[.,]\d+)*[a-z0-9]*)").split
"""Splits a text into runs of Han characters, words and numbers (at odd places), and what stands between them."""

_PLAIN = r"\0-\x7f\xb7\xc0-\xd6\xd8-\xf6\xf8-\xff\u2010-\u2027\u3001-\u3002\u3008-\u3011，：；！？（）"
"""Signs, letters and punctuation that normalization leaves in their places, or that are parts of no name."""

_AFTER_LATIN = "\u2e80"  # the first sign beyond all Latin letters; every Han character is greater

_BREAK = "\n"  # between runs of Han characters: jieba never joins it with others

_COMPANY = ("公司", "集团")
_KNOWN_WORDS = 200_000

_LETTERS = re.compile(rf"(?:(?!\d){LATIN})+")
_PLURAL = re.compile(r"(?<=..)(?:ies|(?<=ch|sh)es|(?<=[sxz])es|(?<!s)s)$")


class Node:
    """A node of the trie of all names, word by word. ``number``: of the names that end here; None where none ends."""

    __slots__ = ("next", "number")

    def __init__(self) -> None:
        self.next: dict[str, Node] = {}
        self.number: int | None = None


class FirstNodes(dict[str, Node | None]):
    """For a word as it is written the node of its stem; None for a word with which no name begins."""

    def __init__(self, trie: Node) -> None:
        self._trie = trie

    def __missing__(self, word: str) -> Node | None:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        node = self._trie.next.get(_unit(word))
        if node is None and word.endswith(_COMPANY):  # the dictionary has some names with it as words: 高通公司
            node = self._trie.next.get(word[:-2])
        self[word] = node
        return node


Words = tuple[list[str], list[int], list[int] | None]
"""The words of a text, the bounds of its pieces (each a run of Han characters, a word or a number) and for each piece
the place of its first word; None where every piece is one word. Piece n is text[bounds[2 * n] : bounds[2 * n + 1]]. Few
words are parts of names: only their positions are computed.
"""

Name = tuple[str, bool, Term]
"""A name, whether it matches only as written, and its term."""


class TermMatch(NamedTuple):
    """A term, and the place where a text names it: ``text[start:end]``."""

    term: Term
    start: int
    end: int


class TermFinder:
    """Finds the terms of a glossary among jieba's words and English stems. Safe to use from several threads."""

    def __init__(self, glossary: Glossary, cut: Cut, cache: Path | None = None) -> None:
        self._cut = cut
        self._compounds = glossary.compounds
        self._names: list[list[Name]] = []
        self._trie = Node()
        for number, exact, name, *units in kept(cache, "term-names", lambda: [*self._all_names(glossary)]):
            self._named(units).append((name, exact, glossary.terms[number]))
        self._first_nodes = FirstNodes(self._trie)
        self._match = lru_cache(maxsize=50_000)(lambda number, surface: _best_match(self._names[number], surface))

    def _all_names(self, glossary: Glossary) -> Iterator[list[Any]]:
        """For each name the number of its term, whether it matches only as written, the name, and its stems."""
        for number, term in enumerate(glossary.terms):
            for name in term.names:
                exact = name in term.exact
                for written in [name.lower()] if exact else (*spellings(name), *in_numerals(name)):
                    yield [number, exact, name if exact else written, *map(_unit, self._words(written)[0])]

    def _named(self, units: list[str]) -> list[Name]:
        """The names of the stems *units*, to be added to."""
        node = self._trie
        for unit in units:
            found = node.next.get(unit)
            if found is None:
                found = node.next[unit] = Node()
            node = found
        if node.number is None:
            node.number = len(self._names)
            self._names.append([])
        return self._names[node.number]

    def find(self, text: str) -> list[TermMatch]:
        """See ``Analyzer.terms_of_trade``."""
        text = text if text.isascii() else with_blank_marks(text)
        normal, positions = _with_positions(text)
        words, bounds, firsts = self._words(normal)
        nodes = [*map(self._first_nodes.__getitem__, words)]
        match = self._match
        matches: list[TermMatch] = []
        path: list[Node] = []
        after, count = 0, len(words)
        # Few words begin a name. The others are passed over without a step of Python.
        for first in compress(range(count), nodes):
            if first < after:
                continue
            node = nodes[first]
            if node and node.number is None and (first + 1 == count or _unit(words[first + 1]) not in node.next):
                continue  # most of them: "the", "in" and "a" begin names of several words
            path.clear()
            while node:
                path.append(node)
                place = first + len(path)
                node = node.next.get(_unit(words[place])) if node.next and place < count else None
            while path:
                number = path.pop().number
                if number is None:
                    continue
                last = first + len(path)
                if firsts is None:
                    start, end = bounds[2 * first], bounds[2 * last + 1]
                else:
                    start, end = _start(words, bounds, firsts, first), _end(words, bounds, firsts, last)
                if positions:
                    start, end = positions[start], positions[end]
                if term := match(number, text[start:end]):
                    matches.append(TermMatch(term, start, end))
                    after = last + 1
                    break
        return matches

    def _words(self, text: str) -> Words:
        """The words and numbers of a normalized text. A hyphen separates them: risc-v is risc and v."""
        if text.isascii():
            pieces = _SPLIT_ASCII(text)
            return pieces[1::2], [*accumulate(map(len, pieces))], None
        pieces = _SPLIT(text)
        bounds = [*accumulate(map(len, pieces))]
        words = pieces[1::2]
        han = [place for place, word in enumerate(words) if word > _AFTER_LATIN]
        if not han:
            return words, bounds, None
        for place in han:
            if place and words[place - 1] in self._compounds and pieces[2 * place] in ("", " "):
                self._join_compound(words, bounds, place)
        # One call for all runs of a text: the call itself costs as much as segmenting a run.
        han_words = self._cut(_BREAK.join([words[place] for place in han]))
        han_words.append(_BREAK)
        all_words: list[str] = []
        firsts: list[int] = []
        next_piece = next_word = 0
        for place in han:
            firsts += range(len(all_words), len(all_words) + place - next_piece + 1)
            all_words += words[next_piece:place]
            next_piece = place + 1
            end = han_words.index(_BREAK, next_word)
            all_words += han_words[next_word:end]
            next_word = end + 1
        firsts += range(len(all_words), len(all_words) + len(words) - next_piece)
        return all_words + words[next_piece:], bounds, firsts

    def _join_compound(self, words: list[str], bounds: list[int], place: int) -> None:
        """Moves the beginning of the Han characters at *place* to the piece before where both are a compound."""
        head, following = words[place - 1], words[place]
        for tail in self._compounds[head]:
            if following.startswith(tail):
                words[place - 1] = head + tail
                words[place] = following[len(tail) :]
                bounds[2 * place - 1] = bounds[2 * place] = bounds[2 * place] + len(tail)
                return


def _start(words: list[str], bounds: list[int], firsts: list[int], word: int) -> int:
    """Where the word with the number *word* starts."""
    piece = bisect_right(firsts, word) - 1
    return bounds[2 * piece] + sum(map(len, words[firsts[piece] : word]))


def _end(words: list[str], bounds: list[int], firsts: list[int], word: int) -> int:
    """Where the word with the number *word* ends."""
    piece = bisect_right(firsts, word) - 1
    if word + 1 == (firsts[piece + 1] if piece + 1 < len(firsts) else len(words)):
        return bounds[2 * piece + 1]
    return _start(words, bounds, firsts, word) + len(words[word])


@lru_cache(maxsize=100_000)
def _unit(piece: str) -> str:
    """A Han run as it is, a word stemmed, a number without its thousands separators."""
    return piece if piece > _AFTER_LATIN else stem(piece.replace(",", ""))


def _best_match(named: list[Name], surface: str) -> Term | None:
    """Of terms whose names have the same stems: the one with these capitals, else the most similar, else None.

    Chipmakers and chipmaking have the same stem, and so have local and localization, or rates and ratings. What
    differs from a name in more than the plural is another word and no match.
    """
    surface = unicodedata.normalize("NFKC", surface)
    for name, exact, term in named:
        if exact and name == surface:
            return term
    surface = surface.lower()
    singular = _singulars(surface)
    likely = [
        (_common_prefix(name, surface), term)
        for name, exact, term in named
        if not exact and _singulars(name) == singular
    ]
    return max(likely, key=itemgetter(0))[1] if likely else None


@lru_cache(maxsize=20_000)
def _singulars(text: str) -> tuple[str, ...]:
    """The Latin words of *text* without plural endings."""
    return tuple(_PLURAL.sub(_singular, word) for word in _LETTERS.findall(text))


def _singular(ending: re.Match[str]) -> str:
    return "y" if ending[0] == "ies" else ""


def _common_prefix(one: str, other: str) -> int:
    """The length of the common prefix."""
    return sum(takewhile(bool, map(eq, one, other)))


def _with_positions(text: str) -> tuple[str, list[int] | None]:
    """*text* with normalized characters, and for each of them (and the end) its position in *text*.

    None instead of the positions where they are the same.
    """
    if text.isascii() or _plain_text().fullmatch(text):
        return text.lower(), None
    if stable_text().fullmatch(text):
        pieces = _odd_signs().split(text)
        odd = pieces[1::2]
        pieces[1::2] = [unicodedata.normalize("NFKC", signs) for signs in odd]
        # NFKC may join a sign with the plain letter before it, or make two signs of one.
        if [*map(len, odd)] == [*map(len, pieces[1::2])] and not any(map(unicodedata.combining, "".join(odd))):
            normal = "".join(pieces).lower()
            if len(normal) == len(text):
                return normal, None
    signs = [unicodedata.normalize("NFKC", sign).lower() for sign in text]
    bare = normalize_characters("".join(signs))
    if len(bare) != sum(map(len, signs)):  # NFKC joined an accent with its letter
        signs = [normalize_characters(sign) for sign in signs]
        bare = "".join(signs)
    return bare, [*(place for place, sign in enumerate(signs) for _ in sign), len(text)]


@lru_cache(maxsize=1)
def _odd_signs() -> re.Pattern[str]:
    return re.compile(f"([^{_PLAIN}{stable_han()}]+)")


@lru_cache(maxsize=1)
def _plain_text() -> re.Pattern[str]:
    return re.compile(f"[{_PLAIN}{stable_han()}]*")
