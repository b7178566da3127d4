"""Arrays of zeros that are used again: memory asked of the system for every query costs more than the sums in it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from similarity.postings import MOST_ROWS

Kind = TypeVar("Kind", bound=np.floating[Any])

_MOST = 16
"""Arrays of a kind that wait to be used again: 8 MB of sums, what a query through four full blocks takes."""


class Spare(Generic[Kind]):
    """Arrays of *kind* with a number for each row of a block; safe to use from threads."""

    def __init__(self, kind: type[Kind]) -> None:
        self._kind = kind
        self._waiting: list[NDArray[Kind]] = []

    def zeros(self, rows: int) -> NDArray[Kind]:
        """So many zeros, to be given ``back`` when nobody looks at them any more; else they are freed as others are."""
        try:
            whole = self._waiting.pop()
        except IndexError:
            whole = np.empty(MOST_ROWS, self._kind)
        found = whole[:rows]
        found.fill(0)
        return found

    def back(self, *arrays: NDArray[Kind]) -> None:
        """Nobody looks at *arrays*, which come from ``zeros``, any more."""
        for array in arrays:
            if len(self._waiting) < _MOST:
                self._waiting.append(cast("NDArray[Kind]", array.base))


SUMS: Spare[np.float64] = Spare(np.float64)
COSINES: Spare[np.float32] = Spare(np.float32)
