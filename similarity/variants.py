"""Other names of what a query asks for, as texts in its own language have them: TSMC for 台积电."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONGEST_NAME = 4
"""Tokens of a query that are looked up together."""

Name = tuple[str, ...]
Names = Callable[[str], Sequence[Name]]
"""From tokens joined by blanks to all names of what they name; () where they name nothing."""


@dataclass(frozen=True)
class Named:
    """What a query calls ``words`` (one token or a phrase), how often it does, and its other names as tokens."""

    words: Name
    count: int
    others: tuple[Name, ...]


def named(
    tokens: Sequence[str], names: Names, longest: int = LONGEST_NAME, begins: Callable[[str], bool] = bool
) -> list[Named]:
    """The terms that *tokens* name, the *longest* names first; only those that have other names.

    *begins*: whether a name begins with a token, which few do; without it all are looked up.
    """
    found: Counter[Name] = Counter()
    place = 0
    while place < len(tokens):
        step = 1
        for size in range(min(longest, len(tokens) - place) if begins(tokens[place]) else 0, 0, -1):
            words = tuple(tokens[place : place + size])
            if names(" ".join(words)):
                found[words] += 1
                step = size
                break
        place += step
    others = ((words, count, _others(words, names(" ".join(words)))) for words, count in found.items())
    return [Named(words, count, different) for words, count, different in others if different]


def _others(words: Name, names: Sequence[Name]) -> tuple[Name, ...]:
    """Those of *names* that say what neither *words* nor a shorter one of them says already."""
    kept = [frozenset(words)]
    found = []
    for name in sorted(names, key=len):
        own = frozenset(name)
        # "util" of "capac util": who has a part of the words has a part of their weight.
        if not own < kept[0] and not any(shorter <= own for shorter in kept):
            kept.append(own)
            found.append(name)
    return tuple(found)
