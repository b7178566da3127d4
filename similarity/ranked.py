"""Articles in the order of their evidence, as arrays: what it is made of, article by article, for one route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

import numpy as np

from similarity.block import Block
from similarity.meanings import Cosines
from similarity.turning import Floats
from store.vectors import Ints

Revision = tuple[str, int]
"""An article's id and which of its revisions is meant."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Articles of one route, best first: block and row, id, cosine, and what their evidence is the sum of.

    ``passages``: the one that is nearest, -1 for none.
    """

    route: str
    places: Ints
    keys: list[str]
    cosine: Cosines
    parts: dict[str, Floats]
    passages: Ints

    @property
    def evidence(self) -> Floats:
        return added(self.parts)


def added(parts: Mapping[str, Floats]) -> Floats:
    """The sum of *parts*, in their order."""
    one, *others = parts.values()
    return sum(others, one)


class Rows(NamedTuple):
    """The *rows* of block *number*, with the cosine and the parts of the evidence of each."""

    number: int
    rows: Ints
    cosine: Cosines
    parts: dict[str, Floats]


def best_rows(blocks: Sequence[Block], route: str, found: Sequence[Rows], number: int) -> Ranked:
    """The *number* best of all *found*, which are of one *route* and of different *blocks*."""
    parts = {kind: np.concatenate([one.parts[kind] for one in found]) for kind in found[0].parts}
    numbers = np.repeat([one.number for one in found], [len(one.rows) for one in found])
    places = np.stack([numbers, np.concatenate([one.rows for one in found])], axis=1)
    named = b"".join([blocks[one.number].segment.ids[one.rows].tobytes() for one in found]).hex()
    keys = [named[at : at + 24] for at in range(0, len(named), 24)]
    cosine = np.concatenate([one.cosine for one in found])
    return first(Ranked(route, places, keys, cosine, parts, np.full(len(keys), -1, np.int64)), number)


def first(ranked: Ranked, number: int) -> Ranked:
    """The *number* first by evidence, equal ones in the order of their ids."""
    order = [place for _, _, place in sorted(zip((-ranked.evidence).tolist(), ranked.keys, count()))][:number]
    return replace(
        ranked,
        places=ranked.places[order],
        keys=[ranked.keys[place] for place in order],
        cosine=ranked.cosine[order],
        parts={kind: values[order] for kind, values in ranked.parts.items()},
        passages=ranked.passages[order],
    )
