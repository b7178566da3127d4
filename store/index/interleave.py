"""Vectors in the order in which they compress best: the beginnings of all, then what follows, and so on.

Gaps between ids grow along a vector, as rare tokens have high ids. Side by side, pieces from the same place of many
vectors are alike, and deflate makes a tenth less of them than of whole vectors one after another.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

PIECE = 16  # bytes

Bytes = NDArray[np.uint8]
Starts = NDArray[np.uint32]


def deal(vectors: Bytes, start: Starts) -> bytes:
    """*vectors* (row i is ``[start[i]:start[i + 1]]``) in rounds: in each, the next ``PIECE`` bytes of every row that
    has so many left, in order of rows. After the last round what is left of each row, in order of rows."""
    rounds, rests = _order(start)
    windows = sliding_window_view(vectors, PIECE) if len(vectors) >= PIECE else None
    whole = [windows[places].tobytes() for places in rounds if windows is not None]
    return b"".join(whole) + vectors[rests].tobytes()


def gather(dealt: Bytes, start: Starts) -> bytes:
    """The vectors that ``deal`` put into another order."""
    rounds, rests = _order(start)
    vectors = np.empty(len(dealt), np.uint8)
    done = 0
    for places in rounds:
        end = done + PIECE * len(places)
        sliding_window_view(vectors, PIECE, writeable=True)[places] = dealt[done:end].reshape(-1, PIECE)
        done = end
    vectors[rests] = dealt[done:]
    return vectors.tobytes()


def _order(start: Starts) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Where the pieces of each round begin, and the place of every byte that is left."""
    begin, end = start[:-1].astype(np.int64), start[1:].astype(np.int64)
    rest = (end - begin) % PIECE
    return list(_rounds(begin, end)), np.repeat(end - np.cumsum(rest), rest) + np.arange(rest.sum())


def _rounds(begin: NDArray[np.int64], end: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    places, ends = begin, end
    while True:
        more = places + PIECE <= ends
        places, ends = places[more], ends[more]
        if not len(places):
            return
        yield places
        places = places + PIECE
