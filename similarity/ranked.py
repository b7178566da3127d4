"""Articles in the order of their evidence, as arrays: what it is made of, article by article, for one route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

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


def of_block(block: Block, number: int, route: str, rows: Ints, cosine: Cosines, parts: dict[str, Floats]) -> Ranked:
    """The *rows* of block *number*, with the *cosine* and the *parts* of each, in their order."""
    places = np.stack([np.full(len(rows), number, np.int64), rows], axis=1)
    named = block.segment.ids[rows].tobytes().hex()
    keys = [named[at : at + 24] for at in range(0, len(named), 24)]
    return Ranked(route, places, keys, cosine, parts, np.full(len(rows), -1, np.int64))


def joined(ranked: Sequence[Ranked]) -> Ranked:
    """All of *ranked*, which are of one route, one after another."""
    if len(ranked) == 1:
        return ranked[0]
    return Ranked(
        ranked[0].route,
        np.concatenate([one.places for one in ranked]),
        [key for one in ranked for key in one.keys],
        np.concatenate([one.cosine for one in ranked]),
        {kind: np.concatenate([one.parts[kind] for one in ranked]) for kind in ranked[0].parts},
        np.concatenate([one.passages for one in ranked]),
    )


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
