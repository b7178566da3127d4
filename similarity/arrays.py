"""Types of arrays that several packages share, and pools of scratch arrays."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from store.index.segment_format import MAX_ROWS as MAX_ROWS

Kind = TypeVar("Kind", bound=np.floating[Any])

Revision = tuple[str, int]
"""An article's id, and which of its revisions."""

Tokens = NDArray[np.int32]
"""Token ids."""

Flags = NDArray[np.bool_]
"""Mostly one flag for each row of a segment: whether it is live, or passes a filter."""

Floats = NDArray[np.float64]

Bytes = NDArray[np.uint8]

Cosines = NDArray[np.float32]

Vector = NDArray[np.int8]
"""An embedding, quantized to int8 (see ``text.embedding.encoder``): shape (d,), or (n, d) for several."""

_MAX_POOLED = 16
"""Free arrays that a pool keeps: 8 MB of float64, as many as one query over four full segments needs."""


class ScratchPool(Generic[Kind]):
    """Reuses arrays of the dtype *kind* with up to ``MAX_ROWS`` numbers; safe to use from threads."""

    def __init__(self, kind: type[Kind]) -> None:
        self._kind = kind
        self._free: list[NDArray[Kind]] = []

    def zeros(self, rows: int) -> NDArray[Kind]:
        """An array of *rows* zeros, (rows,). Give it to ``release`` when nobody reads it any more."""
        try:
            buffer = self._free.pop()
        except IndexError:
            buffer = np.empty(MAX_ROWS, self._kind)
        array = buffer[:rows]
        array.fill(0)
        return array

    def release(self, *arrays: NDArray[Kind]) -> None:
        """Take back *arrays* that ``zeros`` gave: the next caller may overwrite them."""
        for array in arrays:
            if len(self._free) < _MAX_POOLED:
                self._free.append(cast("NDArray[Kind]", array.base))


SCORE_POOL: ScratchPool[np.float64] = ScratchPool(np.float64)

COSINE_POOL: ScratchPool[np.float32] = ScratchPool(np.float32)
